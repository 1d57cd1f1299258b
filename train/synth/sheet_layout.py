"""Where the lines of a sheet stand: plain and ruled paper, forms, columns, labels.

All lengths are pixels of the sheet, which lies flat and upright.
"""

import itertools
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

Generator = np.random.Generator
Segment = tuple[float, float, float, float]

KINDS = ("plain", "ruled", "form", "columns", "label", "touching", "pasted", "blank")
"""``pasted`` keeps each line's own picture around it; the others carry the letters alone."""
_COLUMNS: Final[tuple[tuple[float, ...], ...]] = (
    (0.22, 0.78),
    (0.3, 0.7),
    (0.2, 0.4, 0.4),
    (0.5, 0.5),
    (0.07, 0.93),
    (0.08, 0.5, 0.3, 0.12),
)
"""Widths of a form's columns as shares of the table."""


@dataclass(frozen=True)
class Slot:
    """Room for one line of text."""

    left: float
    middle: float
    """Row on which the median of the ink is to lie."""
    width: float
    body: float
    """Rows between the 10th and the 90th percentile of the ink."""
    share: tuple[float, float] = (0.4, 1.0)
    """Which part of ``width`` the text may fill."""


@dataclass(frozen=True)
class Layout:
    """A sheet before anything is written on it. Slots are in reading order."""

    kind: str
    size: tuple[int, int]
    """Width and height."""
    slots: tuple[Slot, ...]
    rules: tuple[Segment, ...] = ()
    """Ruled lines and cell borders as (x0, y0, x1, y1)."""
    thickness: int = 1
    shade: float = 0.5
    """Reflectance of the rules."""
    slope: float = 0.0
    """Rows per column by which the handwriting descends."""


@dataclass(frozen=True)
class LayoutSettings:
    """Ranges of uniform draws."""

    pitch: dict[str, tuple[float, float]] = field(
        default_factory=lambda: {
            "plain": (2.2, 3.6),
            "ruled": (2.3, 3.4),
            "form": (2.4, 3.6),
            "columns": (2.3, 3.2),
            "label": (2.2, 3.0),
            "touching": (1.65, 1.95),
            "pasted": (2.8, 3.6),
            "blank": (2.5, 3.5),
        }
    )
    """Distance of lines in body heights."""
    length: tuple[float, float] = (34.0, 44.0)
    """Width of the text block in body heights."""
    slope: tuple[float, float] = (-0.02, 0.02)


def draw_layout(
    kind: str,
    size: tuple[int, int],
    rng: Generator,
    settings: LayoutSettings | None = None,
    lines: int | None = None,
) -> Layout:
    """Draw the layout of a sheet.

    Args:
        kind: one of ``KINDS``.
        size: width and height of the sheet.
        rng: source of chance.
        settings: ranges; the usual ones by default.
        lines: how many lines at most; as many as fit by default.

    Raises:
        ValueError: the kind is not known.
    """
    if kind not in KINDS:
        raise ValueError(f"no kind of sheet {kind!r}: use {', '.join(KINDS)}")
    settings = settings or LayoutSettings()
    layout = {"form": _form, "columns": _columns, "label": _label}.get(kind, _block)(
        kind, size, rng, settings, lines
    )
    layout = replace(
        layout,
        thickness=max(1, round(size[0] / 900 * float(rng.uniform(0.6, 2.2)))),
        shade=float(rng.uniform(0.15, 0.8)),
        slope=float(rng.uniform(*settings.slope)) if kind not in ("form", "pasted") else 0.0,
    )
    return replace(layout, slots=()) if kind == "blank" else layout


