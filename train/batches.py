"""Batches of lines of like width, augmented in worker processes, the same for a seed and an epoch.

An epoch is a number of lines, not a pass: each source gives its share, cycling through its own
shuffled passes. Lines are sorted by width inside large shuffled blocks, so that little padding is
computed, and padded to a few distinct widths, since each new width costs a compilation.
"""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_runtime.charset import Charset
from train.augment import Augmentation, augment, draw_stretch
from train.cache import PackedLines, read_packed

Batch = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]
LABEL_PAD = -1


@dataclass(frozen=True)
class Source:
    """Packed lines and their weight in an epoch."""

    lines: PackedLines
    weight: float = 1.0
    name: str = ""


@dataclass(frozen=True)
class BatchPlan:
    """One batch, before any pixel is touched: (source, line, stretch, seed) rows and its width."""

    rows: tuple[tuple[int, int, float, int], ...]
    width: int


@dataclass(frozen=True)
class BatchSettings:
    """How batches are formed."""

    size: int = 32
    width_step: int = 96
    """Batches are padded to multiples of this, pixels."""
    block: int = 1024
    """Lines are sorted by width inside shuffled blocks of this many."""
    seed: int = 0


def passes(count: int, start: int, length: int, seed: int) -> npt.NDArray[np.int64]:
    """Items at start to start + length of an endless sequence of shuffled passes over ``count``."""
    parts = []
    first, last = start // count, (start + length - 1) // count
    for number in range(first, last + 1):
        parts.append(np.random.default_rng((seed, number)).permutation(count))
    return np.concatenate(parts)[start - first * count :][:length].astype(np.int64)


def plan_epoch(
    sources: Sequence[Source],
    lines: int,
    epoch: int,
    settings: BatchSettings,
    augmentation: Augmentation | None,
) -> list[BatchPlan]:
    """The batches of one epoch, wholly determined by the settings' seed and the epoch's number."""
    rng = np.random.default_rng((settings.seed, epoch))
    total = sum(s.weight for s in sources)
    rows: list[tuple[int, int, float, int, float]] = []
    for number, source in enumerate(sources):
        share = round(lines * source.weight / total)
        if share == 0:
            continue
        for i in passes(len(source.lines), epoch * share, share, settings.seed + number):
            stretch = draw_stretch(augmentation, rng) if augmentation else 1.0
            width = float(source.lines.widths[i]) * stretch
            rows.append((number, int(i), stretch, int(rng.integers(2**31)), width))
    order = rng.permutation(len(rows))
    plans: list[BatchPlan] = []
    for start in range(0, len(rows), settings.block):
        block = sorted((rows[j] for j in order[start : start + settings.block]), key=lambda r: r[4])
        for at in range(0, len(block) - settings.size + 1, settings.size):
            part = block[at : at + settings.size]
            steps = int(-(-part[-1][4] // settings.width_step))
            plans.append(BatchPlan(tuple(r[:4] for r in part), steps * settings.width_step))
    return [plans[j] for j in rng.permutation(len(plans))]


_worker: dict[str, Any] = {}


def _start_worker(paths: list[Path], charset: str, augmentation: Augmentation | None) -> None:
    import cv2

    cv2.setNumThreads(1)
    os.nice(2)  # the training step itself goes first
    _worker["sources"] = [read_packed(p) for p in paths]
    _worker["charset"] = Charset(charset)
    _worker["augmentation"] = augmentation


def _make(plan: BatchPlan) -> Batch:
    return make_batch(plan, _worker["sources"], _worker["charset"], _worker["augmentation"])


def make_batch(
    plan: BatchPlan,
    sources: Sequence[PackedLines],
    charset: Charset,
    augmentation: Augmentation | None,
) -> Batch:
    """Pixels uint8 (B, H, width, 1), padded with 0, and classes int32 (B, L), padded with -1."""
    height = sources[0].height
    pixels = np.zeros((len(plan.rows), height, plan.width, 1), np.uint8)
    labels = []
    for b, (number, i, stretch, seed) in enumerate(plan.rows):
        ink = sources[number].line(i)
        if augmentation is not None:
            ink = augment(ink, stretch, augmentation, np.random.default_rng(seed))
        width = min(ink.shape[1], plan.width)
        pixels[b, :, :width, 0] = ink[:, :width]
        labels.append(charset.encode(sources[number].texts[i]))
    # One label width for all batches: another one would cost another compilation.
    longest = max(len(text) for source in sources for text in source.texts)
    classes = np.full((len(labels), longest), LABEL_PAD, np.int32)
    for b, label in enumerate(labels):
        classes[b, : len(label)] = label
    return pixels, classes


class BatchMaker:
    """A pool of worker processes that turn plans into batches, a few ahead of the training step."""

    def __init__(
        self,
        sources: Sequence[Source],
        charset: Charset,
        augmentation: Augmentation | None,
        workers: int = 1,
        ahead: int = 12,
    ) -> None:
        paths = [s.lines.path for s in sources]
        # "spawn": forking a process in which TensorFlow has threads running can hang.
        self._pool = get_context("spawn").Pool(
            workers, _start_worker, (paths, charset.symbols, augmentation)
        )
        self._ahead = ahead

    def batches(self, plans: Sequence[BatchPlan]) -> Iterator[Batch]:
        """Batches in the order of the plans."""
        waiting: deque[Any] = deque()
        for plan in plans:
            waiting.append(self._pool.apply_async(_make, (plan,)))
            if len(waiting) > self._ahead:
                yield waiting.popleft().get()
        while waiting:
            yield waiting.popleft().get()

    def close(self) -> None:
        """Stop the workers."""
        self._pool.terminate()
        self._pool.join()
