"""Draws a layout into a field of distances to the ink (negative inside), float32 (h, w)."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from train.synth import strokes
from train.synth.glyphs import REACH, Piece, decode
from train.synth.hand import Hand
from train.synth.layout import Layout, Letter
from train.synth.strokes import Canvas, Points

Generator = np.random.Generator
Matrix = NDArray[np.float64]

FAR = 6.0
"""Value of the field away from ink, pixels."""
_SHAPE_MARKS = strokes.CIRCUMFLEX + strokes.BREVE
_DOT_PRESSURE, _DOT_LIFT = 1.8, -0.08
"""Radius of a dot against the pen's, and how far dots below stand off the font's place."""
_MIDDLE_PEN = 0.06


@dataclass(frozen=True)
class Frame:
    """Where a line stands in its picture, in pixels."""

    height: int
    width: int
    x: float
    """Pen position of the first letter."""
    baseline: float
    body: float
    """Height of a lower-case body."""
    condense: float = 1.0
    """Horizontal scale beyond the writer's own, when a text must fit."""


class LinePen:
    """Draws letters of one writer in one frame."""

    def __init__(self, hand: Hand, frame: Frame, rng: Generator) -> None:
        """Start with an empty field."""
        self.hand, self.frame, self._rng = hand, frame, rng
        self.field: Canvas = np.full((frame.height, frame.width), FAR, np.float32)
        self._radius = hand.pen * frame.body
        knots = max(int(frame.width / (12 * frame.body)), 1) + 3
        self._wander = rng.normal(0.0, hand.wander, knots)

    def write(self, layout: Layout) -> None:
        """Draw all letters."""
        before: Points | None = None
        for letter in layout.letters:
            entry, leave = self._letter(letter)
            if letter.joined and before is not None and entry is not None:
                self._join(before, entry)
            before = leave

    def strike(self, begin: float, end: float) -> None:
        """Scribble over the stretch from ``begin`` to ``end`` (body heights, as in the layout)."""
        turns = int(self._rng.integers(3, 9))
        t = np.linspace(begin, end, 2 * turns)
        side = np.where(np.arange(2 * turns) % 2 == 0, -0.1, -1.0)
        y = side * self._rng.uniform(0.5, 1.1) + self._rng.normal(0.0, 0.12, 2 * turns)
        x = (t - begin) / self.hand.stretch + self._rng.normal(0.0, 0.15, 2 * turns)
        self._stroke(np.stack([x, y], axis=1), (begin, 0.0), self._matrix(0.0, 1.0, 1.0))

    def _join(self, begin: Points, end: Points) -> None:
        """A stroke from one letter's exit to the next one's entry, if they lie as for one."""
        gap = float(end[0] - begin[0])
        if 0.05 * self.frame.body < gap < 0.7 * self.frame.body:
            bend = np.array([begin[0] + 0.6 * gap, begin[1] + 0.04 * self.frame.body])
            t = np.linspace(0.0, 1.0, 6)[:, None]
            curve = (1 - t) ** 2 * begin + 2 * t * (1 - t) * bend + t**2 * end
            strokes.stroke_distance(self.field, curve, self._radius, self._radius + 3.0)

    def _letter(self, letter: Letter) -> tuple[Points | None, Points | None]:
        """Draw one letter; where a joining stroke may enter and leave it, in pixels."""
        jitter = self.hand.jitter
        turn, wide, tall = self._rng.normal(0.0, (0.7 * jitter, 1.2 * jitter, 1.2 * jitter))
        matrix = self._matrix(turn, float(np.exp(wide)), float(np.exp(tall)))
        at = (letter.x, -letter.lift)
        for piece in letter.glyph.pieces:
            self._piece(piece, letter.unit, at, matrix)
        if letter.marks:
            self._marks(letter, at, matrix)
        origin, linear = np.array(self._origin(at)), matrix / letter.unit
        ends = (letter.glyph.entry, letter.glyph.exit)
        entry, leave = (None if end is None else origin + linear @ end for end in ends)
        return entry, leave

    def _matrix(self, turn: float, wide: float, tall: float) -> Matrix:
        """Body heights to pixels for one letter: stretch, slant, small turn."""
        across = self.frame.body * self.frame.condense * self.hand.stretch * wide
        up = self.frame.body * tall
        slant = self.hand.slant + 0.5 * turn
        return np.array([[across, -slant * up], [across * turn, up]])

    def _origin(self, at: tuple[float, float]) -> tuple[float, float]:
        """Pixel position of a pen position given in body heights."""
        frame = self.frame
        x = frame.x + at[0] * frame.body * frame.condense
        place = min(max(x / frame.width, 0.0), 1.0) * (len(self._wander) - 1)
        wander = float(np.interp(place, np.arange(len(self._wander)), self._wander))
        rise = wander * frame.body - self.hand.climb * (x - 0.4 * frame.width)
        baseline = min(frame.baseline + rise, frame.height + 0.05 * frame.body)
        return x, max(baseline, 1.1 * frame.body) + at[1] * frame.body

    def _piece(self, piece: Piece, unit: float, at: tuple[float, float], matrix: Matrix) -> None:
        if piece.is_mark:
            shift = self._rng.normal(self.hand.mark_shift * 0.6, 0.06)
            below = piece.y + REACH > -0.15 * unit
            lift = self._rng.normal(_DOT_LIFT if below else self.hand.mark_lift, 0.05)
            at = (at[0] + shift, at[1] - lift)
        linear = matrix / unit
        corner = np.array(self._origin(at)) + linear @ (piece.x + 0.5, piece.y + 0.5)
        height, width = piece.centre.shape
        corners = corner + np.array([(0, 0), (width, 0), (0, height), (width, height)]) @ linear.T
        left, top = np.floor(corners.min(axis=0)).astype(int)
        right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 1
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(right, self.frame.width), min(bottom, self.frame.height)
        if x0 >= x1 or y0 >= y1:
            return
        moved = np.column_stack([linear, corner - (x0 + 0.5, y0 + 0.5)])
        scale = float(np.sqrt(abs(np.linalg.det(linear))))
        near = _warp(self._value(piece, scale), moved, (x1 - x0, y1 - y0))
        region = self.field[y0:y1, x0:x1]
        np.minimum(region, near, out=region)

    def _value(self, piece: Piece, scale: float) -> NDArray[np.float32]:
        """Distance to the ink's edge in picture pixels, as this hand's pen draws the piece."""
        share = self.hand.outline
        distance = decode(piece.centre) * np.float32(scale)
        centre = distance - np.float32(self._radius * (_DOT_PRESSURE if piece.is_dot else 1.0))
        if share <= 0.0:
            return centre
        extra = 0.5 * (self.hand.pen - _MIDDLE_PEN) * self.frame.body
        outline = decode(piece.outline) * np.float32(scale) - np.float32(extra)
        mixed = share * outline + (1.0 - share) * centre
        hairline = distance - np.float32(max(0.6 * self._radius, 0.5))
        return np.asarray(np.minimum(mixed, hairline), np.float32)

    def _marks(self, letter: Letter, at: tuple[float, float], matrix: Matrix) -> None:
        """Draw the letter's marks by pen, the shape marks first, tones above or beside them."""
        hand, glyph, unit = self.hand, letter.glyph, letter.unit
        middle = (glyph.left + glyph.right) / 2 / unit
        clear = 0.18 + hand.pen + 0.12 * hand.mark_size + hand.mark_lift
        top = min(glyph.top / unit, -0.7) - clear
        over = 0.0
        for mark in sorted(letter.marks, key=lambda m: (m not in _SHAPE_MARKS, m)):
            size = hand.mark_size * float(self._rng.uniform(0.85, 1.15))
            shift = hand.mark_shift + float(self._rng.normal(0.0, 0.06))
            if mark == strokes.DOT:
                spot = (middle + 0.5 * shift, 0.33 + float(self._rng.normal(0.0, 0.06)))
            elif mark == strokes.HORN:
                spot = (glyph.right / unit + 0.02, glyph.top / unit + 0.02)
            elif over:
                beside = hand.tone_beside if hand.tone_beside > 0.2 else 0.0
                spot = (middle + shift + beside, top - (0.1 if beside else over))
            else:
                spot = (middle + shift, top)
            flat = min(hand.mark_flat + hand.marks_of.get(mark, 0.0) * hand.mark_flat, 1.0)
            shape = strokes.mark_strokes(mark, flat, float(self._rng.normal(0.0, 0.5))) * size
            turned = shape @ _rotation(hand.mark_turn + float(self._rng.normal(0.0, 0.08)))
            self._stroke(turned + spot, at, matrix, _DOT_PRESSURE if mark == strokes.DOT else 1.0)
            over = 0.33 if mark in _SHAPE_MARKS else over

    def _stroke(
        self, points: Points, at: tuple[float, float], matrix: Matrix, pressure: float = 1.0
    ) -> None:
        pixels, radius = points @ matrix.T + self._origin(at), self._radius * pressure
        strokes.stroke_distance(self.field, pixels, radius, radius + 3.0)


def _rotation(angle: float) -> Matrix:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, sin], [-sin, cos]])


def _warp(field: NDArray[np.float32], matrix: Matrix, size: tuple[int, int]) -> NDArray[np.float32]:
    return np.asarray(
        cv2.warpAffine(
            field,
            matrix,
            size,
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=REACH,
        ),
        np.float32,
    )
