"""Pictures of single lines, cut straight from the photograph, without the ink of other lines.

One warp takes a line from the photograph to its crop: no picture is resampled twice. Ink that
belongs to other lines is painted over with paper.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.image import Gray
from edge_runtime.line_finder import FoundLines, TextLine
from edge_runtime.page_ink import PageInk
from edge_runtime.page_plane import Plane

Floats = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]
Pixels = npt.NDArray[Any]

_ABOVE: Final = (1.5, 0.3, 3.2)
"""Rows above the middle: at least, beyond the highest ink, at most. Body heights."""
_BELOW: Final = (1.3, 0.3, 2.6)
"""The same below."""
_BESIDE: Final = 0.6
"""Columns before the first and after the last ink, body heights."""
_BENT: Final = 0.25
"""A line whose parabola leaves the straight by more is straightened, body heights."""
_LONG: Final = 12.0
"""Shorter lines are taken for straight, body heights."""
_PAPER: Final = 240
"""Brightness of the paper in crops: shades are taken out with the page's own paper."""
_OWN_RULE: Final = (0.9, 1.1)
"""Rules further above and below the middle are those of other lines, body heights."""


@dataclass(frozen=True)
class LineWarp:
    """The way from the pixels of a line's crop to the flattened page."""

    size: tuple[int, int]
    """Width and height of the crop."""
    to_page: Matrix
    """From the crop's pixels to the page's, were the line straight, float64 (3, 3)."""
    above: float
    """Row of the line's middle in the crop."""
    bend: Floats | None
    """Rows of the page by which the line leaves the straight at each column; None if hardly."""

    def sample(self, source: Pixels, from_page: Matrix, way: int) -> Pixels:
        """Cut the line out of the page, or of anything that the page maps to.

        Args:
            source: uint8 or int16 (h, w).
            from_page: homography from the page to ``source``.
            way: ``cv2.INTER_LINEAR`` or ``cv2.INTER_NEAREST``.
        """
        border = cv2.BORDER_CONSTANT if way == cv2.INTER_NEAREST else cv2.BORDER_REPLICATE
        if self.bend is None:
            flags = way | cv2.WARP_INVERSE_MAP
            matrix = from_page @ self.to_page
            return cv2.warpPerspective(source, matrix, self.size, flags=flags, borderMode=border)
        width, height = self.size
        columns, rows = np.meshgrid(np.arange(width), np.arange(height))
        points = np.stack([columns, rows, np.ones_like(rows)]).reshape(3, -1)
        on_page = self.to_page @ points
        on_page[1] += np.tile(self.bend, height)
        x, y, depth = from_page @ on_page
        maps = ((v / depth).astype(np.float32).reshape(height, width) for v in (x, y))
        return cv2.remap(source, *maps, interpolation=way, borderMode=border)

    def corners(self) -> Floats:
        """Corners of the crop on the page, float32 (4, 2), clockwise from the top left."""
        width, height = self.size
        ends = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64) - 0.5
        return np.asarray(cv2.perspectiveTransform(ends[None], self.to_page)[0], np.float32)


def line_warp(line: TextLine, scale: float) -> LineWarp:
    """The crop around a line of the page, with some paper on all sides.

    Args:
        line: the line.
        scale: pixels of the crop to a pixel of the page.
    """
    body = line.ridge.body
    columns = np.linspace(line.left, line.right, 24)
    rows = line.ridge.row_at(columns).astype(np.float64)
    slope, middle = 0.0, float(np.median(rows))
    if line.right - line.left > 3.0 * body:
        slope, middle = (float(v) for v in np.polyfit(columns, rows, 1))
    left, right = line.left - _BESIDE * body, line.right + _BESIDE * body
    above, below = _reach(line.above, body, _ABOVE), _reach(line.below, body, _BELOW)
    size = (max(1, round((right - left) * scale)), max(1, round((above + below) * scale)))
    step = 1.0 / scale
    top = middle + slope * left - above
    to_page = np.array([[step, 0.0, left], [slope * step, step, top], [0.0, 0.0, 1.0]])
    return LineWarp(size, to_page, above * scale, _bend(line, slope, middle, left + np.arange(size[0]) * step))


def _reach(ink: float, body: float, limits: tuple[float, float, float]) -> float:
    least, beyond, most = limits
    return min(max(least * body, ink + beyond * body), most * body)


def _bend(line: TextLine, slope: float, middle: float, columns: Pixels) -> Floats | None:
    """How far the line's parabola leaves the straight at some columns.

    Nothing finer is followed: ridges also go up where there are more capitals.
    """
    body, length = line.ridge.body, line.right - line.left
    if length < _LONG * body:
        return None
    at = np.linspace(line.left, line.right, 48)
    offsets = line.ridge.row_at(at).astype(np.float64) - (middle + slope * at)
    curve = np.polynomial.Polynomial.fit(at, offsets, 2)
    bend = curve(np.clip(columns, line.left, line.right))
    return np.asarray(bend, np.float32) if np.abs(bend).max() > _BENT * body else None


def cut_line(
    picture: Gray, plane: Plane, ink: PageInk, found: FoundLines, number: int, warp: LineWarp
) -> Gray:
    """Cut one line out of the photograph and hide the ink and the ruled lines of the others.

    Args:
        picture: the photograph, uint8 (h, w).
        plane: how the page lies in it.
        ink: the ink of the page.
        found: its lines.
        number: this line's position in ``found``.
        warp: the crop.

    Returns:
        uint8 (h, w), the line level in it.
    """
    crop = np.asarray(warp.sample(picture, plane.to_picture, cv2.INTER_LINEAR), np.uint8)
    owners = warp.sample(found.owner, np.eye(3), cv2.INTER_NEAREST)
    foreign = ((owners != 0) & (owners != number + 1)).astype(np.uint8)
    foreign |= warp.sample(found.borders, np.eye(3), cv2.INTER_NEAREST)
    rules = warp.sample(ink.level, np.eye(3), cv2.INTER_NEAREST)
    if rules.any():
        scale, body = 1.0 / warp.to_page[0, 0], found.lines[number].ridge.body
        first, last = (round(warp.above + side * body * scale) for side in (-_OWN_RULE[0], _OWN_RULE[1]))
        foreign[: max(0, first)] |= rules[: max(0, first)]
        foreign[last:] |= rules[last:]
    bare = warp.sample(ink.paper, np.eye(3), cv2.INTER_LINEAR)
    crop = np.asarray(cv2.divide(crop, bare, scale=_PAPER), np.uint8)
    if not foreign.any():
        return crop
    reach = 2 * round(1.0 / warp.to_page[0, 0]) + 1
    near = cv2.dilate(foreign, np.ones((reach, reach), np.uint8))
    hidden = (near > 0) & (owners != number + 1)
    return np.where(hidden, np.uint8(_PAPER), crop)
