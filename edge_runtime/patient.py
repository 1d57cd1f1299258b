"""Writes that may fail for a while, as on a full disk: what failed is kept and tried again."""

from collections import deque
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")

PAUSE: Final = 5.0
"""Seconds between two tries."""
MOST: Final = 100_000
"""Items that are kept in memory, a few hundred bytes each. The oldest is given up beyond that."""


class Patient(Generic[Item]):
    """Hands items to a function in order, each until it succeeds."""

    def __init__(
        self,
        write: Callable[[deque[Item]], None],
        name: str,
        report: Callable[[str], None],
        failures: tuple[type[Exception], ...] = (OSError,),
    ) -> None:
        """Make a queue before a function.

        Args:
            write: takes items off the left as it writes them, and raises where it cannot.
            name: what it writes to, for messages.
            report: is told when it begins to fail, when it works again, and what is lost at last.
            failures: exceptions that time may heal; others pass through.
        """
        self.waiting: deque[Item] = deque()
        self.given_up = 0
        """Items that no memory was left for."""
        self._write = write
        self._name = name
        self._report = report
        self._failures = failures
        self._next_try: float | None = None

    def put(self, items: Iterable[Item]) -> None:
        """Write items, or keep them."""
        self.waiting.extend(items)
        while len(self.waiting) > MOST:
            self.waiting.popleft()
            self.given_up += 1
        self.tick()

    def tick(self) -> None:
        """Try again, if it is time."""
        if self.waiting and (self._next_try is None or monotonic() >= self._next_try):
            self._try()

    def close(self) -> None:
        """Try for the last time; what cannot be written now is lost, and that is said."""
        if self.waiting:
            self._try()
        lost = len(self.waiting) + self.given_up
        if lost:
            self._report(f"{self._name}: {lost} readings could not be written")

    def _try(self) -> None:
        count = len(self.waiting)
        try:
            self._write(self.waiting)
        except BrokenPipeError:
            raise  # nobody reads any more
        except self._failures as error:
            if self._next_try is None:
                reason = getattr(error, "strerror", None) or error
                self._report(f"{self._name}: cannot be written ({reason}); readings are kept")
            self._next_try = monotonic() + PAUSE
        else:
            if self._next_try is not None:
                self._report(f"{self._name}: works again, {count} readings written")
            self._next_try = None
