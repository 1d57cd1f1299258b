"""Ridges: the blur has the width that is asked for."""

import numpy as np
import pytest

from edge_runtime.line_ridges import _blurred, _boxes


@pytest.mark.parametrize("deviation", [1.0, 1.52, 2.13, 3.0, 8.8, 17.6])
def test_two_boxes_have_the_deviation_of_the_gaussian(deviation: float) -> None:
    point = np.zeros((3, 201), np.float32)
    point[:, 100] = 1.0
    spread = _blurred(point, deviation, 0.0)[1].astype(np.float64)
    found = float(np.sqrt(spread @ np.square(np.arange(201) - 100) / spread.sum()))
    assert abs(found / deviation - 1.0) < 0.19


def test_without_a_deviation_nothing_is_blurred() -> None:
    assert _boxes(0.0) == (1, 1)
