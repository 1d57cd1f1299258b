"""The seed's picture preparation: its shape, what is ink, padding, cropping, odd sizes."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from edge_runtime.seed_image import SEED_HEIGHT, SEED_WIDTH, seed_preprocess

Gray = npt.NDArray[np.uint8]


def page(rows: int, columns: int, paper: int = 220) -> Gray:
    return np.full((rows, columns), paper, np.uint8)


def test_ink_is_white_and_everything_else_black() -> None:
    gray = page(100, 1000)
    gray[40:46, 200:600] = 30
    ink = seed_preprocess(gray)
    assert ink.shape == (SEED_HEIGHT, SEED_WIDTH)
    assert ink.dtype == np.uint8
    assert set(np.unique(ink)) == {0, 255}
    assert ink[66:74, 400:900].max(axis=0).min() == 255
    assert ink[:50].max() == 0
    assert ink[:, 1050:].max() == 0


def test_the_threshold_is_the_weighted_mean_less_four_of_the_smoothed_line() -> None:
    rng = np.random.default_rng(4)
    noise = rng.integers(0, 256, (163, 3002)).astype(np.uint8)
    gray: Gray = np.asarray(cv2.GaussianBlur(noise, (0, 0), 2.0), np.uint8)
    smooth = cv2.GaussianBlur(gray, (5, 5), 0).astype(np.float32)
    mean = cv2.GaussianBlur(smooth, (11, 11), 0, borderType=cv2.BORDER_REPLICATE)
    expected = np.where(smooth > np.round(mean) - 4, 0, 255)
    assert 0.1 < (expected > 0).mean() < 0.9
    assert (seed_preprocess(gray) != expected).mean() < 0.005  # rounding of the means


def test_aspect_is_kept() -> None:
    gray = page(163, 2000)
    gray[60:100, 1500:1504] = 0
    twice = np.repeat(np.repeat(gray, 2, axis=0), 2, axis=1)
    columns = np.flatnonzero(seed_preprocess(gray).any(axis=0))
    enlarged = np.flatnonzero(seed_preprocess(twice).any(axis=0))
    assert abs(columns[0] - 1500) <= 6
    assert abs(int(columns[0]) - int(enlarged[0])) <= 2
    assert abs(int(columns[-1]) - int(enlarged[-1])) <= 2


def test_padding_takes_each_rows_median_and_leaves_no_edge() -> None:
    gray = page(163, 1500)
    gray += np.linspace(0, 30, 163).astype(np.uint8)[:, None]  # light falls from below
    assert seed_preprocess(gray).max() == 0


def test_a_stroke_that_ends_at_the_edge_does_not_go_on_in_the_padding() -> None:
    gray = page(163, 1500)
    gray[60:64, 1400:] = 0
    ink = seed_preprocess(gray)
    assert ink[:, 1410:1490].max() == 255
    assert ink[:, 1520:].max() == 0


def test_a_rule_across_the_page_goes_on_in_the_padding() -> None:
    gray = page(163, 1500)
    gray[150:153] = 100
    ink = seed_preprocess(gray)
    assert ink[145:158, 2000:].max(axis=0).min() == 255
    assert ink[:140].max() == 0


def test_longer_lines_are_cropped_on_the_right() -> None:
    gray = page(163, 4000)
    gray[60:100, 3500:3504] = 0
    assert seed_preprocess(gray).max() == 0
    gray[60:100, 100:104] = 0
    assert seed_preprocess(gray)[:, 90:115].max() == 255


def test_faint_marks_under_the_offset_are_paper() -> None:
    gray = page(163, 500)
    gray[80:83, 100:400] = 217
    assert seed_preprocess(gray).max() == 0
    gray[80:83, 100:400] = 150
    assert seed_preprocess(gray).max() == 255


@pytest.mark.parametrize("shape", [(1, 1), (4, 4), (20000, 20), (20, 20000), (4, 1_000_000)])
def test_odd_sizes_give_the_network_its_shape(shape: tuple[int, int]) -> None:
    assert seed_preprocess(page(*shape)).shape == (SEED_HEIGHT, SEED_WIDTH)
