"""Glyphs of a font as distance fields, split into letter body and marks.

Fields, not pictures: the distance to the outline and the distance to the pen's centre line let a
line be drawn with any stroke width, and survive rotation and scaling. Marks are separate pieces,
because pens put them down separately and often a little off.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from train.synth.fonts import can_draw
from train.synth.thinning import centre_line

Field = NDArray[np.uint8]
Mask = NDArray[np.uint8]

EM = 64
"""Pixels per em of the stored fields."""
REACH = 8.0
"""Distances are stored between -REACH and REACH pixels ..."""
STEP = 1.0 / 16.0
"""... in steps of 1/16 pixel."""

_WORK = 2
"""Glyphs are analysed at this multiple of ``EM``."""
_DOT = 5
"""Centre lines of at most this many pixels are dots."""
_MARGIN = 2 * int(REACH) + 2
_HORN = "\u031b"
_HIGH_EXIT, _NO_EXIT = "bovwrơ", "gjpqsxy"
_DOTLESS = {"i": "\u0131", "j": "\u0237"}


@dataclass(frozen=True)
class Piece:
    """A connected part of a glyph that the pen puts down on its own.

    ``outline`` is the signed distance to the shape (negative inside), ``centre`` the distance to
    its centre line; both uint8 (h, w), see ``decode``. ``x``, ``y``: where the top left pixel
    lies, in pixels right of the pen position and below the baseline.
    """

    outline: Field
    centre: Field
    x: float
    y: float
    is_mark: bool
    is_dot: bool = False
    """Whether the centre line is a point; pens press dots harder than lines."""


@dataclass(frozen=True)
class Glyph:
    """A letter: its pieces and its measures, all in pixels at ``EM`` pixels per em."""

    pieces: tuple[Piece, ...]
    advance: float
    left: float
    right: float
    top: float
    """Of the body without marks; negative above the baseline."""
    bottom: float
    entry: tuple[float, float] | None = None
    """Where a joining stroke from the letter before ends; None if the letter is not joined."""
    exit: tuple[float, float] | None = None
    """Where a joining stroke to the next letter begins."""


def decode(field: Field) -> NDArray[np.float32]:
    """Stored field to distances in pixels, float32."""
    return field.astype(np.float32) * np.float32(STEP) - np.float32(REACH)


def split_letter(symbol: str) -> tuple[str, str]:
    """Body and marks of a letter: ``ộ`` is (``o``, dot and circumflex), ``ờ`` is (``ơ``, grave)."""
    parts = unicodedata.normalize("NFD", symbol)
    base, marks = parts[0], list(parts[1:])
    if _HORN in marks:
        base = unicodedata.normalize("NFC", base + _HORN)
        marks.remove(_HORN)
    return base, "".join(marks)


class GlyphSource:
    """Glyphs of one font, computed when first needed."""

    def __init__(self, path: Path) -> None:
        """Open the font; ``unit`` is its height of a lower-case body in field pixels."""
        self._font = ImageFont.truetype(str(path), EM * _WORK, layout_engine=ImageFont.Layout.BASIC)
        self._cache: dict[str, Glyph] = {}
        self._has: dict[str, bool] = {}
        self.unit = self._body_height()

    def has(self, symbol: str) -> bool:
        """Whether the font can draw the character."""
        if symbol not in self._has:
            self._has[symbol] = can_draw(self._font, symbol)
        return self._has[symbol]

    def dotless(self, body: str) -> str:
        """The body that carries marks above: i without its dot, if the font has it."""
        plain = _DOTLESS.get(body, body)
        return plain if self.has(plain) else body

    def glyph(self, symbol: str) -> Glyph:
        """The glyph of one character."""
        if symbol not in self._cache:
            self._cache[symbol] = self._make(symbol)
        return self._cache[symbol]

    def _body_height(self) -> float:
        """Mostly the height of x, with a share of the capitals', so that scripts stay in bounds."""
        x, capital = (-self._font.getbbox(s, anchor="ls")[1] / _WORK for s in "xH")
        return float(max(0.65 * x + 0.35 * 0.6 * capital, 2.0))

    def _make(self, symbol: str) -> Glyph:
        body, marks = split_letter(symbol)
        above = any(unicodedata.combining(m) == 230 for m in marks)
        if above or symbol in _DOTLESS:
            body = self.dotless(body)
        whole, origin = self._mask(symbol, body)
        base, _ = self._mask(body, symbol)
        parts = [(whole, False)]
        if body != symbol:
            parts = _separate(whole, base, self.unit * _WORK, -origin[1])
        pieces = tuple(_piece(mask, origin, mark) for mask, mark in parts if mask.any())
        advance = self._font.getlength(symbol) / _WORK
        box = _bounds(parts[0][0], origin) if parts[0][0].any() else (0.0, 0.0, 0.0, 0.0)
        ends = _ends(pieces[0], self.unit, body) if body.islower() and pieces else (None, None)
        return Glyph(pieces, advance, *box, *ends)

    def _mask(self, symbol: str, other: str) -> tuple[Mask, tuple[int, int]]:
        """The symbol (1 inside) in a frame that holds ``other`` too, and the frame's corner."""
        boxes = [self._font.getbbox(s, anchor="ls") for s in (symbol, other)]
        left = int(np.floor(min(b[0] for b in boxes))) - _MARGIN
        top = int(np.floor(min(b[1] for b in boxes))) - _MARGIN
        width = int(np.ceil(max(b[2] for b in boxes))) + _MARGIN - left
        height = int(np.ceil(max(b[3] for b in boxes))) + _MARGIN - top
        frame: Mask = np.zeros((height + height % 2, width + width % 2), np.uint8)
        ink, (dx, dy) = self._font.getmask2(symbol, mode="L", anchor="ls")
        w, h = ink.size
        if w and h:
            pixels = np.frombuffer(bytes(ink), np.uint8).reshape(h, w)
            frame[dy - top : dy - top + h, dx - left : dx - left + w] = pixels > 48
        return frame, (left, top)


