"""Geometry of a picture: how large it is, where the text and the borders of its cell stand."""

from dataclasses import dataclass

import numpy as np

from train.synth.render import Frame
from train.synth.settings import PaperSettings

Generator = np.random.Generator

FORMS = ("row", "faint")
"""Kinds of paper with cells: photographed form rows and faint scans of them."""
SCANS = ("scan", "tinted")
"""Kinds without: clean scans, and photographs of uneven, darker paper."""

_SCAN_ASPECT = (15.5, 18.3)
_MIN_BODY, _HEIGHTS = 9.0, (56, 140)
_TIGHTEST = 0.72
"""Letters are narrowed to this share at most before they are made smaller."""
_TALL = 0.8
"""Body height over picture height is this much smaller for text in capitals."""
_RIGHT = 0.4
"""Free room right of the text, in body heights."""


@dataclass(frozen=True)
class Page:
    """One picture's geometry in pixels; the borders may lie outside the picture."""

    kind: str
    frame: Frame
    top: float
    """Upper border of the cell."""
    bottom: float
    right: float
    skew: float
    """Slope of the borders."""


def draw_kind(form: bool, settings: PaperSettings, rng: Generator) -> str:
    """Kind of paper: a form row or a scan, each with its rarer variant."""
    if form:
        return "faint" if rng.random() < settings.faint else "row"
    return "tinted" if rng.random() < settings.tinted else "scan"


def draw_page(kind: str, width: float, tall: bool, settings: PaperSettings, rng: Generator) -> Page:
    """Place a text ``width`` body heights wide on a page; ``tall`` is text in capitals."""
    form = kind in FORMS
    body = float(rng.triangular(settings.body_px[0], 19.0, settings.body_px[1]))
    ratio = float(rng.uniform(*(settings.row_ratio if form else settings.scan_ratio)))
    ratio *= _TALL if tall else 1.0
    height = round(min(max(body / ratio, _HEIGHTS[0]), _HEIGHTS[1]))
    aspect = float(rng.uniform(*(settings.row_aspect if form else _SCAN_ASPECT)))
    share = float(rng.uniform(0.9, 0.96)) if form and rng.random() < settings.next_cell else 1.0
    cell = height * aspect * share
    margin = body * _margin(rng)
    room = cell - margin - _RIGHT * body
    condense = min(1.0, max(room / (width * body), _TIGHTEST))
    body = max(body * min(1.0, room / (width * body * condense)), _MIN_BODY)
    used = margin + (width * condense + _RIGHT) * body
    cell = max(cell, used)
    if kind == "tinted" or (kind == "scan" and rng.random() < 0.3):
        cell = used + body * float(rng.uniform(0.2, 3.0))
    baseline = (0.3 * body if tall else 0.0) + _baseline(
        height, body, form and rng.random() < settings.cut, rng
    )
    frame = Frame(height, round(cell / share), margin, baseline, body, condense)
    above, below = float(rng.uniform(1.7, 2.8)), float(rng.uniform(0.35, 1.1))
    right = cell if share < 1.0 else frame.width + 50.0
    skew = float(rng.normal(0.0, 0.004))
    return Page(kind, frame, baseline - above * body, baseline + below * body, right, skew)


def _margin(rng: Generator) -> float:
    """Left margin in body heights: mostly narrow, now and then a wide indent."""
    wide = rng.random() < 0.12
    return float(rng.uniform(2.0, 8.0) if wide else rng.uniform(0.1, 1.6))


def _baseline(height: int, body: float, cut: bool, rng: Generator) -> float:
    """Row of the baseline: the body about in the middle, or so that an edge cuts letters."""
    if not cut:
        return height * float(rng.normal(0.52, 0.05)) + 0.5 * body
    if rng.random() < 0.75:
        return height - body * float(rng.uniform(-0.05, 0.4))
    return body * float(rng.uniform(1.4, 1.8))
