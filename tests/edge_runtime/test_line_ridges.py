"""Ridges: the blur has the width that is asked for; odd pages break nothing and take no time."""

import cv2
import numpy as np
import pytest

from edge_runtime.ink_pieces import find_pieces
from edge_runtime.line_ridges import _blurred, _boxes, find_ridges
from edge_runtime.page_ink import find_ink


@pytest.mark.parametrize("deviation", [1.0, 1.52, 2.13, 3.0, 8.8, 17.6])
def test_two_boxes_have_the_deviation_of_the_gaussian(deviation: float) -> None:
    point = np.zeros((3, 201), np.float32)
    point[:, 100] = 1.0
    spread = _blurred(point, deviation, 0.0)[1].astype(np.float64)
    found = float(np.sqrt(spread @ np.square(np.arange(201) - 100) / spread.sum()))
    assert abs(found / deviation - 1.0) < 0.19


def test_without_a_deviation_nothing_is_blurred() -> None:
    assert _boxes(0.0) == (1, 1)


def test_letters_far_higher_than_a_strip_is_wide_break_nothing() -> None:
    """Halving such a strip until a letter is a few cells high would leave no column of it."""
    strip = np.zeros((523, 33), np.uint8)
    cv2.rectangle(strip, (8, 40), (24, 470), 1, 6)
    pieces = find_pieces(strip)
    assert pieces.is_letter.any()
    find_ridges(pieces)


def test_no_more_ridges_of_a_texture_are_kept_than_can_be_compared() -> None:
    texture = np.random.default_rng(1).integers(0, 256, (960, 1280)).astype(np.uint8)
    assert len(find_ridges(find_pieces(find_ink(texture).letters))) == 1_000
