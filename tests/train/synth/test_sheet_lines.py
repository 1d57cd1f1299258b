"""The ink of a line is taken out of its picture whole, and nothing else is."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from train.synth.sheet_lines import cut_ink

PAPER, RULE = 220, 84


def clean_of(rule_end: int) -> NDArray[np.uint8]:
    """The ink of a picture with a ruled line, a border, a tail from above and faint strokes."""
    picture = np.full((120, 900), PAPER, np.uint8)
    cv2.line(picture, (0, RULE), (rule_end, RULE), 120, 2)
    cv2.line(picture, (880, 0), (880, 119), 90, 3)
    cv2.line(picture, (60, 0), (60, 14), 60, 4)
    for x in range(100, 600, 40):
        cv2.line(picture, (x, 40), (x - 6, 100), 60, 4)
    cv2.line(picture, (400, 60), (490, 60), 60, 4)  # the bar of a T
    cv2.line(picture, (700, 50), (700, 76), PAPER - 14, 4)  # hardly pressed
    found = cut_ink(picture, "text")
    assert found is not None
    return found.clean


@pytest.fixture(scope="module")
def clean() -> NDArray[np.uint8]:
    return clean_of(rule_end=840)


def darkest(clean: NDArray[np.uint8], x: int, y: int) -> int:
    """Of the ink around a place, 255 for bare paper."""
    return int(clean[y - 3 : y + 4, x - 3 : x + 4].min())


@pytest.mark.parametrize(
    ("x", "y", "what"),
    [(98, 60, "a letter"), (96, RULE, "where it crosses the rule"), (450, 60, "a long stroke")],
)
def test_letters_are_kept_whole(clean: NDArray[np.uint8], x: int, y: int, what: str) -> None:
    assert darkest(clean, x, y) < 100, what


def test_faint_strokes_are_kept(clean: NDArray[np.uint8]) -> None:
    assert 225 < darkest(clean, 700, 64) < 250


@pytest.mark.parametrize(
    ("x", "y", "what"),
    [(20, RULE, "rule"), (650, RULE, "rule"), (880, 60, "border"), (60, 6, "tail"), (640, 40, "-")],
)
def test_what_is_no_writing_is_left_out(
    clean: NDArray[np.uint8], x: int, y: int, what: str
) -> None:
    assert darkest(clean, x, y) == 255, what


def test_a_rule_that_ends_at_a_border_is_left_out_with_it() -> None:
    joined = clean_of(rule_end=880)
    assert darkest(joined, 650, RULE) == 255
    assert darkest(joined, 880, 60) == 255
    assert darkest(joined, 98, 60) < 100
