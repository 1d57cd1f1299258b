"""Batches of lines of like width, augmented in worker processes, the same for a seed and an epoch.

An epoch is a number of lines, not a pass: each source gives its share, cycling through its own
shuffled passes. Lines are sorted by width inside large shuffled blocks, so that little padding is
computed, and padded to a few distinct widths, since each new width costs a compilation.
"""

import os
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
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
    """One batch, before any pixel is touched."""

    rows: tuple[tuple[int, int, float, int], ...]
    """(file, line, stretch, seed) of each line."""
    width: int
    """Columns that all lines are padded to."""
    files: tuple[Path, ...]
    """The packed files that the rows count."""


@dataclass(frozen=True)
class BatchSettings:
    """How batches are formed."""

    size: int = 32
    width_step: int = 96
    """Batches are padded to multiples of this, pixels."""
    max_width: int = 0
    """Lines are stretched to this at most, pixels; 0 as far as the augmentation says."""
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
    files = tuple(s.lines.path for s in sources)
    rows: list[tuple[int, int, float, int, float]] = []
    for number, source in enumerate(sources):
        share = round(lines * source.weight / total)
        if share == 0:
            continue
        for i in passes(len(source.lines), epoch * share, share, settings.seed + number):
            stretch = draw_stretch(augmentation, rng) if augmentation else 1.0
            width = float(source.lines.widths[i])
            if settings.max_width:
                stretch = min(stretch, settings.max_width / width)
            rows.append((number, int(i), stretch, int(rng.integers(2**31)), width * stretch))
    order = rng.permutation(len(rows))
    plans: list[BatchPlan] = []
    for start in range(0, len(rows), settings.block):
        block = sorted((rows[j] for j in order[start : start + settings.block]), key=lambda r: r[4])
        for at in range(0, len(block) - settings.size + 1, settings.size):
            part = block[at : at + settings.size]
            steps = int(-(-part[-1][4] // settings.width_step))
            plans.append(BatchPlan(tuple(r[:4] for r in part), steps * settings.width_step, files))
    return [plans[j] for j in rng.permutation(len(plans))]


def label_width(sources: Sequence[Source], longest: int = 0) -> int:
    """One label width for all batches, since another one would cost another compilation."""
    texts = max((len(text) for source in sources for text in source.lines.texts), default=1)
    return -(-max(texts, longest) // 8) * 8


def padded_labels(
    texts: Sequence[str], charset: Charset, width: int | None = None
) -> npt.NDArray[np.int32]:
    """Classes of each text, int32 (B, width), padded with -1; as wide as the longest by default."""
    labels = [charset.encode(text) for text in texts]
    classes = np.full((len(labels), width or max(map(len, labels))), LABEL_PAD, np.int32)
    for row, label in zip(classes, labels, strict=True):
        row[: len(label)] = label
    return classes


_worker: dict[str, Any] = {}


def _start_worker(charset: str, augmentation: Augmentation | None, labels: int) -> None:
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the training process' to handle
    cv2.setNumThreads(1)
    os.nice(2)  # the training step itself goes first
    _worker["making"] = (Charset(charset), augmentation, labels)


# Files come and go during a run with fresh lines: a few more than one epoch uses.
_open_packed = lru_cache(maxsize=64)(read_packed)


def _make(plan: BatchPlan) -> Batch:
    return make_batch(plan, *_worker["making"])


def make_batch(
    plan: BatchPlan, charset: Charset, augmentation: Augmentation | None, labels: int
) -> Batch:
    """Pixels uint8 (B, H, width, 1) and classes int32 (B, labels), padded with 0 and -1."""
    files = [_open_packed(path) for path in plan.files]
    pixels = np.zeros((len(plan.rows), files[0].height, plan.width, 1), np.uint8)
    for b, (number, i, stretch, seed) in enumerate(plan.rows):
        ink = files[number].line(i)
        if augmentation is not None:
            other = files[number].line(seed % len(files[number]))
            ink = augment(ink, stretch, augmentation, np.random.default_rng(seed), other)
        width = min(ink.shape[1], plan.width)
        pixels[b, :, :width, 0] = ink[:, :width]
    texts = [files[number].texts[i] for number, i, _, _ in plan.rows]
    return pixels, padded_labels(texts, charset, labels)


class BatchMaker:
    """A pool of worker processes that turn plans into batches, a few ahead of the training step."""

    def __init__(
        self, charset: Charset, augmentation: Augmentation | None, labels: int, workers: int = 1
    ) -> None:
        # "spawn": forking a process in which TensorFlow has threads running can hang.
        self._pool = get_context("spawn").Pool(
            workers, _start_worker, (charset.symbols, augmentation, labels)
        )
        self._ahead = 8 + 4 * workers

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
