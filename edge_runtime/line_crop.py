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
"""A line that leaves the straight by more is straightened, body heights."""
_LONG: Final = 12.0
"""Shorter lines are taken for straight, body heights."""
_SAMPLES: Final = 24
_BOW: Final = np.polynomial.Legendre([0.0, 0.0, 1.0])
_PARABOLA: Final = np.linalg.pinv(
    np.polynomial.legendre.legvander(np.linspace(-1.0, 1.0, _SAMPLES), 2)
)
"""Least squares for middle, slope and bow of a line, as Legendre polynomials over its length.
Nothing finer is followed: ridges also go up where there are more capitals."""
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
    at = np.linspace(line.left, line.right, _SAMPLES)
    middle, tilt, bow = (float(v) for v in _PARABOLA @ line.ridge.rows_at(at).astype(np.float64))
    half = max((line.right - line.left) / 2, 0.5)
    slope = tilt / half if half > 1.5 * body else 0.0
    left, right = line.left - _BESIDE * body, line.right + _BESIDE * body
    above, below = _reach(line.above, body, _ABOVE), _reach(line.below, body, _BELOW)
    size = (max(1, round((right - left) * scale)), max(1, round((above + below) * scale)))
    step = 1.0 / scale
    top = middle - slope * (half + _BESIDE * body) - above
    to_page = np.array([[step, 0.0, left], [slope * step, step, top], [0.0, 0.0, 1.0]])
    bend = None
    if half > 0.5 * _LONG * body and abs(bow) > _BENT * body:
        along = (left - line.left - half + np.arange(size[0]) * step) / half
        bend = (bow * _BOW(np.clip(along, -1.0, 1.0))).astype(np.float32)
    return LineWarp(size, to_page, above * scale, bend)


def _reach(ink: float, body: float, limits: tuple[float, float, float]) -> float:
    least, beyond, most = limits
    return min(max(least * body, ink + beyond * body), most * body)


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
    bare = warp.sample(ink.paper, np.eye(3), cv2.INTER_LINEAR)
    crop = np.asarray(cv2.divide(crop, bare, scale=_PAPER), np.uint8)
    owners = warp.sample(found.owner, np.eye(3), cv2.INTER_NEAREST)
    own = owners == number + 1
    foreign = ((owners != 0) & ~own).astype(np.uint8)
    foreign |= warp.sample(found.borders, np.eye(3), cv2.INTER_NEAREST)
    scale = 1.0 / warp.to_page[0, 0]
    rules = warp.sample(ink.level, np.eye(3), cv2.INTER_NEAREST)
    reach = found.lines[number].ridge.body * scale
    first, last = round(warp.above - _OWN_RULE[0] * reach), round(warp.above + _OWN_RULE[1] * reach)
    foreign[: max(0, first)] |= rules[: max(0, first)]
    foreign[last:] |= rules[last:]
    if foreign.any():
        near = cv2.dilate(foreign, np.ones((2 * round(scale) + 1,) * 2, np.uint8))
        crop[(near > 0) & ~own] = _PAPER
    return crop
