"""From ridges to stretches of text: what continues is joined, and cut where a line ends.

A line ends at a gap that is wider than any between two words, at the border of a cell, and at the
gutter between columns of text, which goes on through the lines above and below.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_runtime.ink_owner import core_map
from edge_runtime.ink_pieces import ROW_STEP, InkPieces
from edge_runtime.line_ridges import Ridge

Mask = npt.NDArray[np.uint8]
Profile = npt.NDArray[np.int64]
Span = tuple[int, int]

LEAST_INK: Final = 0.25
"""A line has at least this much ink: a digit does. Squares of the body height."""

_WIDEST_GAP: Final = 4.0
"""Between two words; one line of handwriting in a hundred has a wider one. Body heights."""
OVERLAP: Final = 3.0
"""Stretches of measured lines that are one line lie beside one another over less than this, body
heights; of stretches that were not measured, over less than one."""
_LIKE_SIZES: Final = 2.2
"""Stretches of one line differ by less than this in the size at which they were found."""
_STEP: Final = 0.75
"""Stretches of one line differ by less than this in height, body heights."""
_BORDER_GAP: Final = 0.25
"""The least gap in which a border is looked for, body heights."""
_GUTTER: Final = (1.5, 6.0, 8.0)
"""The gap between columns of text: how wide it is at least, how far it goes on above and below, and
how far to its sides there is text. Body heights."""
_SLANTS: Final = np.linspace(-0.3, 0.3, 7, dtype=np.float32)
"""It may lean so far, columns per row: a sheet whose sides are not seen is not made upright."""
_CLEAR: Final = 0.3
"""No letters reach into this share of the gap on either side of its middle."""


def join_ridges(
    ridges: Sequence[Ridge], pieces: InkPieces, upright: Mask | None, overlap: float = 1.0
) -> list[Ridge]:
    """Make one ridge of each line.

    Args:
        ridges: none of which follows another side by side.
        pieces: the ink of the page.
        upright: 1 where borders of cells are, uint8 (h, w); None where there are none.
        overlap: over how much two stretches of a line may lie beside one another, body heights.
    """
    profiles = _profiles(pieces, ridges)
    inked = [i for i in range(len(ridges)) if profiles[i].sum() > LEAST_INK * ridges[i].body ** 2]
    ridges, profiles = [ridges[i] for i in inked], profiles[inked]
    stretches: list[Ridge] = []
    for group in _groups(ridges, [_span(profile) for profile in profiles], overlap):
        ridge = _joined([ridges[i] for i in group])
        profile = profiles[group].sum(axis=0)
        spans = _spans(ridge, profile, upright, pieces.letters)
        stretches += [clipped(ridge, span) for span in spans]
    return stretches


def _profiles(pieces: InkPieces, ridges: Sequence[Ridge]) -> Profile:
    """Ink pixels in each ridge's core by column, int64 (ridges, w)."""
    columns = pieces.labels.shape[1]
    core = np.take(core_map(pieces.labels.shape, ridges), pieces.pixels.flat).astype(np.intp)
    counts = np.bincount(
        core * columns + pieces.pixels.columns, minlength=(len(ridges) + 1) * columns
    )
    return ROW_STEP * np.asarray(counts.reshape(-1, columns)[1:], np.int64)


def _span(profile: Profile) -> Span:
    """First and past-the-last column with ink."""
    columns = np.flatnonzero(profile)
    return int(columns[0]), int(columns[-1]) + 1


def _groups(ridges: Sequence[Ridge], spans: Sequence[Span], overlap: float) -> list[list[int]]:
    """Ridges that continue one another, as lists of positions from left to right."""
    order = sorted(range(len(ridges)), key=lambda i: spans[i][0])
    links = []
    for at, i in enumerate(order):
        for j in order[at + 1 :]:
            cost = _break(ridges[i], spans[i], ridges[j], spans[j], overlap)
            if cost is not None:
                links.append((cost, i, j))
    follower: dict[int, int] = {}
    preceded: set[int] = set()
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


