"""The training loop on recorded steps: ``edge-htr train --graphs``.

Lines, batches, recipes, checkpoints and logs are those of train/loop.py; weights go to Keras for
each evaluation and come from it at the start.
"""

import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
import torch
from torch import Tensor

from edge_runtime.atomic import atomic_writer
from edge_runtime.errors import RecipeError
from train.batches import BatchMaker, BatchPlan
from train.checkpoint import RunState, load_model, read_card, save_checkpoint
from train.gpu.learner import Learner, Teacher
from train.gpu.twin import Twin, give_values, load_weights, values_of
from train.loop import Job, Running, evaluate, finish, plan, running
from train.networks.slim_gru import SlimGruConfig
from train.progress import console
from train.report import StepReport

_AHEAD = 12
"""Batches in pinned memory before the step that takes them."""
_REPORT = 50
"""Steps between looks at the loss, each of which waits for the device."""

Pinned = tuple[Tensor, Tensor, Tensor]


def train_recorded(job: Job, *, resume: bool, teacher: Path | None = None) -> RunState:
    """Run, or go on with, a training run.

    Args:
        job: what to train; a network of the family slim-gru.
        resume: continue where ``out/state.pt`` left off.
        teacher: a checkpoint to learn from too.

    Returns:
        The final position; its ``epoch`` is short of the recipe's if interrupted.

    Raises:
        RecipeError: the recipe asks for what only train/loop.py has, or nothing is to be resumed.
    """
    _check(job)
    job.out.mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        console.print("no NVIDIA GPU: going on without recorded steps, which takes hours")
    torch.manual_seed(job.recipe.run.seed)
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    learner = Learner(
        _twin(job.model, job.card.config), job.recipe, job.recipe.run.epochs * job.steps, device
    )
    state = RunState(lines_before=job.lines_before)
    if resume:
        state = _load(learner, job.out / "state.pt")
    if device == "cuda":
        learner.record(_widths(job), job.recipe.batches.size, job.recipe.preprocessing.height)
    wise = None if teacher is None else Teacher(_twin_of(teacher), device)
    with running(job, state, keep_log=resume) as run:
        while not run.signals.received and state.epoch < job.recipe.run.epochs:
            _epoch(job, learner, wise, state, run)
            _save(learner, state, job.out / "state.pt")
    give_values(job.model, learner.averaged_weights())
    finish(job, state)
    return state


def _check(job: Job) -> None:
    """Refuse what the recorded steps cannot do."""
    recipe = job.recipe
    if recipe.network.family != "slim-gru":
        raise RecipeError(f"--graphs trains slim-gru only, not {recipe.network.family}")
    if recipe.loss.shortcut:
        raise RecipeError("--graphs has no shortcut: set loss.shortcut = 0 in the recipe")
    if recipe.run.restore_best or recipe.run.early_stopping:
        raise RecipeError("--graphs trains to the end: no restore_best, no early_stopping")
    if recipe.optimizer.name != "adamw" or recipe.optimizer.schedule != "cosine":
        raise RecipeError("--graphs needs the optimizer adamw with the cosine schedule")


def _widths(job: Job) -> list[int]:
    """All widths a batch can have; the narrowest are padded to the third of them."""
    step, most = job.recipe.batches.width_step, job.recipe.batches.max_width
    if not most:
        raise RecipeError("--graphs needs batches.max_width in the recipe")
    widths = list(range(step, most + step, step))
    return widths[min(2, len(widths) - 1) :]


def _epoch(
    job: Job, learner: Learner, teacher: Teacher | None, state: RunState, run: Running
) -> None:
    """One epoch, or the rest of one."""
    recipe, signals = job.recipe, run.signals
    plans = plan(job, state.epoch)
    started, first = time.monotonic(), state.step
    report, narrowest, loss = StepReport(state, len(plans), recipe), _widths(job)[0], 0.0
    for batch in _pinned(run.maker, plans[first:], learner.device):
        image, classes = (t.to(learner.device, non_blocking=True) for t in batch[:2])
        if image.shape[3] < narrowest:
            image = torch.nn.functional.pad(image, (0, narrowest - image.shape[3]))
        learner.step(image, classes, batch[2], teacher(image) if teacher else None)
        if not loss or learner.steps % _REPORT == 0 or state.step + 1 == len(plans):
            loss = float(learner.loss)
        report.step_done(loss)
        if signals.received:
            break
    report.close()
    if signals.received and state.step < len(plans):
        return
    state.epoch, state.step = state.epoch + 1, 0
    lines = (len(plans) - first) * recipe.batches.size
    row = {
        "epoch": float(state.epoch),
        "loss": loss,
        "learning_rate": learner.rate(),
        "lines_per_second": lines / (time.monotonic() - started),
    }
    if state.epoch % recipe.run.evaluate_every == 0 or state.epoch == recipe.run.epochs:
        give_values(job.model, learner.averaged_weights())
        row |= evaluate(job)
        save_checkpoint(job.model, job.card, job.out / "last.keras")
    state.history.append(row)
    run.log.write(row)


def _pinned(maker: BatchMaker, plans: list[BatchPlan], device: str) -> Iterator[Pinned]:
    """Pictures uint8 (B, 1, H, W), classes (B, L) and lengths (B,), some steps ahead."""
    ready: queue.Queue[Pinned | BaseException | None] = queue.Queue(_AHEAD)
    stopped = threading.Event()

    def fill() -> None:
        last: BaseException | None = None
        try:
            for pixels, classes in maker.batches(plans):
                if stopped.is_set():
                    return
                ready.put(_tensors(pixels, classes, device))
        except BaseException as error:  # told to the training thread, which waits for batches
            last = error
        ready.put(last)

    thread = threading.Thread(target=fill, daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        while not ready.empty():  # room for the one that the thread may be holding
            ready.get_nowait()


def _tensors(pixels: Any, classes: Any, device: str) -> Pinned:
    image = torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)))
    wanted = torch.from_numpy(classes.astype(np.int64))
    lengths = (wanted >= 0).sum(1)
    wanted = wanted.clamp(min=0)
    if device == "cuda":
        return image.pin_memory(), wanted.pin_memory(), lengths
    return image, wanted, lengths


def _twin(model: Any, config: dict[str, Any]) -> Twin:
    """A PyTorch network with a Keras one's weights."""
    half = keras.config.dtype_policy().name == "mixed_bfloat16"
    twin = Twin(SlimGruConfig(**config), model.output_shape[2], half=half)
    load_weights(twin, values_of(model))
    return twin


def _twin_of(checkpoint: Path) -> Twin:
    card = read_card(checkpoint)
    if card.family != "slim-gru":
        raise RecipeError(f"{checkpoint}: --graphs needs a teacher of the family slim-gru")
    return _twin(load_model(checkpoint), card.config)


def _save(learner: Learner, state: RunState, path: Path) -> None:
    with atomic_writer(path) as file:
        torch.save({"learner": learner.state(), "run": asdict(state)}, file)


def _load(learner: Learner, path: Path) -> RunState:
    if not path.is_file():
        raise RecipeError(f"{path}: no run to resume; start it without --resume")
    saved = torch.load(path, map_location=learner.device, weights_only=True)
    learner.restore(saved["learner"])
    return RunState(**saved["run"])
