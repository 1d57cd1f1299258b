"""Crops are as sharp as cubic interpolation makes them, wherever in the picture they lie."""

import cv2
import numpy as np
import pytest

from edge_runtime.image import Gray
from edge_runtime.line_crop import LineWarp, _repeated
from tests.pages import page

SIZE = (600, 96)
SCALE = 1.6
STILL = np.eye(3)


def crop_at(left: float, top: float, bend: float | None = None) -> LineWarp:
    to_page = np.array([[1 / SCALE, 0.0, left], [0.01, 1 / SCALE, top], [0.0, 0.0, 1.0]])
    bent = None if bend is None else np.full(SIZE[0], bend, np.float32)
    return LineWarp(SIZE, to_page, 48.0, bent)


def interpolated(picture: Gray, warp: LineWarp, way: int) -> Gray:
    flags = way | cv2.WARP_INVERSE_MAP
    border = cv2.BORDER_REPLICATE
    seen = cv2.warpPerspective(picture, warp.to_page, warp.size, flags=flags, borderMode=border)
    return np.asarray(seen, np.uint8)


def difference(one: Gray, other: Gray) -> float:
    return float(np.abs(one.astype(int) - other).mean())


def test_a_crop_is_nearer_to_cubic_than_to_linear_interpolation() -> None:
    picture = page()[0]
    warp = crop_at(60, 75)
    crop = warp.from_picture(picture, STILL)
    cubic, linear = (interpolated(picture, warp, w) for w in (cv2.INTER_CUBIC, cv2.INTER_LINEAR))
    assert difference(crop, cubic) < 0.8 * difference(linear, cubic)


@pytest.mark.parametrize(("left", "top"), [(-40, -10), (60, -70), (700, 75), (60, 5000)])
def test_the_picture_goes_on_beyond_its_edges(left: float, top: float) -> None:
    picture = page()[0][80:140, 40:940]
    wide = np.pad(picture, 90, mode="edge")
    crop = crop_at(left, top).from_picture(picture, STILL)
    assert crop.shape == SIZE[::-1]
    assert difference(crop, crop_at(left + 90, top + 90).from_picture(wide, STILL)) < 0.1


def test_a_bent_crop_follows_its_line() -> None:
    picture = page()[0]
    level = crop_at(60, 75).from_picture(picture, STILL)
    assert difference(crop_at(60, 65, bend=10.0).from_picture(picture, STILL), level) < 0.5
    assert difference(crop_at(60, 65).from_picture(picture, STILL), level) > 5.0


@pytest.mark.parametrize("step", [1, 2, 5])
def test_a_mask_is_enlarged_by_whole_pixels(step: int) -> None:
    mask = np.random.default_rng(1).integers(0, 2, (7, 11), np.uint8)
    assert np.array_equal(_repeated(mask, step), np.kron(mask, np.ones((step, step), np.uint8)))
