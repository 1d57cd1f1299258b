"""From a grey page to its ink: shading taken off, a threshold from the paper's own noise, no rules.

Ruled lines and cell borders are taken out of the mask that lines are searched in. The picture that
is read keeps them: what removes a rule also damages the letters that touch it.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.image import Gray
from edge_runtime.preprocess import Ink

Mask = npt.NDArray[np.uint8]

_RULE_RATIO: Final = 20.0
"""A rule is at least this much longer than thick; the longest bar of a letter is below 12."""
_WINDOW: Final = 9
"""What is this wide in both directions is no stroke but paper, in pixels of half the page."""
_STROKE: Final = 7
_GRAIN: Final = 2.5
"""What the closing makes of grain, over that of the stillest fifth of a page: one pixel in a
thousand is darker by more than this, as measured on synthetic photographs."""
_SEEN: Final = 4
"""One of so many rows is enough to know how dark grain and ink are."""
_SHOWS_THROUGH: Final = 0.09
"""Ink has at least this share of the darkest ink's darkness; less shows through from the back."""
_EDGE: Final = 0.28
"""Ink has this share of the darkness of the darkest pixel in so many rows and columns."""
_RUN: Final = 27
"""Pixels of a level run that may belong to a rule."""
_GAPS: Final = (41, 9)
"""Level and upright rules go on after gaps of so many pixels. Letters hide level rules; strokes of
letters that stand over one another are no upright rule."""
_COVER: Final = 0.6
"""Share of a rule that is seen, gaps apart."""
_BESIDE: Final = (0.2, 0.3)
"""Just above and below a short and a long rule there is less ink than this; in the middle of
letters it is a third."""
_LONG: Final = 0.35
"""A rule of this share of the page's longer side is long."""
_RULE_SHARE: Final = 0.12
"""A rule is at least this share of the page's longer side; handwriting has no such strokes."""


@dataclass(frozen=True)
class PageInk:
    """The ink of a page, all uint8 (h, w); masks are 1 and 0."""

    paper: Gray
    """Brightness of the bare paper."""
    darkness: Ink
    """How much darker than the paper each pixel is."""
    letters: Mask
    """Ink that is not part of a rule."""
    level: Mask
    """Ruled lines and level borders."""
    upright: Mask
    """Upright borders."""
    has_level: bool
    """Whether there is any level rule."""
    floor: float
    """What is not darker is no ink: above the paper's grain."""


def find_ink(gray: Gray, inside: Mask | None = None) -> PageInk:
    """Separate ink from paper and rules from letters.

    Args:
        gray: uint8 (h, w), dark ink on lighter paper; lines about level.
        inside: 1 where the sheet is; all of the picture by default.
    """
    paper = find_paper(gray)
    darkness = np.asarray(cv2.subtract(paper, gray), np.uint8)
    if inside is not None:
        darkness = np.asarray(cv2.multiply(darkness, inside), np.uint8)
    soft = np.asarray(cv2.GaussianBlur(darkness, (3, 3), 0), np.uint8)
    floor = _floor(soft, inside)
    mask = ink_mask(soft, floor)
    level, thickest = _long_runs(mask, _GAPS[0])
    upright = _transposed(_long_runs(_transposed(mask), _GAPS[1])[0])
    letters = _without_rules(mask, level, thickest, upright)
    return PageInk(paper, soft, letters, level, upright, thickest > 0, floor)


def _transposed(mask: Mask) -> Mask:
    """Rows for columns, four times faster than a copy of numpy's view."""
    return np.asarray(cv2.transpose(mask), np.uint8)


def quick_ink(gray: Gray, inside: Mask | None = None) -> Mask:
    """1 where ink is, good enough to measure the slope of lines: rules and borders included."""
    window = np.ones((_WINDOW, _WINDOW), np.uint8)
    paper = cv2.morphologyEx(gray, cv2.MORPH_CLOSE, window)
    darkness = np.asarray(cv2.subtract(paper, gray), np.uint8)
    if inside is not None:
        darkness = np.asarray(cv2.multiply(darkness, inside), np.uint8)
    return ink_mask(darkness, _floor(darkness, inside))


