"""Many synthetic lines over several processes, for caches and for training."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context

import cv2

from train.synth.synthesizer import LineSynthesizer, SyntheticLine

_AHEAD = 4
"""Chunks under way for each worker."""
_worker: LineSynthesizer | None = None


def synthesize_many(
    synth: LineSynthesizer,
    count: int,
    seed: int,
    workers: int = 1,
    *,
    first: int = 0,
    ordered: bool = True,
    chunk: int = 16,
) -> Iterator[SyntheticLine]:
    """Yield the lines ``first`` to ``first + count - 1`` of the run ``seed``.

    The lines are the same for any number of workers; unordered, they come as they are finished.

    Args:
        synth: What draws the lines.
        count: How many lines.
        seed: The run.
        workers: Processes; 0 or 1 draws in this process.
        first: Index of the first line, to continue a run.
        ordered: Whether to keep the order of the indices.
        chunk: Lines per task of a worker.

    Raises:
        ValueError: ``count``, ``first`` or ``chunk`` is out of range.
        DataError: the fonts or texts do not fit (see ``LineSynthesizer``).
    """
    if count < 0 or first < 0 or chunk < 1:
        raise ValueError("count and first must not be negative, chunk must be at least 1")
    if workers <= 1:
        return (synth.line(index, seed) for index in range(first, first + count))
    return _pooled(synth, range(first, first + count), seed, workers, ordered, chunk)


def _pooled(
    synth: LineSynthesizer, indices: range, seed: int, workers: int, ordered: bool, chunk: int
) -> Iterator[SyntheticLine]:
    parts = [indices[i : i + chunk] for i in range(0, len(indices), chunk)]
    pool = ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_start, initargs=(synth,)
    )
    waiting: deque[Future[list[SyntheticLine]]] = deque()
    try:
        for part in parts:
            waiting.append(pool.submit(_draw, part, seed))
            if len(waiting) >= _AHEAD * workers:
                yield from _next(waiting, ordered)
        while waiting:
            yield from _next(waiting, ordered)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _next(waiting: "deque[Future[list[SyntheticLine]]]", ordered: bool) -> list[SyntheticLine]:
    """The lines of the oldest chunk, or of the first one that is finished."""
    if ordered:
        return waiting.popleft().result()
    done = next(as_completed(waiting))
    waiting.remove(done)
    return done.result()


def _start(synth: LineSynthesizer) -> None:
    global _worker
    cv2.setNumThreads(1)
    _worker = synth


def _draw(indices: range, seed: int) -> list[SyntheticLine]:
    if _worker is None:
        raise RuntimeError("the worker process was not initialised")
    return [_worker.line(index, seed) for index in indices]