def _block(
    kind: str, size: tuple[int, int], rng: Generator, settings: LayoutSettings, lines: int | None
) -> Layout:
    """One block of lines over the width of the sheet, ruled or not."""
    width, height = size
    margin = width * float(rng.uniform(0.03, 0.08))
    room = width - 2 * margin
    body = room / float(rng.uniform(*settings.length))
    pitch = body * float(rng.uniform(*settings.pitch[kind]))
    if lines is not None:  # fill the sheet, as the camera is held so that it fills the picture
        pitch = min(pitch, (height - 2.4 * body) / lines)
        body = min(body, pitch / settings.pitch[kind][0])
    top = body * float(rng.uniform(1.8, 2.6))
    count = int((height - top - body) // pitch) + 1
    count = min(count, lines or count)
    middles = [top + i * pitch for i in range(count)]
    slots = [_slot(margin, y, room, body, rng) for y in middles]
    rules: list[Segment] = []
    if kind in ("ruled", "blank") and (kind == "ruled" or rng.random() < 0.6):
        below = body * float(rng.uniform(0.5, 0.75))
        rules = [(0.0, y + below, float(width), y + below) for y in middles]
        if rng.random() < 0.5:
            edge = margin * 0.6
            rules.append((edge, 0.0, edge, float(height)))
    return Layout(kind, size, tuple(slots), tuple(rules))


def _slot(left: float, middle: float, width: float, body: float, rng: Generator) -> Slot:
    indent = float(rng.uniform(0.0, 2.0)) * body if rng.random() < 0.4 else 0.0
    size = body * float(rng.uniform(0.9, 1.1))
    return Slot(left + indent, middle + float(rng.normal(0, 0.06)) * body, width - indent, size)


def _columns(
    kind: str, size: tuple[int, int], rng: Generator, settings: LayoutSettings, lines: int | None
) -> Layout:
    """Two or three columns of text, read one after the other."""
    width, height = size
    count = 2 if width < 1500 or rng.random() < 0.7 else 3
    margin, gutter = width * 0.04, width * float(rng.uniform(0.05, 0.08))
    room = (width - 2 * margin - (count - 1) * gutter) / count
    body = room / float(rng.uniform(17.0, 24.0))
    pitch = body * float(rng.uniform(*settings.pitch[kind]))
    rows = int((height - 3.2 * body) // pitch) + 1
    slots = [
        _slot(margin + c * (room + gutter), 2.2 * body + r * pitch, room, body, rng)
        for c in range(count)
        for r in range(rows)
    ]
    return Layout(kind, size, tuple(slots[:lines]))


def _form(
    kind: str, size: tuple[int, int], rng: Generator, settings: LayoutSettings, lines: int | None
) -> Layout:
    """A table: a narrow column with short entries beside one or two wide ones, all in cells."""
    width, height = size
    margin = width * 0.03
    shares = _COLUMNS[int(rng.integers(0, len(_COLUMNS)))]
    body = (width - 2 * margin) * max(shares) / float(rng.uniform(24.0, 34.0))
    pitch = body * float(rng.uniform(*settings.pitch[kind]))
    rows = int((height - 2 * margin) // pitch)
    edges = margin + np.concatenate([[0.0], np.cumsum(shares)]) * (width - 2 * margin)
    middle = float(rng.uniform(0.48, 0.6))
    slots: list[Slot] = []
    for row in range(rows):
        for left, right in itertools.pairwise(edges):
            if rng.random() < 0.12 or len(slots) == (lines or -1):
                continue  # an empty cell
            inside = (left + 0.8 * body, margin + (row + middle) * pitch, right - left - 1.6 * body)
            slots.append(Slot(*inside, body * float(rng.uniform(0.75, 1.05))))
    last = margin + rows * pitch
    rules = [(edges[0], margin + r * pitch, edges[-1], margin + r * pitch) for r in range(rows + 1)]
    rules += [(float(x), margin, float(x), last) for x in edges]
    return Layout(kind, size, tuple(slots), tuple(rules))


def _label(
    kind: str, size: tuple[int, int], rng: Generator, settings: LayoutSettings, lines: int | None
) -> Layout:
    """A few lines whose sizes differ by up to three times, in a frame or not."""
    width, height = size
    margin = width * 0.06
    room = width - 2 * margin
    slots: list[Slot] = []
    y = 0.0
    while len(slots) < (lines or 8):
        body = room / float(rng.uniform(14.0, 42.0))
        gap = max(body, slots[-1].body if slots else body)
        y += 0.5 * gap * float(rng.uniform(*settings.pitch[kind])) + 0.6 * gap
        if y > height - 1.2 * body:
            break
        slots.append(Slot(margin, y, room, body))
    frame = margin * 0.4
    x1, y1 = width - frame, height - frame
    rules = [(frame, frame, x1, frame), (x1, frame, x1, y1)]
    rules += [(x1, y1, frame, y1), (frame, y1, frame, frame)]
    return Layout(kind, size, tuple(slots), tuple(rules) if rng.random() < 0.5 else ())
