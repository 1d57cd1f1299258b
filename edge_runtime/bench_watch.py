"""Looks at clock, heat, power and throttling while something else is measured."""

from collections.abc import Callable
from threading import Event, Thread
from time import perf_counter
from types import TracebackType
from typing import Any, Final, Self

from edge_runtime.machine import machine_state
from edge_runtime.throttling import NOW, new_throttling

EVERY_S: Final = 1.0
State = dict[str, Any]


class Watch:
    """Notes the machine's state once a second, in a thread, from entering the block to its end."""

    def __init__(
        self,
        look: Callable[[], State] = machine_state,
        every_s: float = EVERY_S,
    ) -> None:
        self._look = look
        self._every = every_s
        self._stop = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self.began = 0.0
        self.notes: list[State] = []
        """Each state with ``s``, the seconds since the block was entered."""

    def __enter__(self) -> Self:
        """Look once, then start."""
        self.began = perf_counter()
        self._note()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Look once more."""
        self._stop.set()
        self._thread.join()
        self._note()

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            self._note()

    def _note(self) -> None:
        self.notes.append({"s": round(self.elapsed(), 2), **self._look()})

    def throttling(self) -> list[str]:
        """What held the machine back in the block, by name; empty where the system does not say."""
        first = self.notes[0]["throttled"]
        found = {name for note in self.notes for name in new_throttling(first, note["throttled"])}
        return [name for name in NOW.values() if name in found]

    def elapsed(self) -> float:
        """Seconds since the block was entered."""
        return perf_counter() - self.began

    def mean_watts(self, since: float = 0.0) -> float | None:
        """Mean of what the sensor has said since then; None where it said nothing."""
        watts = [n["watts"] for n in self.notes if n["s"] >= since and n["watts"] is not None]
        return sum(watts) / len(watts) if watts else None

    def hottest(self) -> float | None:
        """Highest temperature, degrees Celsius."""
        known = [note["celsius"] for note in self.notes if note["celsius"] is not None]
        return max(known) if known else None
