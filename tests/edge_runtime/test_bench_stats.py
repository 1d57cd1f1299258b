"""Percentiles, drift and intervals."""

import numpy as np
import pytest

from edge_runtime.bench_stats import drift_percent, median_ratio, percentiles


def test_percentiles_of_known_numbers() -> None:
    figures = percentiles([float(i) for i in range(1, 102)])
    assert (figures["p50"], figures["p90"], figures["p99"]) == (51.0, 91.0, 100.0)
    assert (figures["min"], figures["max"], figures["mean"]) == (1.0, 101.0, 51.0)


def test_drift_is_that_of_the_last_tenth() -> None:
    assert drift_percent([10.0] * 18 + [11.0, 13.0]) == pytest.approx(20.0)
    assert drift_percent([1.0] * 9) is None


def rounds(scale: float, shift: float = 0.0, seed: int = 1) -> list[list[float]]:
    chance = np.random.default_rng(seed)
    return [(scale * (1 + shift * i) + chance.random(300)).tolist() for i in range(3)]


def test_the_interval_holds_the_ratio() -> None:
    ratio, low, high = median_ratio(rounds(10.0), rounds(5.0, seed=2))
    assert low < ratio < high
    assert ratio == pytest.approx(10.5 / 5.5, rel=0.02)
    assert high - low < 0.1


def test_rounds_that_differ_widen_the_interval() -> None:
    """A process that happened to be slow is no proof of a slower model."""
    steady = median_ratio(rounds(10.0), rounds(10.0, seed=2))
    shifting = median_ratio(rounds(10.0, shift=0.2), rounds(10.0, seed=2))
    assert shifting[2] - shifting[1] > 5 * (steady[2] - steady[1])


def test_a_single_reading_is_possible() -> None:
    assert median_ratio([[2.0]], [[1.0]]) == (2.0, 2.0, 2.0)
