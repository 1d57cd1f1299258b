"""The flat, upright, reduced page in which lines are searched, and the way back to the picture."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.deskew import skew_angle
from edge_runtime.image import Gray
from edge_runtime.page_ink import quick_ink
from edge_runtime.sheet_finder import find_sheet

Mask = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]
Points = npt.NDArray[np.float32]

_PIXELS: Final = (420_000, 1_300_000)
"""The page has a quarter of the picture's pixels, but not fewer or more than these."""
_LEVEL: Final = 0.008
"""Lines that slope less are level enough, rows per column."""
_KEYSTONE: Final = 0.16
"""Steepest slope that is left after the sheet was laid flat by what is seen of its edges."""
_BLOWN_UP: Final = 3.0
"""A flattened page with this many times the pixels it should have comes from a wrong quadrangle."""

_SEAM: Final = 5
"""Pixels of the page along the edge of the sheet in which no writing is looked for."""


@dataclass(frozen=True)
class Plane:
    """A page and how it lies in the picture."""

    gray: Gray
    """The flattened page, uint8 (h, w)."""
    inside: Mask | None
    """1 on the sheet, uint8 (h, w); None where all of the picture is paper."""
    outline: Points
    """Border of the paper in the picture's pixels, float32 (n, 2) as (x, y)."""
    to_picture: Matrix
    """Homography from the page's pixels to the picture's, float64 (3, 3)."""

    def in_picture(self, points: Points) -> Points:
        """Points of the page, float32 (n, 2) as (x, y), in the picture's pixels."""
        moved = cv2.perspectiveTransform(np.asarray(points, np.float64)[None], self.to_picture)
        return np.asarray(moved[0], np.float32)

    def scale_at(self, x: float, y: float) -> float:
        """Pixels of the picture to a pixel of the page, at one place of the page."""
        near = np.array(
            [[x - 1, y - 1], [x + 1, y - 1], [x + 1, y + 1], [x - 1, y + 1]], np.float32
        )
        return float(np.sqrt(abs(cv2.contourArea(self.in_picture(near)) / 4.0)))


def flatten(gray: Gray) -> Plane:
    """Find the sheet and lay it flat, with the lines of its text level.

    The sheet's edges give the perspective. What slope the lines have in the flattened sheet, or in
    the picture where no sheet stands out, is measured and taken out as well; it may change from the
    top to the bottom, where a sheet is seen at an angle and its edges are not in the picture.

    Args:
        gray: uint8 (h, w), a picture of a page.
    """
    scale = _reduction(gray.size)
    sheet = find_sheet(gray)
    seen = _frame(gray.shape) if sheet is None else sheet.outline
    if sheet is not None and sheet.quad is not None:
        matrix = _level(gray, _from_quad(sheet.quad, scale), seen)
        plane = None if matrix is None else _plane(gray, matrix, seen, _SEAM)
        if plane is not None:
            return plane
    slope = _text_slope(gray, seen)
    matrix = _level(gray, _from_slope(slope, scale), seen)
    if matrix is None or (sheet is None and np.allclose(matrix, np.diag([scale, scale, 1.0]))):
        return _reduced(gray, scale)
    plane = _plane(gray, matrix, seen, _SEAM)
    return _reduced(gray, scale) if plane is None else plane


def _level(gray: Gray, matrix: Matrix, seen: Points) -> Matrix | None:
    """Take out what slope the lines still have, measured at half the page's resolution.

    Args:
        gray: the picture.
        matrix: homography from the page to it.
        seen: border of the paper in the picture.

    Returns:
        The better homography; None where the given one would blow the page up.
    """
    twice = np.diag([2.0, 2.0, 1.0])
    rough = _plane(gray, matrix @ twice, seen)
    if rough is None:
        return None
    ink = quick_ink(rough.gray, rough.inside)
    rows, columns = ink.shape
    weight = np.cumsum(cv2.reduce(ink, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0])
    quarter, half, last = (int(np.searchsorted(weight, weight[-1] * s)) for s in (0.25, 0.5, 0.75))
    if last - quarter < 0.1 * rows:
        return matrix
    slopes = [skew_angle(part, _KEYSTONE) for part in (ink[:half], ink[half:])]
    first, second = (s if s is not None else o for s, o in zip(slopes, slopes[::-1], strict=True))
    if first is None or second is None or max(abs(first), abs(second)) < _LEVEL:
        return matrix
    flat, sloped = [], []
    for y, slope in ((quarter, first), (last, second)):
        for x in (0.0, float(columns)):
            flat.append((x, float(y)))
            sloped.append((x, y + slope * (x - columns / 2)))
    turn = cv2.getPerspectiveTransform(np.array(flat, np.float32), np.array(sloped, np.float32))
    return np.asarray(rough.to_picture @ turn @ np.linalg.inv(twice), np.float64)


