"""Ctrl-C and SIGTERM as a request to stop after the work at hand, so that all is written."""

import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from types import FrameType, TracebackType
from typing import Any, Self, TypeVar

Item = TypeVar("Item")


class StopSignals:
    """A context in which SIGINT and SIGTERM are noted instead of ending the program.

    A second signal, or one that comes while the next item is waited for, interrupts at once. The
    first one is answered with ``notice`` on stderr, if there is one.
    """

    def __init__(self, notice: str = "") -> None:
        self.received: int | None = None
        """The signal that came, if any."""
        self._notice = notice
        self._waiting = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def until_stopped(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items until a signal comes; the wait for an item is cut short by it."""
        iterator = iter(items)
        while self.received is None:
            try:
                self._waiting = True
                item = next(iterator)
            except (StopIteration, KeyboardInterrupt):
                return
            finally:
                self._waiting = False
            yield item

    def _note(self, number: int, frame: FrameType | None) -> None:
        again = self.received is not None
        self.received = number
        if again or self._waiting:
            raise KeyboardInterrupt
        if self._notice:
            print(self._notice, file=sys.stderr, flush=True)
