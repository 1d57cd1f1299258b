"""How well the lines of a picture were found, against where they are known to be.

A line is matched as segmentation contests do it, by ink: the ink that a crop shows, shared with the
ink of the line, over the ink of either (Gatos, Stamatopoulos and Louloudis, ICDAR 2009 handwriting
segmentation contest). A line that leaves the picture is no line to be found and no error if it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_runtime.lines import Page, PageLine
from train.synth.sheet import PlacedLine
from train.synth.sheet_photo import Photo

Gray = NDArray[np.uint8]
Shares = NDArray[np.float64]

MATCH: Final = 0.75
"""A line is found where crop and line share this much of their ink."""
_FRAGMENT: Final = 0.02
"""A crop with less than this share of any line's ink shows no line."""
_MARGIN: Final = 0.2
"""Paper around the ink of a line that is cut at its known place, shares of its height."""


@dataclass(frozen=True)
class Matches:
    """Which of the found lines is which."""

    counted: tuple[int, ...]
    """Positions in ``Photo.lines`` of the lines that the picture shows whole."""
    found: dict[int, int]
    """Position of a found line to the position of the line that it is."""
    parts: dict[int, int]
    """Position of every found line that has ink of a line to the line it has most of."""
    invented: tuple[int, ...]
    """Positions of found lines that are none: fragments of lines, or no writing at all."""
    shown: Shares = field(repr=False, compare=False)
    """Share of each line's ink that the crop of each found line shows, float64 (found, lines)."""


def match(photo: Photo, page: Page) -> Matches:
    """Match the lines that were found with those that are there."""
    height, width = photo.picture.shape
    counted = [i for i, line in enumerate(photo.lines) if _is_inside(line, width, height)]
    total = np.bincount(photo.owner.ravel(), minlength=len(photo.lines) + 1)[1:]
    seen = np.zeros((len(page.lines), len(total)))
    for row, line in zip(seen, page.lines, strict=True):
        row[:] = _ink_seen(photo, page, line)
    either = seen.sum(axis=1, keepdims=True) + total - seen
    score = seen / np.maximum(either, 1)
    pairs = [(int(d), int(i)) for d, i in np.argwhere(score >= MATCH)]  # at most one each
    found = {d: i for d, i in pairs if i in counted}
    share = seen / np.maximum(total, 1)
    parts = {d: int(row.argmax()) for d, row in enumerate(share) if row.max(initial=0) > _FRAGMENT}
    matched = {d for d, _ in pairs}
    invented = [
        d
        for d in range(len(page.lines))
        if d not in matched and (d not in parts or parts[d] in counted)
    ]
    return Matches(tuple(counted), found, parts, tuple(invented), share)


def cut_at_known_place(picture: Gray, line: PlacedLine) -> Gray:
    """A line cut out where it is known to be, laid flat, with its neighbours; uint8 (h, w)."""
    corners = line.quad.astype(np.float64)
    down = (corners[3] - corners[0] + corners[2] - corners[1]) / 2
    along = (corners[1] - corners[0] + corners[2] - corners[3]) / 2
    height, width = float(np.hypot(*down)), float(np.hypot(*along))
    margin = _MARGIN * height
    size = (round(width + 2 * margin), round(height + 2 * margin))
    right, bottom = margin + width, margin + height
    flat = np.array(
        [[margin, margin], [right, margin], [right, bottom], [margin, bottom]], np.float32
    )
    matrix = cv2.getPerspectiveTransform(flat, line.quad)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop = cv2.warpPerspective(picture, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)


def _is_inside(line: PlacedLine, width: int, height: int) -> bool:
    return bool((line.quad >= 0).all() and (line.quad <= (width, height)).all())


def _ink_seen(photo: Photo, page: Page, line: PageLine) -> Shares:
    """Pixels of each line's ink that a crop shows, float64 (lines,), as pixels of the picture."""
    left, top, width, height = line.box
    box = photo.owner[top : top + height, left : left + width]
    seen = np.zeros(len(photo.lines))
    shown = line.hidden == 0
    for number in np.unique(box[box > 0]).tolist():
        ink = (photo.owner == number).astype(np.uint8) * np.uint8(255)
        inside = line.warp.from_picture(ink, page.plane.to_picture) > 127
        seen[number - 1] = float((inside & shown).sum())
    return np.asarray(seen * cv2.contourArea(line.quad) / line.crop.size)


def text_of_lines(matches: Matches, page: Page, readings: Sequence[str]) -> dict[int, str]:
    """What was read of each line, its parts from left to right; lines without any are left out."""
    texts: dict[int, str] = {}
    order = sorted(matches.parts, key=lambda d: page.lines[d].box[0])
    for position in order:
        line = matches.parts[position]
        texts[line] = f"{texts[line]} {readings[position]}" if line in texts else readings[position]
    return texts