def find_paper(gray: Gray) -> Gray:
    """Brightness of the bare paper around each pixel, uint8 like ``gray``.

    A closing fills what is narrower than its window, so strokes, and leaves the edges between
    papers of different shades where they are; a median would move them and make them look like ink.
    """
    rows, columns = gray.shape
    half = (max(1, columns // 2), max(1, rows // 2))
    even = gray[: max(1, rows // 2 * 2), : max(1, columns // 2 * 2)]  # halving is fast
    small = cv2.resize(even, half, interpolation=cv2.INTER_AREA)
    window = np.ones((_WINDOW, _WINDOW), np.uint8)
    small = cv2.blur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, window), (3, 3))
    paper = cv2.resize(small, (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.max(paper, gray), np.uint8)


def _floor(darkness: Ink, inside: Mask | None) -> float:
    """What is not darker is no ink but the paper's grain, or writing on its back.

    Args:
        darkness: how much darker than the paper each pixel is, uint8 (h, w), 0 beyond the sheet.
        inside: 1 where the sheet is; None for all of the page.
    """
    seen = darkness[::_SEEN]
    total = np.cumsum(cv2.calcHist([seen], [0], None, [256], [0, 256]))
    if inside is not None:  # less is to be done without a mask
        total -= seen.size - cv2.countNonZero(inside[::_SEEN])
    # A fifth of a page is bare paper, however dense its lines; a hundredth is ink, if any is.
    grain, ink = (int(np.searchsorted(total, share * total[-1])) for share in (0.2, 0.99))
    return max(4.0 + _GRAIN * grain, _SHOWS_THROUGH * ink)


def ink_mask(darkness: Ink, floor: float) -> Mask:
    """1 where ink is: darker than ``floor``, and not only the blurred edge of a stroke.

    Args:
        darkness: how much darker than the paper each pixel is, uint8 (h, w).
        floor: of ``PageInk``.
    """
    # A whole number: against others numpy compares as floats.
    return ((darkness > int(floor)) & (darkness >= stroke_edges(darkness))).view(np.uint8)


def stroke_edges(darkness: Ink) -> Ink:
    """How dark the edge of the darkest stroke near each pixel is, uint8 like ``darkness``."""
    strongest = cv2.dilate(darkness, np.ones((_STROKE, _STROKE), np.uint8))
    return np.asarray(cv2.convertScaleAbs(strongest, alpha=_EDGE), np.uint8)


def _long_runs(mask: Mask, gap: int) -> tuple[Mask, int]:
    """Long, thin and nearly level runs of ink with little ink beside them.

    They are ruled lines and borders of cells, slanted by up to about four degrees.

    Returns:
        1 where they are, uint8 (h, w), and the thickness of the thickest, pixels.
    """
    rows, columns = mask.shape
    # Two rows more join the steps of a slanted line into runs. Half the columns are enough.
    half = cv2.resize(mask, ((columns + 1) // 2, rows), interpolation=cv2.INTER_NEAREST)
    half = cv2.dilate(half, np.ones((3, 1), np.uint8))
    run, bridge = np.ones((1, _RUN // 2), np.uint8), np.ones((1, gap // 2), np.uint8)
    runs = np.asarray(cv2.morphologyEx(half, cv2.MORPH_OPEN, run), np.uint8)
    linked = cv2.morphologyEx(runs, cv2.MORPH_CLOSE, bridge)
    outlines, _ = cv2.findContours(linked, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    side, thickest = max(rows, columns), 0
    rules = np.zeros_like(linked)
    for outline in outlines:
        x, y, width, height = cv2.boundingRect(outline)
        if 2 * width <= _RULE_SHARE * side:
            continue
        shape = np.zeros((height + 8, width), np.uint8)
        cv2.drawContours(shape, [outline], -1, 1, cv2.FILLED, offset=(-x, 4 - y))
        inside = shape > 0
        thickness = max(1.0, float(inside.sum()) / width - 2.0)
        if 2 * width <= _RULE_RATIO * thickness:
            continue
        top = min(4, y)
        box = (slice(y - top, y + height + 4), slice(x, x + width))
        inside = inside[4 - top :][: runs[box].shape[0]]
        limit = _BESIDE[1] if 2 * width > _LONG * side else _BESIDE[0]
        if runs[box][inside].mean() > _COVER:
            ink = mask[box[0], 2 * x : 2 * (x + width) : 2]
            if _ink_beside(ink, inside[:, : ink.shape[1]]) < limit:
                inside = _bar(inside)
                rules[box][inside] = 1
                thickest = max(thickest, int(np.ceil(thickness)))
    if not thickest:
        return np.zeros_like(mask), 0
    whole = cv2.resize(rules, (columns, rows), interpolation=cv2.INTER_NEAREST)
    return np.asarray(whole, np.uint8), thickest


def _bar(run: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The rule itself in a run, without the strokes of letters that stand on it.

    Where no letter does, the run is thinnest: there its middle is that of the rule, which is
    straight or a little bent.
    """
    count = run.sum(axis=0)
    rows = np.arange(run.shape[0])
    columns = np.flatnonzero(count)
    least = float(np.percentile(count[columns], 25))
    columns = columns[count[columns] <= least + 1]
    middles = (rows @ run[:, columns]) / count[columns]
    for _ in range(3):
        bend = np.polynomial.Polynomial.fit(columns, middles, 2)
        off = np.abs(middles - bend(columns))
        near = off <= max(1.0, float(np.median(off)) * 2.5)
        if near.all() or near.sum() < 4:  # a parabola needs three
            break
        columns, middles = columns[near], middles[near]
    middle = bend(np.arange(run.shape[1]))
    return np.asarray(run & (np.abs(rows[:, None] - middle) <= least / 2 + 1.0), np.bool_)


def _ink_beside(mask: Mask, run: npt.NDArray[np.bool_]) -> float:
    """Share of ink in the three rows above and below a run and the rows next to it."""
    region = run.astype(np.uint8)
    near, far = (cv2.dilate(region, np.ones((rows, 1), np.uint8)) for rows in (3, 9))
    strip = far > near
    return float(mask[strip].mean()) if strip.any() else 0.0


def _without_rules(mask: Mask, level: Mask, thickest: int, upright: Mask) -> Mask:
    """The mask without its rules; strokes that cross a level rule stay whole."""
    left = mask
    if thickest:
        # What is taller than a rule is thick crosses it.
        strokes = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((thickest + 4, 1), np.uint8))
        near = cv2.dilate(level, np.ones((3, 3), np.uint8))
        left = np.where((near > 0) & (strokes == 0), np.uint8(0), left)
    if upright.any():
        near = cv2.dilate(upright, np.ones((3, 3), np.uint8))
        left = np.where(near > 0, np.uint8(0), left)
    return np.asarray(left, np.uint8)
