"""From the picture of a page, form or label to its text lines, in reading order.

The sheet is found and laid flat (``page_plane``), its ink taken from the paper (``page_ink``) and
apart (``ink_pieces``), lines are found (``line_finder``), again with more of their ink where they
are faint (``faint_ink``), ordered (``line_order``) and cut out of the picture (``line_crop``).
Nothing here is learnt, and nothing but numpy and OpenCV is needed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from edge_runtime.faint_ink import with_faint_ink
from edge_runtime.image import Gray, opencv_errors
from edge_runtime.ink_pieces import find_pieces
from edge_runtime.line_crop import LineWarp, cut_line, line_warp
from edge_runtime.line_finder import find_text_lines
from edge_runtime.line_order import reading_order
from edge_runtime.page_ink import find_ink
from edge_runtime.page_plane import Plane, flatten

Box = tuple[int, int, int, int]
Quad = npt.NDArray[np.float32]
Mask = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class PageLine:
    """A text line of a picture."""

    box: Box
    """Upright rectangle around the crop in the picture: left, top, width, height, pixels."""
    quad: Quad
    """The crop's corners in the picture, float32 (4, 2), clockwise from its top left."""
    body: float
    """Height of its letters' bodies in the picture, pixels."""
    warp: LineWarp = field(repr=False)
    cut: Callable[[], tuple[Gray, Mask]] = field(repr=False)
    """Makes ``crop`` and ``hidden``. That costs as much as finding the line, and not all lines
    that are found are read: a camera's are known from earlier frames."""

    @property
    def crop(self) -> Gray:
        """The line alone, level, dark ink on light paper, uint8 (h, w); made when first used."""
        return self._cut_out[0]

    @property
    def hidden(self) -> Mask:
        """Above 0 where ink of other lines was painted over, uint8 (h, w) like ``crop``."""
        return self._cut_out[1]

    @cached_property
    def _cut_out(self) -> tuple[Gray, Mask]:
        with opencv_errors("its lines cannot be cut out"):
            return self.cut()


@dataclass(frozen=True)
class Page:
    """A picture and its lines in reading order."""

    size: tuple[int, int]
    """Width and height of the picture, pixels."""
    lines: tuple[PageLine, ...]
    plane: Plane = field(repr=False)


@opencv_errors("its lines cannot be found")
def find_lines(picture: Gray) -> Page:
    """Find the text lines of a page.

    Args:
        picture: uint8 (h, w), dark ink on lighter paper: a scan, or a photograph of a sheet that
            is turned by less than about 20 degrees. What the sheet lies on must be darker. Its
            pixels must stay as they are until the lines' crops are made.

    Returns:
        The lines; none for a blank page.

    Raises:
        ImageError: OpenCV fails; also where a line's crop is made.
    """
    plane = flatten(picture)
    ink = find_ink(plane.gray, plane.inside)
    found = find_text_lines(find_pieces(ink.letters), ink)
    more = with_faint_ink(ink, found)
    if more is not None:
        ink = replace(ink, letters=more)
        found = find_text_lines(find_pieces(more), ink)
    lines = []
    for position in reading_order(found.lines, ink.upright):
        line = found.lines[position]
        scale = plane.scale_at((line.left + line.right) / 2, line.middle)
        warp = line_warp(line, scale)
        cut = partial(cut_line, picture, plane, ink, found, position, warp)
        quad = plane.in_picture(warp.corners())
        box = _box(quad, picture.shape)
        lines.append(PageLine(box, quad, line.ridge.body * scale, warp, cut))
    return Page((picture.shape[1], picture.shape[0]), tuple(lines), plane)


def _box(quad: Quad, shape: tuple[int, ...]) -> Box:
    """The part of the picture that holds a quadrangle."""
    limits = np.array([shape[1], shape[0]])
    low = np.clip(np.floor(quad.min(axis=0)), 0, limits - 1).astype(int)
    high = np.clip(np.ceil(quad.max(axis=0)), low + 1, limits).astype(int)
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])
