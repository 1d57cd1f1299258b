"""Short pieces of ink: corners of cells are no text, short entries are."""

import cv2
import numpy as np
import pytest

from edge_runtime.ink_pieces import ROW_STEP, Mask
from edge_runtime.scraps import is_rule, is_scrap, is_shade

BODY = 16.0


def scrap(ink: Mask) -> bool:
    ys, xs = (v.astype(np.int32) for v in np.nonzero(ink))
    even = ys % ROW_STEP == 0
    body = float(np.subtract(*np.percentile(ys, (90, 10))))
    return is_scrap(float(np.ptp(xs)) + 1, body, ys[even], xs[even], BODY)


def corner(width: int, height: int) -> Mask:
    """The end of a rule and the border that it meets, with a stroke of the next cell."""
    ink = np.zeros((height + 20, width + 20), np.uint8)
    ink[10:12, 10 : 10 + width] = 1
    ink[10 : 10 + height, 8 + width : 10 + width] = 1
    ink[20:26, 12:20] = 1
    return ink


def written(text: str, scale: float) -> Mask:
    """Letters whose body is about as high as that of the page; capitals are higher."""
    ink = np.zeros((100, 300), np.uint8)
    cv2.putText(ink, text, (20, 60), cv2.FONT_HERSHEY_SIMPLEX, scale, 1, 2)
    return ink


@pytest.mark.parametrize(("width", "height"), [(60, 40), (50, 45), (70, 60)])
def test_corners_of_cells_are_scraps(width: int, height: int) -> None:
    assert scrap(corner(width, height))


@pytest.mark.parametrize("scale", [0.8, 1.0])
@pytest.mark.parametrize("text", ["12", "TH", "HE", "7A", "Hi", "EF1", "LT"])
def test_short_entries_are_text(text: str, scale: float) -> None:
    assert not scrap(written(text, scale))


def is_left_of_rule(ink: Mask) -> bool:
    ys, xs = (v.astype(np.int32) for v in np.nonzero(ink))
    even = ys % ROW_STEP == 0
    return is_rule(float(np.subtract(*np.percentile(ys, (90, 10)))), ys[even], xs[even], BODY)


def test_a_rule_with_the_feet_of_letters_is_no_line() -> None:
    ink = np.zeros((60, 400), np.uint8)
    ink[30:33, 20:380] = 1
    ink[20:30, 40:360:40] = 1
    assert is_left_of_rule(ink)


@pytest.mark.parametrize("scale", [0.4, 0.6, 0.8])
def test_underlined_text_is_a_line(scale: float) -> None:
    ink = np.zeros((100, 700), np.uint8)
    cv2.putText(ink, "Huyen Nghi Loc, Nghe An", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, scale, 1, 1)
    ink[64, 20 : 20 + round(400 * scale)] = 1
    assert not is_left_of_rule(ink)


@pytest.mark.parametrize(
    ("length", "contrast", "darkness", "is_line"),
    [
        (2.0, 40.0, 60.0, False),  # the corner of a cell
        (2.0, 60.0, 60.0, True),  # a digit
        (8.0, 40.0, 60.0, True),  # words that stand close to others
        (2.0, 60.0, 25.0, False),  # the edge of a shade
        (8.0, 60.0, 25.0, True),  # a faint line
    ],
)
def test_what_is_short_is_a_line(
    length: float, contrast: float, darkness: float, is_line: bool
) -> None:
    assert is_shade(length, contrast, darkness, 60.0) != is_line
