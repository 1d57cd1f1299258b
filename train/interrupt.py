"""Ctrl-C during training: finish the step, save, then stop."""

import signal
from types import FrameType
from typing import Any, Self

from train.progress import console


class Interrupt:
    """Turns Ctrl-C and SIGTERM into a flag, so that the step is finished and the state saved."""

    def __init__(self) -> None:
        self.raised = False
        self._old: dict[int, Any] = {}

    def __enter__(self) -> Self:
        """Catch the signals; a second one acts as usual."""
        for number in (signal.SIGINT, signal.SIGTERM):
            self._old[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the handlers."""
        for number, handler in self._old.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.raised = True
        signal.signal(number, self._old[number])
        console.print("finishing the step and saving; once more to stop at once")
