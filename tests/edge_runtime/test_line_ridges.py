"""How far a page's ink is blurred to find the middles of its lines."""

import numpy as np
import pytest

from edge_runtime.line_ridges import _blurred


@pytest.mark.parametrize("deviation", [1.2, 1.6, 2.0, 2.3, 3.1, 5.0, 11.0])
def test_two_boxes_blur_like_a_gaussian_of_nearly_that_deviation(deviation: float) -> None:
    point = np.zeros((101, 101), np.float32)
    point[50, 50] = 1.0
    blurred = _blurred(point, deviation, 1.5)
    at = np.arange(101) - 50.0
    columns, rows = blurred.sum(axis=0), blurred.sum(axis=1)
    assert np.sqrt(columns @ at**2) == pytest.approx(deviation, rel=0.1)
    assert np.sqrt(rows @ at**2) == pytest.approx(1.5, rel=0.1)
    assert blurred.sum() == pytest.approx(1.0, rel=1e-4)
