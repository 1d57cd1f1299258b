"""Text lines of a flattened page: from the ridges of its ink to lines with their own ink.

Ridges give the middles of lines. Those of one line are joined, and lines end at wide gaps, at
borders of cells and at gutters between columns. Which ink is whose is the matter of ``ink_owner``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.ink_owner import Owner, core_map, ink_owner
from edge_runtime.ink_pieces import InkPieces
from edge_runtime.line_ridges import Ridge, find_ridges
from edge_runtime.page_ink import PageInk
from edge_runtime.preprocess import Ink

Mask = npt.NDArray[np.uint8]
Profile = npt.NDArray[np.int64]
Positions = npt.NDArray[np.int64]
Span = tuple[int, int]

_NEAREST: Final = 1.25
"""Two lines are at least this far apart; of two ridges that are nearer one is wrong. Body heights."""
_WIDEST_GAP: Final = 4.0
"""Between two words; one line of handwriting in a hundred has a wider one. Body heights."""
_LIKE_SIZES: Final = 2.2
"""Stretches of one line differ by less than this in the size at which they were found."""
_STEP: Final = 0.65
"""Stretches of one line differ by less than this in height, body heights."""
_GUTTER: Final = (1.5, 5.0, 8.0)
"""The gap between columns of text: how wide it is at least, how far it goes on above and below, and
how far to its sides there is text. Body heights."""
_MARK_LENGTH: Final = 3.5
_MARK_DISTANCE: Final = 1.7
"""A row of marks is shorter and nearer to its line than another line, body heights."""
_SMALLEST: Final = 3.5
"""Text of a smaller body cannot be read, pixels of the page; remains of rules look like it."""
_LOWEST: Final = 0.7
"""Remains of rules are lower than this, from the highest to the lowest ink. Usual body heights."""
_SHORT: Final = 4.0
_FAINT: Final = 0.5
"""What is shorter, in body heights, and fainter than this share of the page's ink is no line."""
_SOLID: Final = 0.75
"""Letters fill less than this share of their convex hull; a bar or a blob fills more."""
_LEAST_INK: Final = 0.3
"""A line has at least this much ink: a digit does. Squares of the body height."""


@dataclass(frozen=True)
class TextLine:
    """A line of text on the flattened page, in its pixels."""

    ridge: Ridge
    """The middle of its ink; ``ridge.body`` is the height between its 10th and 90th percentile."""
    left: float
    right: float
    above: float
    """How far its ink reaches above the middle."""
    below: float
    """How far its ink reaches below the middle."""


@dataclass(frozen=True)
class FoundLines:
    """All lines of a page."""

    lines: list[TextLine]
    owner: Owner
    """0 where no line has ink, else the line's position plus 1, int16 (h, w)."""
    borders: Mask = field(repr=False)
    """1 where borders of cells and the like are, uint8 (h, w)."""


def find_text_lines(pieces: InkPieces, ink: PageInk) -> FoundLines:
    """Find the lines of a flattened page, in no order.

    Args:
        pieces: the ink.
        ink: what else is known of the page.
    """
    upright = ink.upright
    stretches = _stretches(_without_doubles(find_ridges(pieces)), pieces, upright)
    # Only with its ink does a line have its true size, and then marks show as what they are.
    first = _measured(stretches, ink_owner(pieces, stretches), pieces.body)
    better = _without_marks(_without_doubles([line.ridge for line in first.lines]))
    stretches = _stretches(better, pieces, upright)
    found = _measured(stretches, ink_owner(pieces, stretches), pieces.body)
    found = _without_shades(found, ink.darkness)
    return replace(found, borders=np.maximum(upright, pieces.borders()))


def _without_shades(found: FoundLines, darkness: Ink) -> FoundLines:
    """Lines without the short ones that are much fainter than the rest: edges of shades."""
    count = len(found.lines)
    if count < 2:
        return found
    inked = found.owner > 0
    whose = found.owner[inked]
    area = np.bincount(whose, minlength=count + 1)[1:]
    total = np.bincount(whose, weights=darkness[inked], minlength=count + 1)[1:]
    strength = total / np.maximum(area, 1)
    usual = float(np.average(strength, weights=area))
    lengths = np.array([(line.right - line.left) / line.ridge.body for line in found.lines])
    keep = (lengths > _SHORT) | (strength > _FAINT * usual)
    names = np.zeros(count + 1, np.int16)
    names[1:][keep] = np.arange(1, int(keep.sum()) + 1)
    lines = [line for line, kept in zip(found.lines, keep, strict=True) if kept]
    return FoundLines(lines, names[found.owner], found.borders)


