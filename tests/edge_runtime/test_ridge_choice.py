"""Which ridges are lines: those of two columns, of marks, of large letters beside small ones."""

import numpy as np
import pytest

from edge_runtime.line_ridges import Ridge
from edge_runtime.ridge_choice import without_doubles, without_marks


def ridge(
    left: float, right: float, row: float, body: float = 20.0, contrast: float = 100.0
) -> Ridge:
    columns = np.arange(left, right + 1, 4.0, dtype=np.float32)
    return Ridge(columns, np.full_like(columns, row), body, contrast)


LEFT, RIGHT = ridge(0, 200, 100), ridge(280, 480, 100)


def test_of_a_ridge_through_the_lines_of_two_columns_only_the_gutter_is_left() -> None:
    first, second, rest = without_doubles([LEFT, RIGHT, ridge(0, 480, 112, contrast=60)])
    assert (first, second) == (LEFT, RIGHT)
    assert (rest.left, rest.right) == (200, 280)


def test_words_that_a_better_ridge_leaves_out_are_kept() -> None:
    whole = ridge(0, 480, 112, contrast=60)
    kept = without_doubles([LEFT, whole])
    assert [(r.left, r.right) for r in kept] == [(0, 200), (200, 480)]


def test_a_rest_that_is_shorter_than_a_letter_is_none() -> None:
    assert len(without_doubles([ridge(0, 470, 100), ridge(0, 480, 112, contrast=60)])) == 1


def test_a_ridge_that_is_hardly_doubled_stays_whole() -> None:
    whole = ridge(0, 480, 112, contrast=60)
    assert without_doubles([ridge(0, 60, 100), whole])[1] is whole


def test_next_lines_are_no_doubles() -> None:
    assert len(without_doubles([LEFT, RIGHT, ridge(0, 480, 100 + 1.6 * 20)])) == 3


LARGE = ridge(0, 500, 100, body=40, contrast=60)


@pytest.mark.parametrize(
    ("other", "is_line"),
    [
        (ridge(0, 480, 160, body=20, contrast=95), True),  # a small line below a large one
        (ridge(150, 400, 55, body=15, contrast=35), False),  # marks above many letters
        (ridge(100, 480, 45, body=25, contrast=35), True),  # a line that touches
        (ridge(150, 200, 45, body=25, contrast=35), False),  # as large, but short
        (ridge(150, 200, 45, body=15, contrast=95), False),  # the marks of one letter
        (ridge(10, 180, 70, body=28, contrast=95), False),  # the upper halves of some letters
        (ridge(0, 480, 160, body=38, contrast=40), True),  # too large to be marks
    ],
)
def test_what_is_a_line_beside_a_large_one(other: Ridge, is_line: bool) -> None:
    kept = without_marks([LARGE, other])
    assert kept[0] is LARGE
    assert (kept[-1] is other) == is_line
