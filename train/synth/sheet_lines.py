"""Lines of handwriting cut out of their pictures, ready to be laid onto a sheet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_runtime.errors import DataError
from edge_runtime.preprocess import subtract_paper
from edge_runtime.textbody import find_body, ink_mask, ruled_lines, text_mask

Generator = np.random.Generator
Gray = NDArray[np.uint8]

_HEIGHT = 128
"""Pictures are reduced to this height: what finds the text expects about so many rows."""
_RULE = (0.25, 0.2)
"""A horizontal rule is longer than this share of the picture's width, and no higher than this share
of its height. Shorter ones are strokes of letters; to take them out costs one letter in a
hundred."""
_BORDER = (0.95, 0.2)
"""An upright border is higher than this share of the height, and no wider than this one."""
_CROSSING = 9
"""A rule stays where letters stand above and below it within so many rows: they cross it there."""
_FAINT = 4
"""Grey levels above the paper's grain from which on something may be a faint stroke."""
_NEXT_CELL = 4.0
"""A gap of this many body heights ends the text: beyond it the next cell of a form begins."""


@dataclass(frozen=True)
class InkLine:
    """One line's ink, and where its text stands in it."""

    text: str
    name: str
    whole: Gray
    """The picture with its paper made 255, borders and neighbours included, uint8 (h, w)."""
    clean: Gray
    """Its letters alone, 255 where there is paper, uint8 (h, w)."""
    ink: Gray
    """1 where a letter's ink is, uint8 (h, w)."""
    columns: tuple[int, int]
    """First and past-the-last column of the text."""
    body: float
    """Rows between the 10th and the 90th percentile of the ink, pixels."""
    middle: float
    """Row of the text's median ink, pixels."""

    @property
    def length(self) -> float:
        """Width of the text in body heights."""
        return (self.columns[1] - self.columns[0]) / self.body


def cut_ink(picture: Gray, text: str, name: str = "") -> InkLine | None:
    """Cut the ink of one line out of its picture, uint8 (h, w); None where there is no text."""
    gray = picture
    if gray.shape[0] > _HEIGHT:
        width = max(1, round(gray.shape[1] * _HEIGHT / gray.shape[0]))
        gray = np.asarray(cv2.resize(gray, (width, _HEIGHT), interpolation=cv2.INTER_AREA))
    darkness = subtract_paper(gray)
    mask = text_mask(darkness)
    if int(mask.sum()) < 20:
        return None
    body = find_body(darkness)
    left, right = _main_part(mask, body.height)
    mask[:, :left] = 0
    mask[:, right:] = 0
    paper = cv2.add(gray, darkness).astype(np.float32)
    grain = np.float32(np.median(darkness) + 2.0)
    share = np.maximum(darkness - grain, 0.0) / np.maximum(paper, 1.0)
    letters = np.clip(255.0 * (1.0 - share), 0, 255).astype(np.uint8)
    clean = np.where(_is_written(darkness, mask), letters, np.uint8(255))
    whole = np.clip(gray * (255.0 / np.percentile(gray, 90)), 0, 255).astype(np.uint8)
    middle = float(body.center(np.array([(left + right) / 2], np.float32))[0])
    return InkLine(text, name, whole, clean, mask, (left, right), body.height, middle)


def _is_written(darkness: Gray, mask: Gray) -> NDArray[np.bool_]:
    """Where a picture has ink of its line, faint strokes too: bool (h, w).

    Only what is certainly of something else is left out: rules, borders, tails of the rows above
    and below, bare paper. To keep just what is certainly of letters breaks their strokes.

    Args:
        darkness: relative to the paper, uint8 (h, w).
        mask: 1 where there is certainly a letter, uint8 (h, w).
    """
    rules = _rules(darkness)
    crossed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((_CROSSING, 3), np.uint8))
    own = cv2.dilate(crossed, np.ones((3, 3), np.uint8)) > 0
    strong = (ink_mask(darkness) > 0) & ~rules
    tails = _tails(strong.astype(np.uint8))
    others = cv2.dilate((strong & ~tails).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    near_tails = cv2.dilate(tails.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    faint = (darkness > np.median(darkness) + _FAINT).astype(np.uint8)
    strokes = cv2.morphologyEx(faint, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    inked = cv2.dilate(strokes, np.ones((5, 5), np.uint8)) > 0
    return np.asarray(inked & ~(rules & ~own) & ~(near_tails & ~others), np.bool_)


def _rules(darkness: Gray) -> NDArray[np.bool_]:
    """Ruled lines and borders of cells, bool (h, w)."""
    rows, columns = darkness.shape
    ruled = ruled_lines(ink_mask(darkness))
    # Apart from one another: a rule that ends at a border is one piece of ink with it.
    opened = cv2.morphologyEx(ruled, cv2.MORPH_OPEN, np.ones((rows // 2, 1), np.uint8))
    upright = np.asarray(opened, np.uint8)
    wide, low = _RULE[0] * columns, _RULE[1] * rows
    high, thin = _BORDER[0] * rows, _BORDER[1] * rows
    flat = ruled & (1 - upright)
    return _of_size(flat, (wide, columns), (0, low)) | _of_size(upright, (0, thin), (high, rows))


def _of_size(
    mask: Gray, widths: tuple[float, float], heights: tuple[float, float]
) -> NDArray[np.bool_]:
    """The pieces of a mask that are wider and higher than the least and no more than the most."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    width, height = stats[:, 2], stats[:, 3]
    fits = (width > widths[0]) & (width <= widths[1])
    fits &= (height > heights[0]) & (height <= heights[1])
    fits[0] = False
    return np.asarray(fits[labels], np.bool_)


def _tails(ink: Gray) -> NDArray[np.bool_]:
    """Ink that reaches in from the rows above and below, as for ``text_strokes``, bool (h, w)."""
    rows = ink.shape[0]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink)
    top, bottom = stats[:, 1], stats[:, 1] + stats[:, 3]
    is_tail = ((top <= 1) & (bottom < 0.3 * rows)) | ((bottom >= rows - 1) & (top > 0.75 * rows))
    is_tail[0] = False
    return np.asarray(is_tail[labels], np.bool_)


def _main_part(mask: Gray, body: float) -> tuple[int, int]:
    """First and past-the-last column of the text; what stands far off is the next cell's."""
    inked = np.flatnonzero(mask.any(axis=0))
    parts = np.split(inked, np.flatnonzero(np.diff(inked) > _NEXT_CELL * body) + 1)
    most = max(parts, key=lambda part: int(mask[:, part].sum()))
    margin = round(0.25 * body)
    return max(0, int(most[0]) - margin), min(mask.shape[1], int(most[-1]) + 1 + margin)


class LinePool:
    """Lines to choose from by their length.

    Raises:
        DataError: there is no line with text.
    """

    def __init__(self, lines: Iterable[InkLine]) -> None:
        self.lines: Sequence[InkLine] = sorted(lines, key=lambda line: (line.length, line.name))
        if not self.lines:
            raise DataError("no line with text to lay onto a sheet")
        self._lengths = np.array([line.length for line in self.lines])

    def draw(self, longest: float, rng: Generator, shortest: float = 0.0) -> InkLine:
        """A line that is ``shortest`` to ``longest`` body heights wide, or the nearest to that."""
        low, high = np.searchsorted(self._lengths, (shortest, longest))
        if high <= low:
            return self.lines[max(0, int(high) - 1)]
        return self.lines[int(rng.integers(low, high))]
