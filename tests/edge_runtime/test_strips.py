"""Perspective warps from affine strips are what OpenCV's own are."""

import cv2
import numpy as np
import pytest

from edge_runtime.strips import Matrix, _ends, perspective_strips

FLAGS = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP


def homography(along: float, down: float) -> Matrix:
    return np.array([[0.72, 0.02, 20.0], [0.01, 0.72, 15.0], [along, down, 1.0]])


@pytest.mark.parametrize("along", [0.0, 2e-5, 1.5e-4, -1.5e-4])
@pytest.mark.parametrize("width", [7, 90, 700])
def test_strips_are_the_warp_of_opencv(along: float, width: int) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 900), dtype=np.uint8)
    picture = np.asarray(cv2.GaussianBlur(noise, (7, 7), 0), np.uint8)
    matrix = homography(along, 5e-5)
    found = perspective_strips(picture, matrix, (width, 96)).astype(int)
    wanted = cv2.warpPerspective(
        picture, matrix, (width, 96), flags=FLAGS, borderMode=cv2.BORDER_REPLICATE
    )
    assert np.abs(found - wanted).mean() < 1.0
    assert np.abs(found - wanted).max() < 16


def test_the_more_depth_changes_the_shorter_strips_are() -> None:
    counts = [len(_ends(homography(along, 0.0), (900, 96))) for along in (0.0, 2e-5, 2e-4)]
    assert counts[0] == 2
    assert counts[0] < counts[1] < counts[2] <= 900 // 32 + 1
