"""Which ridges are lines: those of two columns, of marks, of large letters beside small ones."""

import numpy as np
import pytest

from edge_runtime.ridge_choice import without_doubles, without_marks
from edge_runtime.line_ridges import Ridge


def ridge(
    left: float, right: float, row: float, body: float = 20.0, contrast: float = 100.0
) -> Ridge:
    columns = np.arange(left, right + 1, 4.0, dtype=np.float32)
    return Ridge(columns, np.full_like(columns, row), body, contrast)


LEFT, RIGHT = ridge(0, 200, 100), ridge(280, 480, 100)


def test_the_lines_of_two_columns_outdo_a_ridge_through_both() -> None:
    assert len(without_doubles([LEFT, RIGHT, ridge(0, 480, 112, contrast=60)])) == 2


def test_the_line_of_one_column_does_not() -> None:
    assert len(without_doubles([LEFT, ridge(0, 480, 112, contrast=60)])) == 2


def test_next_lines_are_no_doubles() -> None:
    assert len(without_doubles([LEFT, RIGHT, ridge(0, 480, 100 + 1.6 * 20)])) == 3


LARGE = ridge(0, 500, 100, body=40, contrast=60)


@pytest.mark.parametrize(
    ("other", "is_line"),
    [
        (ridge(0, 480, 160, body=20, contrast=95), True),  # a small line below a large one
        (ridge(150, 400, 55, body=15, contrast=35), False),  # marks above many letters
        (ridge(150, 200, 45, body=15, contrast=95), False),  # the marks of one letter
        (ridge(10, 180, 70, body=28, contrast=95), False),  # the upper halves of some letters
        (ridge(0, 480, 160, body=38, contrast=40), True),  # too large to be marks
    ],
)
def test_what_is_a_line_beside_a_large_one(other: Ridge, is_line: bool) -> None:
    kept = without_marks([LARGE, other])
    assert kept[0] is LARGE
    assert (kept[-1] is other) == is_line
