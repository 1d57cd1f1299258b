"""Short pieces of ink: corners of cells are no text, short entries are."""

import cv2
import numpy as np
import pytest

from edge_runtime.ink_pieces import ROW_STEP, Mask
from edge_runtime.scraps import is_scrap

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