def _break(left: Ridge, span: Span, right: Ridge, other_span: Span, overlap: float) -> float | None:
    """How badly the right ridge continues the left one; None where it does not."""
    body = (left.body + right.body) / 2
    gap = other_span[0] - span[1]
    if not -overlap * body < gap < _WIDEST_GAP * body or span[0] >= other_span[0]:
        return None
    if max(left.body, right.body) > _LIKE_SIZES * min(left.body, right.body):
        return None
    middle = (other_span[0] + span[1]) / 2
    step = abs(left.row_at(middle) - right.row_at(middle)) / body
    return step + 0.1 * abs(gap) / body if step < _STEP else None


def _joined(ridges: Sequence[Ridge]) -> Ridge:
    """One ridge made of several that follow one another."""
    if len(ridges) == 1:
        return ridges[0]
    columns, first = np.unique(np.concatenate([r.columns for r in ridges]), return_index=True)
    rows = np.concatenate([r.rows for r in ridges])[first]
    weights = [len(r.columns) for r in ridges]
    body = float(np.average([r.body for r in ridges], weights=weights))
    contrast = float(np.average([r.contrast for r in ridges], weights=weights))
    return Ridge(columns, rows, body, contrast)


def clipped(ridge: Ridge, span: tuple[float, float]) -> Ridge:
    """The part of a ridge over some columns."""
    inside = (ridge.columns > span[0]) & (ridge.columns < span[1])
    columns = np.concatenate([[span[0]], ridge.columns[inside], [span[1]]]).astype(np.float32)
    return replace(ridge, columns=columns, rows=ridge.rows_at(columns))


def _spans(ridge: Ridge, profile: Profile, upright: Mask | None, letters: Mask) -> list[Span]:
    """Columns of the lines on one ridge."""
    inked = np.flatnonzero(profile)
    if not len(inked):
        return []
    cuts = []
    for i in np.flatnonzero(np.diff(inked) > max(2.0, _BORDER_GAP * ridge.body)):
        gap = (int(inked[i]), int(inked[i + 1]))
        ends = gap[1] - gap[0] > _WIDEST_GAP * ridge.body or _is_gutter(ridge, gap, letters)
        if ends or (upright is not None and _is_border(ridge, gap, upright)):
            cuts.append(int(i) + 1)
    spans = [(int(part[0]), int(part[-1]) + 1) for part in np.split(inked, cuts)]
    least = LEAST_INK * ridge.body**2
    return [s for s in spans if profile[s[0] : s[1]].sum() > least]


def _is_border(ridge: Ridge, gap: Span, upright: Mask) -> bool:
    """Whether a border of a cell stands in a gap of a line."""
    middle = ridge.row_at((gap[0] + gap[1]) / 2)
    top, bottom = round(middle - 0.5 * ridge.body), round(middle + 0.5 * ridge.body) + 1
    window = upright[max(0, top) : bottom, gap[0] : gap[1] + 1]
    return bool(window.any()) and float(window.any(axis=1).mean()) > 0.7


def _is_gutter(ridge: Ridge, gap: Span, letters: Mask) -> bool:
    """Whether a gap goes on through the lines above and below, with text on both sides."""
    width = gap[1] - gap[0]
    wide, tall, far = (share * ridge.body for share in _GUTTER)
    if width < wide:
        return False
    middle = ridge.row_at((gap[0] + gap[1]) / 2)
    rows = slice(max(0, round(middle - tall)), round(middle + tall) + 1)
    left = max(0, gap[0] - int(_SLANTS[-1] * tall))
    ys, xs = np.nonzero(letters[rows, left : gap[1] + int(_SLANTS[-1] * tall)][::ROW_STEP])
    beside = (xs + (left - (gap[0] + gap[1]) / 2)).astype(np.float32)
    below = (ROW_STEP * ys + (rows.start - middle)).astype(np.float32)
    reached = np.abs(beside - _SLANTS[:, None] * below).min(axis=1, initial=width)
    if reached.max() < _CLEAR * width:
        return False
    before = letters[rows, max(0, gap[0] - round(far)) : gap[0] + 1].any(axis=1)
    after = letters[rows, gap[1] : gap[1] + round(far)].any(axis=1)
    return bool(min(before.mean(), after.mean()) > 0.4)
