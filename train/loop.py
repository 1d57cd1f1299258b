"""The training loop: epochs of planned batches, evaluation, checkpoints, resume.

Written on Keras' ``train_on_batch``, so that it is the same on TensorFlow and JAX. ``fit`` takes
the shapes of all batches from the first two, which batches of varying width break.
"""

import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import keras
import numpy as np

from edge_runtime.charset import Charset
from edge_runtime.metrics import bootstrap, error_rates
from train.batches import BatchMaker, Source, plan_epoch
from train.cache import PackedLines
from train.checkpoint import CheckpointCard, RunState, load_state, save_checkpoint, save_state
from train.evaluate import read_lines
from train.logs import RunLog
from train.loss import CtcLoss
from train.optimizer import build_optimizer, lower_rate
from train.progress import console
from train.recipe import Recipe
from train.report import StepReport


@dataclass
class Job:
    """All that a run needs: settings, lines, network and where results go."""

    recipe: Recipe
    charset: Charset
    sources: Sequence[Source]
    development: dict[str, PackedLines]
    model: Any
    card: CheckpointCard
    out: Path
    name: str = "model"

    @property
    def steps(self) -> int:
        """Batches of one epoch, about: blocks cut at their ends lose a few lines."""
        return self.recipe.run.lines_per_epoch // self.recipe.batches.size


class Interrupt:
    """Turns Ctrl-C and SIGTERM into a flag, so that the step is finished and the state saved."""

    def __init__(self) -> None:
        self.raised = False
        self._old: dict[int, Any] = {}

    def __enter__(self) -> "Interrupt":
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


def train(job: Job, *, resume: bool) -> RunState:
    """Run, or go on with, a training run.

    Args:
        job: what to train.
        resume: continue exactly where ``out/state.npz`` left off.

    Returns:
        The final position; its ``epoch`` is short of the recipe's if interrupted or stopped early.

    Raises:
        RecipeError: there is nothing to resume, or it does not fit.
    """
    recipe = job.recipe
    job.out.mkdir(parents=True, exist_ok=True)
    optimizer = build_optimizer(recipe.optimizer, recipe.run.epochs * job.steps)
    job.model.compile(optimizer=optimizer, loss=CtcLoss(), jit_compile=_jit())
    optimizer.build(job.model.trainable_variables)
    state = load_state(job.model, job.out / "state.npz") if resume else RunState()
    log = RunLog(job.out, keep=resume)
    maker = BatchMaker(job.sources, job.charset, recipe.augmentation, recipe.run.workers)
    try:
        with Interrupt() as interrupt:
            while state.epoch < recipe.run.epochs and not interrupt.raised:
                if not _epoch(job, state, maker, log, interrupt) or _stop_early(recipe, state):
                    break
    finally:
        maker.close()
        log.close()
    _finish(job, state)
    return state


def _jit() -> bool:
    """XLA compiles once a shape: needed on JAX, minutes of waiting on TensorFlow."""
    return bool(keras.backend.backend() == "jax")


def _epoch(job: Job, state: RunState, maker: BatchMaker, log: RunLog, interrupt: Interrupt) -> bool:
    """One epoch, or the rest of one; False if it was interrupted."""
    recipe = job.recipe
    plans = plan_epoch(
        job.sources, recipe.run.lines_per_epoch, state.epoch, recipe.batches, recipe.augmentation
    )
    started, first = time.monotonic(), state.step
    report = StepReport(state, len(plans), recipe)
    job.model.reset_metrics()
    for pixels, classes in maker.batches(plans[first:]):
        scaled = pixels.astype(np.float32) / np.float32(255.0)
        logs = job.model.train_on_batch(scaled, classes, return_dict=True)
        report.step_done(float(logs["loss"]))
        if interrupt.raised:
            break
    report.close()
    if interrupt.raised and state.step < len(plans):
        save_state(job.model, state, job.out / "state.npz")
        return False
    state.epoch, state.step = state.epoch + 1, 0
    lines = (len(plans) - first) * recipe.batches.size
    row: dict[str, float] = {
        "epoch": state.epoch,
        "loss": report.loss,
        "learning_rate": float(np.asarray(job.model.optimizer.learning_rate)),
        "lines_per_second": lines / (time.monotonic() - started),
    }
    if state.epoch % recipe.run.evaluate_every == 0 or state.epoch == recipe.run.epochs:
        row |= evaluate(job)
        _judge(job, state, row)
    state.history.append(row)
    log.write(row)
    save_state(job.model, state, job.out / "state.npz")
    save_checkpoint(job.model, job.card, job.out / "last.keras")
    return True


def evaluate(job: Job) -> dict[str, float]:
    """Loss and error rates on each development set, as one flat row for the log."""
    row: dict[str, float] = {}
    losses = []
    for name, lines in job.development.items():
        texts, loss = _read(job, lines)
        rates = error_rates(lines.texts, texts)
        row |= {f"{name}_cer": rates.cer, f"{name}_wer": rates.wer, f"{name}_ser": rates.ser}
        row[f"{name}_loss"] = loss
        losses.append(loss)
    if losses:
        row["val_loss"] = float(np.mean(losses))
    return row


def _read(job: Job, lines: PackedLines) -> tuple[list[str], float]:
    batches = job.recipe.batches
    return read_lines(job.model, lines, job.charset, batches.size, batches.width_step)


def _judge(job: Job, state: RunState, row: dict[str, float]) -> None:
    """Keep the best weights, lower the rate on a plateau, count stale epochs."""
    if "val_loss" not in row:
        return
    if row["val_loss"] < state.best:
        state.best, state.best_epoch, state.stale = row["val_loss"], state.epoch, 0
        save_checkpoint(job.model, job.card, job.out / "best.keras")
        return
    state.stale += 1
    patience = job.recipe.optimizer.plateau_patience
    if patience and state.stale % patience == 0:
        rate = lower_rate(job.model.optimizer, job.recipe.optimizer.plateau_factor)
        console.print(f"no better validation loss for {state.stale} epochs: rate now {rate:.2e}")


def _stop_early(recipe: Recipe, state: RunState) -> bool:
    waited = state.epoch - state.best_epoch
    stop = 0 < recipe.run.early_stopping <= waited and state.best_epoch > 0
    if stop:
        console.print(f"stopped early: no better validation loss for {waited} epochs")
    return stop


def _finish(job: Job, state: RunState) -> None:
    """Write the run's checkpoint, of the best epoch where the recipe says so."""
    if job.recipe.run.restore_best and state.best_epoch:
        from train.checkpoint import load_model

        job.model.set_weights(load_model(job.out / "best.keras").get_weights())
    job.card.provenance["lines_seen"] = state.epoch * job.steps * job.recipe.batches.size
    job.card.metrics[:] = [measure(job, name, lines) for name, lines in job.development.items()]
    save_checkpoint(job.model, job.card, job.out / f"{job.name}.keras")


def measure(job: Job, name: str, lines: PackedLines) -> dict[str, Any]:
    """Error rates on one development set with 95 % intervals, for the card."""
    texts, _ = _read(job, lines)
    intervals = bootstrap(lines.texts, texts)
    return {
        "data": name,
        "decoding": "greedy",
        **error_rates(lines.texts, texts).as_dict(),
        "intervals": {rate: [i.low, i.high] for rate, i in intervals.items()},
    }
