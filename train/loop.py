"""The training loop: epochs of planned batches, evaluation, checkpoints, resume.

Written on Keras' ``train_on_batch``, so that it is the same on TensorFlow and JAX. ``fit`` takes
the shapes of all batches from the first two, which batches of varying width break.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from edge_runtime.charset import Charset
from edge_runtime.metrics import bootstrap, error_rates
from edge_runtime.stop_signals import StopSignals
from train.averaging import averaged
from train.batches import BatchMaker, BatchPlan, Source, label_width, plan_epoch
from train.cache import PackedLines
from train.checkpoint import CheckpointCard, RunState, load_state, save_checkpoint, save_state
from train.evaluate import read_lines
from train.fresh_lines import FreshLines
from train.logs import RunLog
from train.optimizer import build_optimizer, lower_rate
from train.progress import console
from train.recipe import Recipe
from train.report import StepReport
from train.training_model import TrainingModel, training_model


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
    fresh: FreshLines | None = None
    """Synthetic lines drawn during the run."""
    lines_before: int = 0
    """Line views that the initial weights had been trained on."""
    adapt: Callable[[Any], None] | None = None
    """Called with the compiled training model, which takes bytes (training_model.py): a place to
    change its loss or its step."""

    @property
    def steps(self) -> int:
        """Batches of one epoch, about: blocks cut at their ends lose a few lines."""
        return self.recipe.run.lines_per_epoch // self.recipe.batches.size


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
    trained = _compiled(job)
    state = RunState(lines_before=job.lines_before)
    if resume:
        state = load_state(trained.model, job.out / "state.npz")
    with running(job, state, keep_log=resume) as run:
        while not (run.signals.received or _done(recipe, state)):
            if not _epoch(job, trained, state, run):
                break
    with averaged(trained.model):
        finish(job, state)
    return state


@dataclass(frozen=True)
class Running:
    """What every loop over epochs uses while it runs."""

    maker: BatchMaker
    log: RunLog
    signals: StopSignals


@contextmanager
def running(job: Job, state: RunState, *, keep_log: bool) -> Iterator[Running]:
    """Make batches and synthetic lines, log, and catch signals, until the run ends."""
    recipe = job.recipe
    log = RunLog(job.out, keep=keep_log)
    labels = label_width(job.sources, job.fresh.longest if job.fresh else 0)
    maker = BatchMaker(job.charset, recipe.augmentation, labels, recipe.run.workers)
    try:
        if job.fresh is not None:
            job.fresh.start(state.epoch, recipe.run.epochs)
        with StopSignals("finishing the step and saving; once more to stop at once") as signals:
            yield Running(maker, log, signals)
    finally:
        maker.close()
        if job.fresh is not None:
            job.fresh.close()
        log.close()


def plan(job: Job, epoch: int) -> list[BatchPlan]:
    """The batches of an epoch, those of synthetic lines included; waits until these are drawn."""
    fresh = job.fresh.sources(epoch) if job.fresh is not None else []
    recipe = job.recipe
    lines = recipe.run.lines_per_epoch
    return plan_epoch([*job.sources, *fresh], lines, epoch, recipe.batches, recipe.augmentation)


def _compiled(job: Job) -> TrainingModel:
    """The network with its losses and optimizer."""
    recipe = job.recipe
    trained = training_model(job.model, recipe.loss)
    optimizer = build_optimizer(recipe.optimizer, recipe.run.epochs * job.steps)
    trained.model.compile(
        optimizer=optimizer,
        loss=trained.losses,
        loss_weights=trained.weights,
        jit_compile=_jit(),
    )
    optimizer.build(trained.model.trainable_variables)
    if job.adapt is not None:
        job.adapt(trained.model)
    return trained


def _jit() -> bool:
    """XLA compiles once a shape: needed on JAX, minutes of waiting on TensorFlow."""
    return bool(keras.backend.backend() == "jax")


def _epoch(job: Job, trained: TrainingModel, state: RunState, run: Running) -> bool:
    """One epoch, or the rest of one; False if it was interrupted."""
    recipe, model, signals = job.recipe, trained.model, run.signals
    plans = plan(job, state.epoch)
    started, first = time.monotonic(), state.step
    report = StepReport(state, len(plans), recipe)
    model.reset_metrics()
    for pixels, classes in run.maker.batches(plans[first:]):
        logs = model.train_on_batch(pixels, trained.targets(classes), return_dict=True)
        report.step_done(float(logs["loss"]))
        if signals.received:
            break
    report.close()
    if signals.received and state.step < len(plans):
        save_state(model, state, job.out / "state.npz")
        return False
    state.epoch, state.step = state.epoch + 1, 0
    lines = (len(plans) - first) * recipe.batches.size
    row: dict[str, float] = {
        "epoch": state.epoch,
        "loss": report.loss,
        "learning_rate": float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)),
        "lines_per_second": lines / (time.monotonic() - started),
    }
    with averaged(model):
        if state.epoch % recipe.run.evaluate_every == 0 or state.epoch == recipe.run.epochs:
            row |= evaluate(job)
            _judge(job, model.optimizer, state, row)
        save_checkpoint(job.model, job.card, job.out / "last.keras")
    state.history.append(row)
    run.log.write(row)
    save_state(model, state, job.out / "state.npz")
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


def _judge(job: Job, optimizer: Any, state: RunState, row: dict[str, float]) -> None:
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
        rate = lower_rate(optimizer, job.recipe.optimizer.plateau_factor)
        console.print(f"no better validation loss for {state.stale} epochs: rate now {rate:.2e}")


def _done(recipe: Recipe, state: RunState) -> bool:
    """Whether all epochs are trained, or those before brought nothing."""
    if state.epoch >= recipe.run.epochs:
        return True
    waited = state.epoch - state.best_epoch
    early = 0 < recipe.run.early_stopping <= waited and state.best_epoch > 0
    if early:
        console.print(f"stopped early: no better validation loss for {waited} epochs")
    return early


def finish(job: Job, state: RunState) -> None:
    """Write the run's checkpoint, of the best epoch where the recipe says so."""
    if job.recipe.run.restore_best and state.best_epoch:
        from train.checkpoint import load_model

        job.model.set_weights(load_model(job.out / "best.keras").get_weights())
    own = state.epoch * job.steps * job.recipe.batches.size
    job.card.provenance["lines_seen"] = state.lines_before + own
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
