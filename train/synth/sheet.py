"""Sheets of paper with known lines: synthetic or real handwriting laid out flat and upright."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from train.synth.sheet_layout import Layout, Slot
from train.synth.sheet_lines import InkLine, LinePool

Generator = np.random.Generator
Gray = NDArray[np.uint8]
Owner = NDArray[np.int16]
Quad = NDArray[np.float32]

_SMALLEST = 0.6
"""A line that must be made smaller than this share of the others is not written."""


@dataclass(frozen=True)
class PlacedLine:
    """A line on a sheet or in a picture of it."""

    text: str
    name: str
    quad: Quad
    """Corners of the text's ink, float32 (4, 2): top left, top right, bottom right, bottom left."""
    body: float
    """Rows between the 10th and the 90th percentile of the ink, pixels."""


@dataclass(frozen=True)
class Sheet:
    """Written paper."""

    layout: Layout
    reflectance: Gray
    """255 bare paper, uint8 (h, w)."""
    owner: Owner
    """0 where no line has ink, else the line's position in ``lines`` plus 1, int16 (h, w)."""
    lines: tuple[PlacedLine, ...]
    """In reading order."""


def write_sheet(layout: Layout, pool: LinePool, rng: Generator) -> Sheet:
    """Write a line of the pool into every slot of a layout.

    A line that is too long for its slot is made smaller; one that would become too small to be
    read, or leaves the sheet, is left out.
    """
    width, height = layout.size
    canvas = np.full((height, width), 255, np.uint8)
    owner = np.zeros((height, width), np.int16)
    lines: list[PlacedLine] = []
    tone = float(rng.uniform(0.7, 1.0))
    for slot in layout.slots:
        low, high = slot.share
        room = slot.width / slot.body
        line = pool.draw(room * high, rng, shortest=room * low)
        pasted = layout.kind == "pasted"
        width_of_line = line.whole.shape[1] if pasted else line.columns[1] - line.columns[0]
        scale = min(slot.body / line.body, slot.width / width_of_line)
        if line.body * scale < _SMALLEST * slot.body:
            continue
        lean = layout.slope + float(rng.normal(0.0, 0.003))
        placed = _place(line, scale, lean, pasted)
        number = len(lines) + 1
        quad = _lay(canvas, owner, placed, slot, number, tone)
        if quad is not None:
            lines.append(PlacedLine(line.text, line.name, quad, line.body * scale))
    _rule(canvas, layout, rng)
    return Sheet(layout, canvas, owner, tuple(lines))


@dataclass(frozen=True)
class _Scaled:
    picture: Gray
    ink: Gray
    middle: float
    pasted: bool


def _place(line: InkLine, scale: float, lean: float, pasted: bool) -> _Scaled:
    """The line in its size on the sheet, descending by ``lean`` rows per column."""
    columns = slice(None) if pasted else slice(*line.columns)
    picture = (line.whole if pasted else line.clean)[:, columns]
    width = max(8, round(picture.shape[1] * scale))
    height = max(4, round(picture.shape[0] * scale))
    drop = 0.0 if pasted else lean * width
    size = (width, height + int(np.ceil(abs(drop))))
    shift = max(0.0, -drop)
    way = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    small = cv2.resize(picture, (width, height), interpolation=way)
    ink = cv2.resize(line.ink[:, columns] * np.uint8(255), (width, height), interpolation=way)
    if not pasted:
        shear = np.array([[1.0, 0.0, 0.0], [lean, 1.0, shift]])
        small = cv2.warpAffine(small, shear, size, borderValue=255)
        ink = cv2.warpAffine(ink, shear, size, borderValue=0)
    middle = line.middle * scale + shift + drop / 2
    mask = (np.asarray(ink) > 100).astype(np.uint8)
    return _Scaled(np.asarray(small, np.uint8), mask, middle, pasted)


def _lay(
    canvas: Gray, owner: Owner, line: _Scaled, slot: Slot, number: int, tone: float
) -> Quad | None:
    """Lay a line onto the canvas; returns its ink's corners, None where it does not fit."""
    ys, xs = np.nonzero(line.ink)
    if not len(ys):
        return None
    left, top = round(slot.left), round(slot.middle - line.middle)
    box = (xs.min() + left, ys.min() + top, xs.max() + 1 + left, ys.max() + 1 + top)
    if box[0] < 0 or box[1] < 0 or box[2] > canvas.shape[1] or box[3] > canvas.shape[0]:
        return None
    height, width = line.picture.shape
    y0, y1 = max(0, top), min(canvas.shape[0], top + height)
    x0, x1 = max(0, left), min(canvas.shape[1], left + width)
    there = (slice(y0, y1), slice(x0, x1))
    here = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    ink = line.ink[here]
    if line.pasted:
        canvas[there] = (line.picture[here] * tone).astype(np.uint8)
        owner[there] = 0
    else:
        canvas[there] = np.minimum(canvas[there], line.picture[here])
    owner[there][ink > 0] = number
    corners = [(box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3])]
    return np.array(corners, np.float32)


def _rule(canvas: Gray, layout: Layout, rng: Generator) -> None:
    """Draw the ruled lines and borders over what is written."""
    cover = np.zeros_like(canvas)
    for x0, y0, x1, y1 in layout.rules:
        start, end = (round(x0 * 16), round(y0 * 16)), (round(x1 * 16), round(y1 * 16))
        cv2.line(cover, start, end, 255, layout.thickness, cv2.LINE_AA, 4)
    dark = np.float32(255.0 * layout.shade)
    share = cover.astype(np.float32) / 255.0
    ruled = canvas * (1.0 - share) + np.minimum(canvas, dark) * share
    canvas[:] = ruled.astype(np.uint8)
