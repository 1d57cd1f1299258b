"""Where a line ends: at the gutter between columns of text, upright or leaning."""

import numpy as np
import pytest

from edge_runtime.ink_pieces import InkPieces, Mask, find_pieces
from edge_runtime.line_ridges import Ridge
from edge_runtime.line_stretches import join_ridges

BODY, PITCH, ROWS = 12, 30, 9
MIDDLE = ROWS // 2


def columns_of_text(slant: float, gap: int, wide: int | None = None) -> Mask:
    """Two columns of words; ``wide`` is a line that has words where the others have the gutter."""
    ink = np.zeros((ROWS * PITCH + 20, 700), np.uint8)
    for row in range(ROWS):
        y, shift = 20 + row * PITCH, round(slant * PITCH * (row - MIDDLE))
        for x in range(60, 620, 50):  # words of 38 columns
            if x + 38 < 300 or x > 320 or row == wide:
                left = x + shift + (gap if x > 320 else 0)
                ink[y : y + BODY : 2, left : left + 38] = 1
                ink[y : y + BODY, left : left + 38 : 5] = 1
    return ink


def middle_line(ink: Mask) -> list[Ridge]:
    pieces: InkPieces = find_pieces(ink)
    y = 20 + MIDDLE * PITCH + BODY / 2
    xs = np.arange(0, 700, 4, dtype=np.float32)
    return join_ridges([Ridge(xs, np.full_like(xs, y), float(BODY), 100.0)], pieces, None)


@pytest.mark.parametrize("slant", [0.0, 0.2, -0.3])
def test_a_line_ends_at_the_gutter(slant: float) -> None:
    left, right = middle_line(columns_of_text(slant, -30))
    assert left.right < right.left


def test_a_gap_that_leans_more_is_between_words() -> None:
    assert len(middle_line(columns_of_text(1.0, -30))) == 1


def test_a_gap_with_letters_above_it_is_between_words() -> None:
    assert len(middle_line(columns_of_text(0.0, -30, wide=MIDDLE - 1))) == 1