def _stretches(ridges: Sequence[Ridge], pieces: InkPieces, upright: Mask) -> list[Ridge]:
    """The middles of lines: ridges that follow one another joined, and cut where a line ends."""
    profiles = _profiles(pieces, ridges)
    inked = [i for i in range(len(ridges)) if profiles[i].sum() > _LEAST_INK * ridges[i].body ** 2]
    ridges, profiles = [ridges[i] for i in inked], profiles[inked]
    letters = pieces.letters()
    stretches: list[Ridge] = []
    for group in _groups(ridges, profiles):
        ridge = _joined([ridges[i] for i in group])
        profile = profiles[group].sum(axis=0)
        stretches += [_clipped(ridge, span) for span in _spans(ridge, profile, upright, letters)]
    return stretches


def _without_marks(ridges: Sequence[Ridge]) -> list[Ridge]:
    """Ridges without the short ones that are marks, tails or parts of the letters of a line."""
    return [
        ridge
        for ridge in ridges
        if not any(_is_mark_of(ridge, line) for line in ridges if line is not ridge)
    ]


def _is_mark_of(ridge: Ridge, line: Ridge) -> bool:
    first, last = float(ridge.columns[0]), float(ridge.columns[-1])
    if ridge.body > 0.8 * line.body or last - first > _MARK_LENGTH * line.body:
        return False
    middle = (first + last) / 2
    if not line.columns[0] - line.body < middle < line.columns[-1] + line.body:
        return False
    distance = abs(float(ridge.row_at(middle)) - float(line.row_at(middle)))
    return distance < _MARK_DISTANCE * line.body


def _profiles(pieces: InkPieces, ridges: Sequence[Ridge]) -> Profile:
    """Ink pixels in each ridge's core by column, int64 (ridges, w)."""
    ys, xs = np.nonzero(pieces.letters())
    columns = pieces.labels.shape[1]
    core = core_map(pieces.labels.shape, ridges)[ys, xs].astype(np.int64)
    counts = np.bincount(core * columns + xs, minlength=(len(ridges) + 1) * columns)
    return np.asarray(counts.reshape(-1, columns)[1:], np.int64)


def _span(profile: Profile) -> Span:
    """First and past-the-last column with ink."""
    columns = np.flatnonzero(profile)
    return int(columns[0]), int(columns[-1]) + 1


def _without_doubles(ridges: Sequence[Ridge]) -> list[Ridge]:
    """The ridges that none with more contrast lies too close to."""
    kept: list[Ridge] = []
    for ridge in ridges:
        if not any(_doubles(ridge, better) for better in kept):
            kept.append(ridge)
    return kept


def _doubles(ridge: Ridge, better: Ridge) -> bool:
    """Whether a ridge follows a better one at less than the distance of two lines."""
    first = max(ridge.columns[0], better.columns[0])
    last = min(ridge.columns[-1], better.columns[-1])
    if last - first < 0.5 * (ridge.columns[-1] - ridge.columns[0]):
        return False
    columns = np.linspace(first, last, 7)
    distance = np.abs(ridge.row_at(columns) - better.row_at(columns))
    return float(np.median(distance)) < _NEAREST * (ridge.body + better.body) / 2


def _groups(ridges: Sequence[Ridge], profiles: Profile) -> list[list[int]]:
    """Ridges that continue one another, as lists of positions from left to right."""
    spans = [_span(profile) for profile in profiles]
    order = sorted(range(len(ridges)), key=lambda i: spans[i][0])
    follower: dict[int, int] = {}
    links = []
    for i in order:
        for j in order:
            cost = _break(ridges[i], spans[i], ridges[j], spans[j])
            if i != j and cost is not None:
                links.append((cost, i, j))
    preceded = set()
    for _, i, j in sorted(links):
        if i not in follower and j not in preceded:
            follower[i] = j
            preceded.add(j)
    groups = []
    for start in (i for i in order if i not in preceded):
        group = [start]
        while group[-1] in follower:
            group.append(follower[group[-1]])
        groups.append(group)
    return groups


def _break(left: Ridge, span: Span, right: Ridge, other_span: Span) -> float | None:
    """How badly the right ridge continues the left one; None where it does not."""
    body = (left.body + right.body) / 2
    gap = other_span[0] - span[1]
    if not -1.0 * body < gap < _WIDEST_GAP * body or span[0] >= other_span[0]:
        return None
    if max(left.body, right.body) > _LIKE_SIZES * min(left.body, right.body):
        return None
    middle = (other_span[0] + span[1]) / 2
    step = abs(float(left.row_at(middle)) - float(right.row_at(middle))) / body
    return step + 0.1 * abs(gap) / body if step < _STEP else None


def _joined(ridges: Sequence[Ridge]) -> Ridge:
    """One ridge made of several that follow one another."""
    if len(ridges) == 1:
        return ridges[0]
    columns = np.concatenate([r.columns for r in ridges])
    rows = np.concatenate([r.rows for r in ridges])
    columns, first = np.unique(columns, return_index=True)
    weights = [len(r.columns) for r in ridges]
    body = float(np.average([r.body for r in ridges], weights=weights))
    contrast = float(np.average([r.contrast for r in ridges], weights=weights))
    return Ridge(columns, rows[first], body, contrast)


