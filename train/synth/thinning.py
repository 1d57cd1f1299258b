"""The centre line of a pen stroke: thinning after Zhang and Suen (1984)."""

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]

_RING = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
"""Row and column steps to the eight neighbours, clockwise from the one above (P2 to P9)."""


def centre_line(mask: Mask) -> Mask:
    """Thin a mask (1 = ink) to lines one pixel wide, uint8 (h, w).

    The mask is smoothed first, so that a rough edge does not grow branches; a dot becomes a
    point.
    """
    smooth = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.8) > 0.3
    start = smooth.astype(np.uint8) if smooth.any() else mask.astype(np.uint8)
    image = np.pad(start, 1)
    while sum(_erode(image, table) for table in _TABLES):
        pass
    return _keep_dots(np.ascontiguousarray(image[1:-1, 1:-1]), start)


def _erode(image: Mask, table: Mask) -> int:
    """Take away one layer in place; how many pixels. ``image`` has a border of one zero."""
    height, width = image.shape
    code = np.zeros((height - 2, width - 2), np.uint8)
    for bit, (down, right) in enumerate(_RING):
        code |= image[1 + down : height - 1 + down, 1 + right : width - 1 + right] << bit
    inside = image[1:-1, 1:-1]
    drop = np.asarray(cv2.LUT(code, table), np.uint8) & inside
    inside ^= drop
    return int(np.count_nonzero(drop))


def _keep_dots(thin: Mask, start: Mask) -> Mask:
    """Give every part of ``start`` that was thinned to nothing (a square dot) its middle back."""
    count, labels, _, middles = cv2.connectedComponentsWithStats(start, connectivity=8)
    for part in set(range(1, count)) - set(np.unique(labels[thin == 1]).tolist()):
        x, y = np.rint(middles[part]).astype(int)
        thin[y, x] = 1
    return thin


def _removable(code: int, first: bool) -> bool:
    """Whether a pixel with the neighbours ``code`` (one bit each) goes in this sub-iteration."""
    ring = [code >> bit & 1 for bit in range(8)]
    crossings = sum(not a and b for a, b in zip(ring, ring[1:] + ring[:1], strict=True))
    up, right, down, left = ring[::2]
    corner = (
        not (up and right and down) and not (right and down and left)
        if first
        else not (up and right and left) and not (up and down and left)
    )
    return 2 <= sum(ring) <= 6 and crossings == 1 and corner


_TABLES = tuple(
    np.array([_removable(code, first) for code in range(256)], np.uint8) for first in (True, False)
)
