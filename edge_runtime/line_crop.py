"""Pictures of single lines, cut straight from the photograph, without the ink of other lines.

One warp takes a line from the photograph to its crop, enlarged where the line is small. Ink that
belongs to other lines is painted over with paper, and the tone evened out.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.crop_tone import PAPER, even_tone
from edge_runtime.image import Gray
from edge_runtime.line_finder import FoundLines, TextLine
from edge_runtime.page_ink import PageInk
from edge_runtime.page_plane import Plane
from edge_runtime.strips import perspective_strips

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.uint8]
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
_SHARPEN: Final = 0.75
"""Pictures are sharpened by so much of their difference from a blur over three pixels, and then
enlarged linearly. Half-way between pixels this gives what cubic interpolation does (in OpenCV, with
a = -0.75), at half the cost; lines that are enlarged linearly alone are read worse by 0.2 points
of CER."""
_ROWS: Final = 96
"""Crops that are lower are enlarged to this height: reading begins with a reduction to it, and what
follows was made for it. Pixels."""
_LARGEST: Final = 3.0
"""They are not enlarged by more than this."""
_SMALL: Final = 10.0
"""Text with lower bodies is small, pixels of the page."""
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

    def from_picture(self, picture: Gray, to_picture: Matrix) -> Gray:
        """Cut the line out of the photograph, uint8 (h, w) of ``size``.

        Args:
            picture: the photograph.
            to_picture: homography from the page to it.
        """
        part = self._in_picture(picture, to_picture)
        left, top = part[1].start, part[0].start
        sharp = _sharpened(picture[part])
        to_part = np.array([[1.0, 0.0, -left], [0.0, 1.0, -top], [0.0, 0.0, 1.0]]) @ to_picture
        if self.bend is None:
            return perspective_strips(sharp, to_part @ self.to_page, self.size)
        columns, rows = self._on_page(1)
        x, y, depth = (row[0] * columns + row[1] * rows + row[2] for row in to_part)
        x, y = (x / depth).astype(np.float32), (y / depth).astype(np.float32)
        crop = cv2.remap(sharp, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(crop, np.uint8)

    def from_page(self, values: Pixels, step: int, way: int) -> Pixels:
        """Cut the line out of something that lies over the page, at a part of the size.

        Args:
            values: uint8 or int16, of the page's size.
            step: every how many pixels of the crop a sample is taken.
            way: ``cv2.INTER_LINEAR`` or ``cv2.INTER_NEAREST``.
        """
        border = cv2.BORDER_CONSTANT if way == cv2.INTER_NEAREST else cv2.BORDER_REPLICATE
        if self.bend is None:
            matrix = self.to_page[:2] @ np.diag([step, step, 1.0])
            size = (-(-self.size[0] // step), -(-self.size[1] // step))
            flags = way | cv2.WARP_INVERSE_MAP
            return cv2.warpAffine(values, matrix, size, flags=flags, borderMode=border)
        columns, rows = (c.astype(np.float32) for c in self._on_page(step))
        return cv2.remap(values, columns, rows, way, borderMode=border)

    def _on_page(self, step: int) -> tuple[Pixels, Pixels]:
        """Column and row on the page of every ``step``-th pixel of the crop."""
        across, down = (np.arange(0, side, step) for side in self.size)
        columns = self.to_page[0, 0] * across + self.to_page[0, 2]
        bend = 0.0 if self.bend is None else self.bend[::step]
        middle = self.to_page[1, 0] * across + self.to_page[1, 2] + bend
        rows = middle[None, :] + self.to_page[1, 1] * down[:, None]
        return np.broadcast_to(columns, rows.shape), rows

    def _in_picture(self, picture: Gray, to_picture: Matrix) -> tuple[slice, slice]:
        """Rows and columns of the picture that the crop shows, and two more on each side."""
        corners = self.corners().astype(np.float64)
        if self.bend is not None:
            low, high = float(self.bend.min()), float(self.bend.max())
            corners[:2, 1] += low
            corners[2:, 1] += high
        seen = cv2.perspectiveTransform(corners[None], to_picture)[0]
        limits = np.array(picture.shape[::-1])
        low = np.clip(np.floor(seen.min(axis=0)) - 2, 0, limits - 1).astype(int)
        high = np.clip(np.ceil(seen.max(axis=0)) + 3, low + 1, limits).astype(int)
        return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))

    def corners(self) -> Floats:
        """Corners of the crop on the page, float32 (4, 2), clockwise from the top left."""
        width, height = self.size
        ends = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64) - 0.5
        return np.asarray(cv2.perspectiveTransform(ends[None], self.to_page)[0], np.float32)


def _sharpened(seen: Gray) -> Gray:
    """A part of the picture, sharpened as much as linear interpolation blurs."""
    soft = cv2.GaussianBlur(seen, (3, 3), 0, borderType=cv2.BORDER_REPLICATE)
    sharp = cv2.addWeighted(seen, 1.0 + _SHARPEN, soft, -_SHARPEN, 0.0)
    return np.asarray(sharp, np.uint8)


def line_warp(line: TextLine, scale: float) -> LineWarp:
    """The crop around a line of the page, with some paper on all sides.

    Args:
        line: the line.
        scale: pixels of the picture to a pixel of the page.
    """
    body = line.ridge.body
    at = np.linspace(line.left, line.right, _SAMPLES)
    middle, tilt, bow = (float(v) for v in _PARABOLA @ line.ridge.rows_at(at).astype(np.float64))
    half = max((line.right - line.left) / 2, 0.5)
    slope = tilt / half if half > 1.5 * body else 0.0
    left, right = line.left - _BESIDE * body, line.right + _BESIDE * body
    above, below = _reach(line.above, body, _ABOVE), _reach(line.below, body, _BELOW)
    scale *= min(max(1.0, _ROWS / ((above + below) * scale)), _LARGEST)
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
) -> tuple[Gray, Mask]:
    """Cut one line out of the photograph and hide the ink and the ruled lines of the others.

    Args:
        picture: the photograph, uint8 (h, w).
        plane: how the page lies in it.
        ink: the ink of the page.
        found: its lines.
        number: this line's position in ``found``.
        warp: the crop.

    Returns:
        The line, level, uint8 (h, w), and above 0 where something else was hidden, uint8 (h, w).
    """
    crop = warp.from_picture(picture, plane.to_picture)
    paper = warp.from_page(ink.paper, 4, cv2.INTER_LINEAR)
    # By a whole number, which costs an eighth of what other enlarging does.
    paper = cv2.resize(paper, None, fx=4, fy=4, interpolation=cv2.INTER_LINEAR)
    rows, columns = crop.shape
    crop = np.asarray(cv2.divide(crop, paper[:rows, :columns], scale=PAPER), np.uint8)
    # Every pixel of the page is looked at where letters are small, else two out of three will do.
    small = found.lines[number].ridge.body < _SMALL
    step = max(1, int(1.0 / warp.to_page[0, 0] + (0.0 if small else 0.5)))
    own, foreign = _own_and_foreign(ink, found, number, warp, step)
    bare = (cv2.dilate(own | foreign, np.ones((5, 5), np.uint8)) == 0).astype(np.uint8)
    crop = even_tone(crop, own, bare, step)
    hidden = _repeated(foreign * np.uint8(PAPER), step)[:rows, :columns]
    return np.asarray(cv2.max(crop, hidden), np.uint8), hidden


def _repeated(mask: Mask, step: int) -> Mask:
    """Each pixel ``step`` times in both directions, many times faster than with ``resize``."""
    rows, columns = mask.shape
    wide = cv2.merge([mask] * step).reshape(rows, columns * step)
    return np.asarray(np.repeat(wide, step, axis=0), np.uint8)


def _own_and_foreign(
    ink: PageInk, found: FoundLines, number: int, warp: LineWarp, step: int
) -> tuple[Mask, Mask]:
    """1 where the line's ink is, and where the crop is to be painted over.

    Both uint8, of every ``step``-th row and column of the crop.
    """
    owner = warp.from_page(found.owner, step, cv2.INTER_NEAREST)
    own = owner == number + 1
    foreign = ((owner != 0) & ~own).astype(np.uint8)
    if ink.has_level:
        rules = warp.from_page(ink.level, step, cv2.INTER_NEAREST)
        body = found.lines[number].ridge.body / warp.to_page[0, 0]
        first = max(0, round((warp.above - _OWN_RULE[0] * body) / step))
        last = round((warp.above + _OWN_RULE[1] * body) / step)
        foreign[:first] |= rules[:first]
        foreign[last:] |= rules[last:]
    near = np.asarray(cv2.dilate(foreign, np.ones((3, 3), np.uint8)), np.uint8)
    near[own] = 0
    return own.astype(np.uint8), near
