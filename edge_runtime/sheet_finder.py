"""Where the sheet of paper is in a photograph that also shows what it lies on.

The surround is darker than the sheet, and the step between them is sharp: that tells a sheet from
a shadow. Where there is no such region, the whole picture is paper.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.image import Gray

Mask = npt.NDArray[np.uint8]
Quad = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Outline = npt.NDArray[np.int32]
Side = tuple[float, float]
"""A line as (slope, offset): y = slope * x + offset, or for the left and right side
x = slope * y + offset."""

_LONGER_SIDE: Final = 320
"""Of the picture in which the sheet is searched, pixels."""
_SMALLEST: Final = 0.12
"""A sheet covers at least this share of the picture."""
_WHOLE: Final = 0.985
"""A region that covers more than this is the picture itself."""
_DARKER: Final = (0.65, 0.55, 0.45)
"""The surround has at most one of these shares of the paper's brightness: the brighter the better,
but a sheet that lies half in the shade is whole with the darkest only."""
_FALL: Final = 0.75
"""Brightness just outside the sheet's edge over that just inside, at most."""
_EDGED: Final = 0.8
"""Share of the outline that has such a step."""
_ALL_EDGED: Final = 0.98
"""An outline with such a share cannot be improved upon."""
_REACH: Final = 6
"""The outline's direction at a point is taken from so many points before and after it."""
_SPAN: Final = 0.25
"""A side is believed where it is seen over this share of the picture's width or height."""
_FOCAL: Final = 1.0
"""Focal length over the longer side of the picture: cameras have 0.7 to 1.2."""
_SLANT: Final = 0.7
"""Steepest side, as slope against the picture's frame."""


@dataclass(frozen=True)
class Sheet:
    """A sheet in a picture."""

    outline: Quad
    """Border of what is seen of the sheet, float32 (n, 2) as (x, y) in the picture's pixels."""
    quad: Quad | None
    """Corners of the sheet, float32 (4, 2) in the picture's pixels, clockwise from the top left. A
    side that the picture does not show runs along the frame, as a right-angled sheet has it where
    the other three are seen, else at the slope of the opposite side. None where neither the top
    nor the bottom is seen well."""


def find_sheet(gray: Gray) -> Sheet | None:
    """Find a bright sheet on a darker surround.

    Args:
        gray: uint8 (h, w).

    Returns:
        None where the whole picture is paper, or nothing stands out as a sheet.
    """
    scale = min(1.0, _LONGER_SIDE / max(gray.shape))
    size = (max(1, round(gray.shape[1] * scale)), max(1, round(gray.shape[0] * scale)))
    small = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    paper = _without_writing(np.asarray(small, np.uint8))
    outline = _sharpest(paper)
    if outline is None:
        return None
    quad = _quad(outline, (size[0], size[1]))
    return Sheet(
        _enlarged(outline.astype(np.float32), scale),
        None if quad is None else _enlarged(quad, scale),
    )


def _sharpest(paper: Gray) -> Outline | None:
    """Of the regions brighter than some level the one with the steepest edge, if any is steep."""
    otsu, _ = cv2.threshold(paper, 0, 1, cv2.THRESH_OTSU)
    counts = np.cumsum(cv2.calcHist([paper], [0], None, [256], [0, 256]))
    usual = float(np.searchsorted(counts, 0.95 * counts[-1]))
    best, edged = None, _EDGED
    for threshold in (*(share * usual for share in _DARKER), otsu):
        outline, share = _largest((paper > threshold).astype(np.uint8))
        if not _SMALLEST < share < _WHOLE:
            continue
        found = _edged(paper, outline)
        if found > edged:
            best, edged = outline, found
        if edged > _ALL_EDGED:
            break
    return best


def _enlarged(points: Quad, scale: float) -> Quad:
    """Points of the reduced picture in pixels of the whole one."""
    return np.asarray((points + 0.5) / scale - 0.5, np.float32)


def _without_writing(gray: Gray) -> Gray:
    """A closing takes strokes out; the frame is repeated first, lest it swallow dark corners."""
    pad = 7
    wide = cv2.copyMakeBorder(gray, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    closed = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, np.ones((pad, pad), np.uint8))
    return np.ascontiguousarray(closed[pad:-pad, pad:-pad], np.uint8)


