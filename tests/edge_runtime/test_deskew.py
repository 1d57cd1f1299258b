"""The slope of a page's lines."""

import numpy as np
import pytest

from edge_runtime.deskew import skew_angle


@pytest.mark.parametrize("slope", [-0.3, -0.11, -0.02, 0.0, 0.013, 0.2])
def test_the_slope_of_lines_of_dots_is_found(slope: float) -> None:
    rng = np.random.default_rng(2)
    ink = np.zeros((400, 600), np.uint8)
    xs = rng.integers(0, 600, 20_000)
    ys = rng.integers(-6, 12, 20_000) * 40 + rng.normal(0, 2.5, 20_000) + slope * (xs - 300)
    inside = (ys >= 0) & (ys < 400)
    ink[ys[inside].astype(int), xs[inside]] = 1
    found = skew_angle(ink)
    assert found is not None
    assert abs(found - slope) < 0.006


def test_a_steeper_slope_than_is_tried_is_not_given() -> None:
    ink = np.zeros((400, 600), np.uint8)
    for x in range(600):
        ink[int(60 + 0.3 * x) :: 60, x] = 1
    assert abs(skew_angle(ink, 0.1) or 0.0) <= 0.125 + 1e-6


def test_little_ink_has_no_slope() -> None:
    assert skew_angle(np.zeros((40, 40), np.uint8)) is None
    assert skew_angle(np.eye(60, dtype=np.uint8)) is None


def test_lines_among_heavy_grain_are_not_taken_for_a_slope() -> None:
    for seed in range(12):
        rng = np.random.default_rng(seed)
        ink = (rng.random((480, 640)) < 0.11).astype(np.uint8)
        for row in range(60, 440, 40):
            ink[row : row + 8, 60:560] |= (rng.random((8, 500)) < 0.12).astype(np.uint8)
        assert abs(skew_angle(ink) or 0.0) < 0.02
