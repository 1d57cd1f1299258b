"""The step-by-step report of an epoch: a progress bar with loss, lines/s and time left."""

import time

from train.checkpoint import RunState
from train.progress import bar, console
from train.recipe import Recipe

PLAIN_STEPS = 32
"""Steps between lines where stderr is a file and no bar can be drawn."""


class StepReport:
    """Counts steps into the run's state and shows how the epoch goes."""

    def __init__(self, state: RunState, steps: int, recipe: Recipe) -> None:
        self.loss = float("nan")
        """Mean CTC loss of the epoch so far, nats a line."""
        self._state, self._size = state, recipe.batches.size
        self._started, self._first = time.monotonic(), state.step
        self._bar = bar()
        self._bar.start()
        title = f"epoch {state.epoch + 1}/{recipe.run.epochs}"
        self._task = self._bar.add_task(title, total=steps, completed=state.step, note="")

    def step_done(self, loss: float) -> None:
        """Note a finished step and the epoch's mean loss up to it."""
        self._state.step += 1
        self.loss = loss
        rate = (self._state.step - self._first) * self._size / (time.monotonic() - self._started)
        note = f"loss {loss:.2f}, {rate:.1f} lines/s"
        self._bar.update(self._task, advance=1, note=note)
        if not console.is_terminal and self._state.step % PLAIN_STEPS == 0:
            console.print(f"epoch {self._state.epoch + 1} step {self._state.step}: {note}")

    def close(self) -> None:
        """Take the bar down."""
        self._bar.stop()
