"""Arithmetic of the benchmark: percentiles, drift, intervals of ratios."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Rounds = Sequence[Sequence[float]]
"""Milliseconds of the readings, one list for each measuring process."""

REPEATS: Final = 1000
_BLOCKS: Final = 16
"""Pieces a round is resampled in: neighbouring readings are alike, and no fresh evidence."""


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p90, p95, p99, mean, min, max and standard deviation."""
    array = np.asarray(values, np.float64)
    p50, p90, p95, p99 = np.percentile(array, (50, 90, 95, 99))
    return {
        "p50": float(p50),
        "p90": float(p90),
        "p95": float(p95),
        "p99": float(p99),
        "mean": float(array.mean()),
        "min": float(array.min()),
        "max": float(array.max()),
        "std": float(array.std()),
    }


def drift_percent(medians: Sequence[float]) -> float | None:
    """How much slower the last tenth of a run was than its first, percent; None if too short.

    Args:
        medians: one a second or so, in order.
    """
    if len(medians) < 10:
        return None
    tenth = len(medians) // 10
    first, last = np.median(medians[:tenth]), np.median(medians[-tenth:])
    return float((last / first - 1) * 100)


def median_ratio(before: Rounds, after: Rounds, seed: int = 0) -> tuple[float, float, float]:
    """Median of ``before`` over that of ``after``, with a 95 % interval; above 1 ``after`` wins.

    The interval is a bootstrap in two steps (Davison and Hinkley, Bootstrap Methods, 3.8): rounds
    with replacement, then blocks of consecutive readings within each, so that what differs between
    processes and what changes slowly is not taken for noise of single readings.

    Returns:
        Ratio, lower and upper end.
    """
    chance = np.random.default_rng(seed)
    first, second = [_blocks(r) for r in before], [_blocks(r) for r in after]
    ratios = [_resampled(first, chance) / _resampled(second, chance) for _ in range(REPEATS)]
    ratio = float(np.median(np.concatenate(before)) / np.median(np.concatenate(after)))
    low, high = np.percentile(ratios, (2.5, 97.5))
    return ratio, float(low), float(high)


def _blocks(values: Sequence[float]) -> list[npt.NDArray[np.float64]]:
    array = np.asarray(values, np.float64)
    return [block for block in np.array_split(array, min(_BLOCKS, len(array))) if len(block)]


def _resampled(
    rounds: Sequence[Sequence[npt.NDArray[np.float64]]], chance: np.random.Generator
) -> float:
    chosen: list[npt.NDArray[np.float64]] = []
    for number in chance.integers(len(rounds), size=len(rounds)):
        blocks = rounds[number]
        chosen += [blocks[i] for i in chance.integers(len(blocks), size=len(blocks))]
    return float(np.median(np.concatenate(chosen)))