def _separate(whole: Mask, base: Mask, unit: float, baseline: int) -> list[tuple[Mask, bool]]:
    """Body and marks of a composed glyph; the glyph in one piece if the body is not found in it.

    What differs between the top of the body and the baseline (row ``baseline``) is no mark but a
    slightly other drawing of the body.
    """
    body_area = int(base.sum())
    if body_area == 0 or int((whole & base).sum()) < 0.85 * body_area:
        return [(whole, False)]
    near = cv2.dilate(base, np.ones((5, 5), np.uint8))
    rest = np.asarray(whole * (near == 0), np.uint8)
    count, labels, stats, middles = cv2.connectedComponentsWithStats(rest, connectivity=8)
    top = int(np.flatnonzero(base.any(axis=1))[0]) + 0.12 * unit
    marks: list[tuple[Mask, bool]] = []
    for i in range(1, count):
        beside = top < middles[i][1] < baseline
        if stats[i, cv2.CC_STAT_AREA] >= 20 and not beside:
            grown = cv2.dilate((labels == i).astype(np.uint8), np.ones((7, 7), np.uint8))
            marks.append((np.asarray(whole * (grown > 0) * (base == 0), np.uint8), True))
    return [(base, False), *marks]


def _bounds(mask: Mask, origin: tuple[int, int]) -> tuple[float, float, float, float]:
    """Left, right, top, bottom of the ink in field pixels relative to the pen position."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    left, right = columns[0] + origin[0], columns[-1] + 1 + origin[0]
    top, bottom = rows[0] + origin[1], rows[-1] + 1 + origin[1]
    return left / _WORK, right / _WORK, top / _WORK, bottom / _WORK


def _piece(mask: Mask, origin: tuple[int, int], is_mark: bool) -> Piece:
    """Distance fields of a mask, cut to what lies within reach of the ink."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = (max(int(v[0]) - _MARGIN, 0) // 2 * 2 for v in (rows, columns))
    cut = mask[top : rows[-1] + 1 + _MARGIN, left : columns[-1] + 1 + _MARGIN]
    cut = np.pad(cut, ((0, cut.shape[0] % 2), (0, cut.shape[1] % 2)))
    outside = _distance(1 - cut)
    outline = outside - _distance(cut) - np.where(cut, -0.5, 0.5)
    line = centre_line(cut)
    centre = _distance(np.asarray(1 - line, np.uint8))
    x, y = (left + origin[0]) / _WORK, (top + origin[1]) / _WORK
    return Piece(_encode(outline), _encode(centre), x, y, is_mark, int(line.sum()) <= _DOT)


def _ends(
    piece: Piece, unit: float, body: str
) -> tuple[tuple[float, float] | None, tuple[float, float] | None]:
    """Entry and exit of a small letter, both on its centre line."""
    rows, columns = np.nonzero(decode(piece.centre) < 0.6)
    x, y = columns + piece.x, rows + piece.y
    low, high = (-1.1, -0.5) if body in _HIGH_EXIT else (-0.45, 0.12)
    out = (y > low * unit) & (y < high * unit)
    into = (y > -0.9 * unit) & (y < -0.3 * unit)
    exit_at, entry_at = None, None
    if out.any() and body not in _NO_EXIT:
        fall = 0.0 if body in _HIGH_EXIT else 0.5  # the foot of a stem, not its middle
        last = int(np.argmax(np.where(out, x + fall * y, -np.inf)))
        exit_at = (float(x[last]), float(y[last]))
    if into.any():
        first = int(np.argmin(np.where(into, x, np.inf)))
        entry_at = (float(x[first]), float(y[first]))
    return entry_at, exit_at


def _distance(mask: Mask) -> NDArray[np.float64]:
    return np.asarray(
        cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), dtype=np.float64
    )


def _encode(distance: NDArray[np.float64]) -> Field:
    half = cv2.resize(distance, None, fx=1 / _WORK, fy=1 / _WORK, interpolation=cv2.INTER_AREA)
    scaled = np.rint((half / _WORK + REACH) / STEP)
    return np.clip(scaled, 0, 255).astype(np.uint8)


@lru_cache(maxsize=256)
def glyph_source(path: Path) -> GlyphSource:
    """The process-wide glyph source of a font file."""
    return GlyphSource(path)
