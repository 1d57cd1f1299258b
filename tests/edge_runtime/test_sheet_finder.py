"""The sheet in a photograph: half in the shade, or with a side outside the picture."""

import cv2
import numpy as np
import pytest

from edge_runtime.image import Gray
from edge_runtime.sheet_finder import find_sheet

Points = np.ndarray
WIDTH, HEIGHT = 960, 1280


def seen_by_a_camera(tilt: tuple[float, float], turn: float, shift: float) -> Points:
    """Corners of an upright sheet in the picture, clockwise from the top left."""
    rotation = (
        cv2.Rodrigues(np.array([0, 0, turn]))[0]
        @ cv2.Rodrigues(np.array([tilt[0], 0, 0]))[0]
        @ cv2.Rodrigues(np.array([0, tilt[1], 0]))[0]
    )
    flat = np.array([[-300, -540, 0], [300, -540, 0], [300, 540, 0], [-300, 540, 0]], float)
    x, y, depth = (flat @ rotation.T + [0, shift, 1280]).T
    focal = 1280.0
    return np.stack([WIDTH / 2 + focal * x / depth, HEIGHT / 2 + focal * y / depth], axis=1)


def photograph(corners: Points, dark_end: float = 1.0) -> Gray:
    """A bright sheet on a dark table; light falls to ``dark_end`` towards the bottom."""
    inside = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillConvexPoly(inside, np.round(corners).astype(np.int32), 1)
    light = np.linspace(1.0, dark_end, HEIGHT)[:, None]
    picture = np.where(inside > 0, 200 * light, 40)
    grain = np.random.default_rng(4).normal(0, 3, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("dark_end", [1.0, 0.6, 0.4])
def test_a_sheet_half_in_the_shade_is_whole(dark_end: float) -> None:
    corners = seen_by_a_camera((0.15, 0.1), 0.03, 0)
    sheet = find_sheet(photograph(corners, dark_end))
    assert sheet is not None
    assert sheet.quad is not None
    assert np.abs(sheet.quad - corners).max() < 12


@pytest.mark.parametrize("tilt", [(0.4, 0.4), (0.4, -0.4), (-0.3, 0.5)])
@pytest.mark.parametrize("shift", [-260.0, 260.0])
def test_a_side_outside_the_picture_is_at_right_angles(
    tilt: tuple[float, float], shift: float
) -> None:
    corners = seen_by_a_camera(tilt, 0.05, shift)
    sheet = find_sheet(photograph(corners))
    assert sheet is not None
    assert sheet.quad is not None
    top, bottom = (np.cross([*c[0], 1.0], [*c[1], 1.0]) for c in (corners[:2], corners[2:]))
    meeting = np.cross(top, bottom)
    hidden, row = ((0, 1), 0.0) if shift < 0 else ((3, 2), HEIGHT - 1.0)
    wanted = (meeting[1] / meeting[2] - row) / (meeting[0] / meeting[2] - WIDTH / 2)
    across, down = sheet.quad[hidden[1]] - sheet.quad[hidden[0]]
    seen = bottom if shift < 0 else top
    assert abs(down / across - wanted) < 0.03
    assert abs(-seen[0] / seen[1] - wanted) > 0.1


def test_a_picture_of_paper_alone_has_no_sheet() -> None:
    grain = np.random.default_rng(1).normal(200, 3, (HEIGHT, WIDTH))
    assert find_sheet(grain.astype(np.uint8)) is None