def _text_slope(gray: Gray, seen: Points) -> float:
    """Slope of the text lines in a picture, rows per column; 0.0 where it is small or not known."""
    scale = min(1.0, 640 / max(gray.shape))
    size = (max(1, round(gray.shape[1] * scale)), max(1, round(gray.shape[0] * scale)))
    small = np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)
    inside = _inside((seen + 0.5) * scale - 0.5, (size[0], size[1]))
    slope = skew_angle(quick_ink(small, inside)) or 0.0
    return slope if abs(slope) > _LEVEL else 0.0


def _inside(outline: Points, size: tuple[int, int], seam: int = 3) -> Mask:
    """1 well inside an outline: near its edge, what lies outside is mixed in.

    Args:
        outline: float32 (n, 2).
        size: width and height of the mask.
        seam: pixels at the edge that are left out.
    """
    inside = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillPoly(inside, [np.round(outline).astype(np.int32)], 1)
    window = np.ones((2 * seam + 1, 2 * seam + 1), np.uint8)
    return np.asarray(cv2.erode(inside, window, borderValue=0), np.uint8)


def _reduction(pixels: int) -> float:
    """Length of a pixel of the page in pixels of the picture, 1 or more."""
    wanted = min(max(pixels / 4, _PIXELS[0]), _PIXELS[1])
    return max(1.0, float(np.sqrt(pixels / wanted)))


def _from_quad(quad: Points, scale: float) -> Matrix:
    """Page to picture, so that the quadrangle becomes a rectangle."""
    top_left, top_right, bottom_right, bottom_left = quad
    width = (_distance(top_left, top_right) + _distance(bottom_left, bottom_right)) / 2 / scale
    height = (_distance(top_left, bottom_left) + _distance(top_right, bottom_right)) / 2 / scale
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(flat, quad), np.float64)


def _from_slope(slope: float, scale: float) -> Matrix:
    """Page to picture, so that lines of this slope become level."""
    angle = float(np.arctan(slope))
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])


def _frame(shape: tuple[int, ...]) -> Points:
    """Corners of the picture."""
    right, bottom = shape[1] - 0.5, shape[0] - 0.5
    return np.array([[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]], np.float32)


def _reduced(gray: Gray, scale: float) -> Plane:
    """The whole picture, only smaller."""
    width, height = (max(1, round(side / scale)) for side in gray.shape[::-1])
    x, y = gray.shape[1] / width, gray.shape[0] / height
    matrix = np.array([[x, 0.0, (x - 1) / 2], [0.0, y, (y - 1) / 2], [0.0, 0.0, 1.0]])
    small = cv2.resize(gray, (width, height), interpolation=cv2.INTER_AREA) if scale > 1 else gray
    return Plane(np.asarray(small, np.uint8), None, _frame(gray.shape), matrix)


def _plane(gray: Gray, matrix: Matrix, seen: Points, seam: int = 3) -> Plane | None:
    """The page that holds what is seen; None where the homography would blow it up."""
    back = np.linalg.inv(matrix)
    flat = cv2.perspectiveTransform(seen[None].astype(np.float64), back)[0]
    depth = seen @ back[2, :2] + back[2, 2]
    low, high = flat.min(axis=0), flat.max(axis=0)
    width, height = (max(1, round(float(side))) for side in high - low)
    if (depth <= 0).any() or width * height > _BLOWN_UP * max(_PIXELS[0], gray.size / 4):
        return None
    move = np.array([[1.0, 0.0, low[0] + 0.5], [0.0, 1.0, low[1] + 0.5], [0.0, 0.0, 1.0]])
    inside = _inside(np.asarray(flat - low - 0.5, np.float32), (width, height), seam)
    to_picture = np.asarray(matrix @ move, np.float64)
    return Plane(_warp(gray, to_picture, (width, height)), inside, seen, to_picture)


def _warp(gray: Gray, matrix: Matrix, size: tuple[int, int]) -> Gray:
    """The page as the picture shows it; where it ends, its edge goes on."""
    whole = int(float(np.sqrt(abs(np.linalg.det(matrix[:2, :2])))) + 0.3)
    # Halves and quarters: many times cheaper than thirds.
    whole = min(1 << max(whole, 1).bit_length() - 1, *gray.shape)
    if whole > 1:  # reduce first, or thin strokes fall between the samples
        small = (gray.shape[1] // whole, gray.shape[0] // whole)
        gray = np.asarray(cv2.resize(gray, small, interpolation=cv2.INTER_AREA), np.uint8)
        offset = 0.5 / whole - 0.5
        matrix = np.array([[1 / whole, 0, offset], [0, 1 / whole, offset], [0, 0, 1]]) @ matrix
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpPerspective(gray, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)


def _distance(a: Points, b: Points) -> float:
    return float(np.hypot(*(a - b)))
