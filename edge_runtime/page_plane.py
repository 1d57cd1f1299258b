"""The flat, upright, reduced page in which lines are searched, and the way back to the picture."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.deskew import skew_angle
from edge_runtime.image import Gray
from edge_runtime.preprocess import subtract_paper
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
        corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        near = np.array([(x + dx, y + dy) for dx, dy in corners], np.float32)
        return float(np.sqrt(abs(cv2.contourArea(self.in_picture(near)) / 4.0)))


def flatten(gray: Gray) -> Plane:
    """Find the sheet, or else the slope of the lines, and lay the page flat.

    Args:
        gray: uint8 (h, w), a picture of a page.
    """
    scale = _reduction(gray.size)
    sheet = find_sheet(gray)
    if sheet is not None and sheet.quad is not None:
        plane = _plane(gray, _from_quad(sheet.quad, scale), sheet.outline)
        if plane is not None:
            return plane
    slope = text_slope(gray)
    seen = _frame(gray.shape) if sheet is None else sheet.outline
    if sheet is None and abs(slope) < _LEVEL:
        return _reduced(gray, scale)
    plane = _plane(gray, _from_slope(slope, scale), seen)
    return _reduced(gray, scale) if plane is None else plane


def straighten(plane: Plane, ink: Mask, picture: Gray) -> Plane:
    """Take out what slope the lines still have, where it may differ from the top to the bottom.

    That is so where the sheet's edges are not in the picture, but it is seen at an angle.

    Args:
        plane: the page so far.
        ink: 1 where it has ink, rules included, uint8 (h, w).
        picture: the picture that the page was flattened from.
    """
    rows, columns = ink.shape
    weight = np.cumsum(ink.sum(axis=1, dtype=np.int64))
    if weight[-1] == 0:
        return plane
    middle = int(np.searchsorted(weight, weight[-1] / 2))
    halves = [ink[:middle], ink[middle:]]
    slopes = [skew_angle(half[::2, ::2], _KEYSTONE) if half.size else None for half in halves]
    first, second = (s if s is not None else o for s, o in zip(slopes, slopes[::-1], strict=True))
    if first is None or second is None or max(abs(first), abs(second)) < _LEVEL:
        return plane
    heights = [int(np.searchsorted(weight, weight[-1] * share)) for share in (0.25, 0.75)]
    if heights[1] - heights[0] < 0.1 * rows:
        return plane
    flat, sloped = [], []
    for y, slope in zip(heights, (first, second), strict=True):
        for x in (0.0, float(columns)):
            flat.append((x, float(y)))
            sloped.append((x, y + slope * (x - columns / 2)))
    turn = cv2.getPerspectiveTransform(np.array(flat, np.float32), np.array(sloped, np.float32))
    better = _plane(picture, plane.to_picture @ turn, plane.outline)
    return plane if better is None else better


def text_slope(gray: Gray) -> float:
    """Slope of the text lines in a picture, rows per column."""
    scale = min(1.0, 640 / max(gray.shape))
    size = (max(1, round(gray.shape[1] * scale)), max(1, round(gray.shape[0] * scale)))
    small = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    darkness = subtract_paper(np.asarray(small, np.uint8))
    threshold, _ = cv2.threshold(darkness, 0, 1, cv2.THRESH_OTSU)
    return skew_angle((darkness > max(0.8 * threshold, 10.0)).astype(np.uint8)) or 0.0


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


def _plane(gray: Gray, matrix: Matrix, seen: Points) -> Plane | None:
    """The page that holds what is seen; None where the homography would blow it up."""
    back = np.linalg.inv(matrix)
    flat = cv2.perspectiveTransform(seen[None].astype(np.float64), back)[0]
    depth = seen @ back[2, :2] + back[2, 2]
    low, high = flat.min(axis=0), flat.max(axis=0)
    width, height = (max(1, round(float(side))) for side in high - low)
    if (depth <= 0).any() or width * height > _BLOWN_UP * max(_PIXELS[0], gray.size / 4):
        return None
    move = np.array([[1.0, 0.0, low[0] + 0.5], [0.0, 1.0, low[1] + 0.5], [0.0, 0.0, 1.0]])
    inside = np.zeros((height, width), np.uint8)
    cv2.fillPoly(inside, [np.round(flat - low - 0.5).astype(np.int32)], 1)
    # A little away from the edge: there, what lies outside is mixed in.
    inside = np.asarray(cv2.erode(inside, np.ones((7, 7), np.uint8), borderValue=0), np.uint8)
    to_picture = np.asarray(matrix @ move, np.float64)
    return Plane(_warp(gray, to_picture, (width, height)), inside, seen, to_picture)


def _warp(gray: Gray, matrix: Matrix, size: tuple[int, int]) -> Gray:
    """The page as the picture shows it; where it ends, its edge goes on."""
    whole = int(float(np.sqrt(abs(np.linalg.det(matrix[:2, :2])))) + 0.3)
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
