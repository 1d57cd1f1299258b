"""Grain is taken off faint strokes without closing them."""

import cv2
import numpy as np

from edge_runtime.grain import without_grain


def test_less_grain_is_left_than_by_a_blur_that_keeps_strokes_as_dark() -> None:
    clean = np.full((60, 400), 120.0)
    clean[20:40:6, 20:380] -= 20
    clean[21:41:6, 20:380] -= 20
    noisy = clean + np.random.default_rng(3).normal(0, 7, clean.shape)
    picture = np.clip(noisy, 0, 255).astype(np.uint8)
    quiet, soft = without_grain(picture), cv2.GaussianBlur(picture, (0, 0), 0.8)
    paper = (slice(45, 60), slice(0, 400))
    assert quiet.shape == picture.shape
    assert quiet.dtype == np.uint8
    assert quiet[paper].std() < 0.8 * soft[paper].std()
    strokes, gaps = quiet[20:40:6, 20:380].mean(), quiet[23:40:6, 20:380].mean()
    assert gaps - strokes > 8


def test_a_picture_without_grain_is_only_softened() -> None:
    picture = np.full((40, 60), 200, np.uint8)
    picture[20:22] = 100
    assert np.abs(without_grain(picture).astype(int) - picture)[[5, 35]].max() == 0
