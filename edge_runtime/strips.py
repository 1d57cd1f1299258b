"""A perspective warp of a low, wide picture, put together from strips that are affine each.

An affine warp costs half of a perspective one, which divides at each pixel. A strip that is short
enough hardly differs.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.image import Gray

Matrix = npt.NDArray[np.float64]

_OFF: Final = 0.2
"""By how much the middle of a strip's end may be out of place, pixels of the picture: the next one
is off by as much in the same direction there, so that no seam shows."""
_SHORTEST: Final = 32
"""Columns of a strip at least: each call costs as much as some columns."""


def perspective_strips(picture: Gray, matrix: Matrix, size: tuple[int, int]) -> Gray:
    """What ``cv2.warpPerspective`` gives with linear interpolation; edges of the picture go on.

    Args:
        picture: uint8 (h, w).
        matrix: from the pixels of what is returned to the picture's, float64 (3, 3).
        size: width and height of what is returned.
    """
    width, height = size
    ends = _ends(matrix, size)
    crop = np.empty((height, width), np.uint8)
    for first, last, affine in zip(ends[:-1], ends[1:], _affine(matrix, ends, height), strict=True):
        cv2.warpAffine(
            picture,
            affine,
            (last - first, height),
            dst=crop[:, first:last],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
    return crop


def _ends(matrix: Matrix, size: tuple[int, int]) -> list[int]:
    """First columns of the strips, and the width.

    Where depth changes by a share d from column to column, a point moves by s, 2 d s less in the
    next one: over half a strip of n columns that is d s n**2 / 4.
    """
    width, height = size
    depths = matrix[2, 0] * np.array([0.0, width]) + matrix[2, 1] * height / 2 + matrix[2, 2]
    change = abs(float(matrix[2, 0])) / float(np.abs(depths).min())
    stretch = float(np.abs(matrix[:2, 0]).max()) / float(np.abs(depths).min())
    longest = (4.0 * _OFF / max(change * stretch, 1e-12)) ** 0.5
    count = max(1, min(int(np.ceil(width / longest)), width // _SHORTEST))
    return [width * i // count for i in range(count + 1)]


def _affine(matrix: Matrix, ends: list[int], height: int) -> Matrix:
    """The affine warp of each strip: it touches the perspective one in the strip's middle.

    Returns:
        From the strip's own pixels to the picture's, float64 (strips, 2, 3).
    """
    firsts, lasts = np.array(ends[:-1], np.float64), np.array(ends[1:], np.float64)
    columns, row = (firsts + lasts - 1.0) / 2.0, (height - 1) / 2.0
    points = matrix @ np.stack([columns, np.full(len(columns), row), np.ones(len(columns))])
    places = (points[:2] / points[2]).T
    slopes = (matrix[:2, :2] - places[:, :, None] * matrix[2, :2]) / points[2][:, None, None]
    offsets = places - slopes[:, :, 0] * (columns - firsts)[:, None] - slopes[:, :, 1] * row
    return np.concatenate([slopes, offsets[:, :, None]], axis=2)