def _largest(bright: Mask) -> tuple[Outline, float]:
    """Outline of the convex hull of the largest bright area, int32 (n, 2), and its share of all.

    Sheets are convex; darker things that lie on them, up to their edge, are not.
    """
    opened = cv2.morphologyEx(bright, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    bright = np.asarray(opened, np.uint8)
    found, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not found:
        return np.zeros((0, 2), np.int32), 0.0
    region = np.zeros_like(bright)
    cv2.fillConvexPoly(region, cv2.convexHull(max(found, key=cv2.contourArea)), 1)
    outlines, _ = cv2.findContours(region, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(outlines[0], np.int32).reshape(-1, 2), float(region.mean())


def _edged(paper: Gray, outline: Outline) -> float:
    """Share of the outline, the frame apart, over which brightness falls steeply."""
    last = np.array(paper.shape[::-1]) - 1
    along = np.roll(outline, -_REACH, axis=0) - np.roll(outline, _REACH, axis=0)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1.0)[:, None]
    # Outlines run counter-clockwise on the screen: inwards is to the left of the way.
    inwards = np.stack([along[:, 1], -along[:, 0]], axis=1) / length
    free = ((outline > 4) & (outline < last - 4)).all(axis=1)
    if free.sum() < _SPAN * min(paper.shape):
        return 0.0
    inner, outer = (
        np.clip(np.round(outline[free] + way * 5.0 * inwards[free]), 0, last).astype(np.int64)
        for way in (1, -1)
    )
    ratio = paper[outer[:, 1], outer[:, 0]] / np.maximum(paper[inner[:, 1], inner[:, 0]], 1.0)
    return float((ratio < _FALL).mean())


def _quad(outline: Outline, size: tuple[int, int]) -> Quad | None:
    """The quadrangle of the sheet's four sides, in the pixels of the search."""
    last = np.array(size) - 1
    points = outline.astype(np.float64)
    along = np.roll(points, -_REACH, axis=0) - np.roll(points, _REACH, axis=0)
    free = ((points > 2) & (points < last - 2)).all(axis=1)
    level = np.abs(along[:, 0]) > np.abs(along[:, 1])
    # Outlines run counter-clockwise on the screen: along the top to the left, down the left side.
    top = _side(points[free & level & (along[:, 0] < 0)], 0, size)
    bottom = _side(points[free & level & (along[:, 0] > 0)], 0, size)
    left = _side(points[free & ~level & (along[:, 1] > 0)], 1, size)
    right = _side(points[free & ~level & (along[:, 1] < 0)], 1, size)
    if top is None and bottom is None:
        return None
    ends = _completed((top, bottom), (left, right), 0, size)
    sides = _completed((left, right), (top, bottom), 1, size)
    (top, bottom), (left, right) = ends, sides
    corners = [_cross(top, left), _cross(top, right), _cross(bottom, right), _cross(bottom, left)]
    return np.array(corners, np.float32)


def _side(points: Floats, axis: int, size: tuple[int, int]) -> Side | None:
    """A straight line through a side's points; ``axis`` is 0 for a level one, 1 for an upright."""
    if len(points) < 2 or np.ptp(points[:, axis]) < _SPAN * size[axis]:
        return None
    dx, dy, x, y = cv2.fitLine(points.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
    step, rise, at, over = (dx, dy, x, y) if axis == 0 else (dy, dx, y, x)
    slope = float(rise) / float(step) if abs(step) > 1e-6 else np.inf
    return (slope, float(over) - slope * float(at)) if abs(slope) < _SLANT else None


def _completed(
    pair: tuple[Side | None, Side | None],
    others: tuple[Side | None, Side | None],
    axis: int,
    size: tuple[int, int],
) -> tuple[Side, Side]:
    """Both of two opposite sides; one that is not seen runs along the picture's frame.

    Args:
        pair: the sides, of which the first is the top or the left one.
        others: the other two sides of the sheet.
        axis: 0 for level sides, 1 for upright ones.
        size: of the picture.
    """
    first, second = pair
    middle, last = size[axis] / 2, size[1 - axis] - 1.0
    if first is None:
        slope = _right_angled(second, others, axis, 0.0, size)
        first = (slope, -slope * middle)
    if second is None:
        slope = _right_angled(pair[0], others, axis, last, size)
        second = (slope, last - slope * middle)
    return first, second


def _right_angled(
    opposite: Side | None,
    others: tuple[Side | None, Side | None],
    axis: int,
    frame: float,
    size: tuple[int, int],
) -> float:
    """Slope of a side that is not seen, half-way along the frame.

    Parallel sides meet in the picture's vanishing points; those of a sheet's two directions are at
    right angles as the camera sees them (Caprile and Torre, 1990), and one of them lies on the
    opposite side.
    """
    if opposite is None:
        return 0.0
    if others[0] is None or others[1] is None:
        return opposite[0]
    focal = _FOCAL * max(size)
    camera = np.array([[focal, 0, size[0] / 2], [0, focal, size[1] / 2], [0, 0, 1.0]])
    meeting = np.cross(_line(others[0], 1 - axis), _line(others[1], 1 - axis))
    along = np.cross(np.linalg.solve(camera, meeting), camera.T @ _line(opposite, axis))
    middle = size[axis] / 2
    through = (middle, frame, 1.0) if axis == 0 else (frame, middle, 1.0)
    x, y, _ = np.cross(through, camera @ along)
    rise, step = (x, y) if axis == 0 else (y, x)
    return float(-rise / step) if abs(rise) < _SLANT * abs(step) else opposite[0]


def _line(side: Side, axis: int) -> Floats:
    """A side in homogeneous coordinates."""
    slope, offset = side
    return np.array([slope, -1.0, offset] if axis == 0 else [-1.0, slope, offset])


def _cross(level: Side, upright: Side) -> tuple[float, float]:
    """Where a level and an upright side meet."""
    y = (level[0] * upright[1] + level[1]) / (1.0 - level[0] * upright[0])
    return upright[0] * y + upright[1], y
