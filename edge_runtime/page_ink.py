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
_RUN: Final = 27
"""Pixels of a level run that may belong to a rule."""
_BESIDE: Final = 0.22
"""Just above and below a rule there is less ink than this; in the middle of letters, a third."""
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

    def whole(self) -> Mask:
        """All ink."""
        return np.asarray(self.letters | self.level | self.upright, np.uint8)


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
    mask = (soft > ink_threshold(soft, inside)).astype(np.uint8)
    level, thickest = _long_runs(mask)
    upright = np.ascontiguousarray(_long_runs(mask.T)[0].T)
    return PageInk(paper, soft, _without_rules(mask, level, thickest, upright), level, upright)


def find_paper(gray: Gray) -> Gray:
    """Brightness of the bare paper around each pixel, uint8 like ``gray``.

    A closing fills what is narrower than its window, so strokes, and leaves the edges between
    papers of different shades where they are; a median would move them and make them look like ink.
    """
    rows, columns = gray.shape
    half = (max(1, columns // 2), max(1, rows // 2))
    small = cv2.resize(gray, half, interpolation=cv2.INTER_AREA)
    window = np.ones((_WINDOW, _WINDOW), np.uint8)
    small = cv2.blur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, window), (3, 3))
    paper = cv2.resize(small, (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.max(paper, gray), np.uint8)


def ink_threshold(darkness: Ink, inside: Mask | None = None) -> float:
    """Darkness from which a pixel is ink: far above the paper's grain, and part of the strokes'."""
    counts = np.bincount((darkness if inside is None else darkness[inside > 0]).ravel(), minlength=256)
    total = np.cumsum(counts)
    if total[-1] == 0:
        return 255.0
    low, grain = (int(np.searchsorted(total, total[-1] * q)) for q in (0.2, 0.5))
    floor = grain + max(9.0, 4.0 * (grain - low) / 0.84)
    strokes = counts.copy()
    strokes[: int(np.ceil(floor))] = 0
    if strokes.sum() == 0:
        return floor
    total = np.cumsum(strokes)
    typical = int(np.searchsorted(total, total[-1] * 0.5))
    return max(floor, 0.3 * typical)


def _long_runs(mask: Mask) -> tuple[Mask, int]:
    """Long, thin and nearly level runs of ink with little ink beside them.

    They are ruled lines and borders of cells, slanted by up to about four degrees.

    Returns:
        1 where they are, uint8 (h, w), and the thickness of the thickest, pixels.
    """
    # Two rows more join the steps of a slanted line into runs.
    joined = cv2.dilate(np.ascontiguousarray(mask), np.ones((3, 1), np.uint8))
    runs = np.asarray(cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((1, _RUN), np.uint8)), np.uint8)
    # Faint rules have gaps.
    linked = cv2.morphologyEx(runs, cv2.MORPH_CLOSE, np.ones((1, _RUN // 2), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(linked, connectivity=8)
    length, area = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_AREA]
    thickness = np.maximum(area / np.maximum(length, 1) - 2.0, 1.0)
    keep = (length > _RULE_SHARE * max(mask.shape)) & (length > _RULE_RATIO * thickness)
    keep[0] = False
    if keep.any():
        keep &= _ink_beside(mask, labels, count) < _BESIDE
    thickest = int(np.ceil(thickness[keep].max())) if keep.any() else 0
    return np.asarray(keep.astype(np.uint8)[labels], np.uint8), thickest


def _ink_beside(mask: Mask, labels: npt.NDArray[np.int32], count: int) -> npt.NDArray[np.float64]:
    """Share of ink in the rows just above and below each run, float64 (count,)."""
    near = cv2.dilate(labels.astype(np.uint16), np.ones((9, 1), np.uint8))
    inner = cv2.dilate((labels > 0).astype(np.uint8), np.ones((3, 1), np.uint8))
    strip = (near > 0) & (inner == 0)
    whose = near[strip]
    total = np.bincount(whose, minlength=count)
    inked = np.bincount(whose, weights=mask[strip], minlength=count)
    return np.asarray(inked / np.maximum(total, 1), np.float64)


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