def _clipped(ridge: Ridge, span: Span) -> Ridge:
    """The part of a ridge over some columns."""
    inside = (ridge.columns >= span[0]) & (ridge.columns <= span[1])
    ends = np.array([span[0], span[1]], np.float32)
    columns = np.unique(np.concatenate([ridge.columns[inside], ends]))
    return replace(ridge, columns=columns, rows=ridge.row_at(columns))


def _spans(ridge: Ridge, profile: Profile, upright: Mask, letters: Mask) -> list[Span]:
    """Columns of the lines on one ridge: it is cut at wide gaps and at borders of cells."""
    inked = np.flatnonzero(profile)
    if not len(inked):
        return []
    cuts = []
    for i in np.flatnonzero(np.diff(inked) > 2):
        left, right = int(inked[i]), int(inked[i + 1])
        wide = right - left > _WIDEST_GAP * ridge.body
        if wide or _is_border(ridge, (left, right), upright) or _is_gutter(ridge, (left, right), letters):
            cuts.append(int(i) + 1)
    spans = [(int(part[0]), int(part[-1]) + 1) for part in np.split(inked, cuts)]
    least = _LEAST_INK * ridge.body**2
    return [s for s in spans if profile[s[0] : s[1]].sum() > least]


def _is_border(ridge: Ridge, gap: Span, upright: Mask) -> bool:
    """Whether a border of a cell stands in a gap of a line."""
    middle = float(ridge.row_at((gap[0] + gap[1]) / 2))
    top, bottom = round(middle - 0.5 * ridge.body), round(middle + 0.5 * ridge.body) + 1
    window = upright[max(0, top) : bottom, gap[0] : gap[1] + 1]
    return bool(window.size) and float(window.any(axis=1).mean()) > 0.7


def _is_gutter(ridge: Ridge, gap: Span, letters: Mask) -> bool:
    """Whether a gap of a line goes on through the lines above and below, with text on both sides."""
    width = gap[1] - gap[0]
    wide, tall, far = (share * ridge.body for share in _GUTTER)
    if width < wide:
        return False
    middle = float(ridge.row_at((gap[0] + gap[1]) / 2))
    rows = slice(max(0, round(middle - tall)), round(middle + tall) + 1)
    inset = width // 5
    if letters[rows, gap[0] + inset : gap[1] - inset].any():
        return False
    before = letters[rows, max(0, gap[0] - round(far)) : gap[0] + 1].any(axis=1)
    after = letters[rows, gap[1] : gap[1] + round(far)].any(axis=1)
    return bool(min(before.mean(), after.mean()) > 0.4)


def _measured(ridges: Sequence[Ridge], owner: Owner, usual: float) -> FoundLines:
    """Lines with the measures of the ink they own; those with too little are dropped."""
    ys, xs = np.nonzero(owner)
    whose = owner[ys, xs]
    order = np.argsort(whose, kind="stable")
    ys, xs, whose = ys[order], xs[order], whose[order]
    starts = np.searchsorted(whose, np.arange(1, len(ridges) + 2))
    names = np.zeros(len(ridges) + 1, np.int16)
    lines: list[TextLine] = []
    for number, (first, last) in enumerate(pairwise(starts)):
        ridge = ridges[number]
        if last - first <= _LEAST_INK * ridge.body**2:
            continue
        line = _measure(ridge, ys[first:last], xs[first:last])
        if _is_scrap(line, ys[first:last], xs[first:last], usual):
            continue
        lines.append(line)
        names[number + 1] = len(lines)
    return FoundLines(lines, names[owner], np.zeros(owner.shape, np.uint8))


def _is_scrap(line: TextLine, ys: Positions, xs: Positions, usual: float) -> bool:
    """Whether ink is no text: remains of a rule, a border, the corner of a shade."""
    body, width = line.ridge.body, line.right - line.left
    if body < _SMALLEST or line.above + line.below < _LOWEST * usual:
        return True
    if width < 2.0 * body and body > 1.4 * usual:
        return True
    if width > 1.6 * usual:
        return False
    hull = cv2.convexHull(np.stack([xs, ys], axis=1).astype(np.int32))
    # A hull runs through the middles of pixels: half of its length belongs to it as well.
    return len(xs) > _SOLID * (cv2.contourArea(hull) + cv2.arcLength(hull, True) / 2 + 1.0)


def _measure(ridge: Ridge, ys: Positions, xs: Positions) -> TextLine:
    offsets = ys - ridge.row_at(np.arange(xs.min(), xs.max() + 1))[xs - xs.min()]
    low, middle, high = np.percentile(offsets, (10.0, 50.0, 90.0))
    ridge = replace(ridge, rows=ridge.rows + np.float32(middle), body=max(1.0, float(high - low)))
    return TextLine(
        ridge,
        float(xs.min()),
        float(xs.max()) + 1.0,
        float(middle - offsets.min()),
        float(offsets.max() - middle) + 1.0,
    )
