"""Conditions under which the search for lines is measured: what the sheet is, how it is seen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from train.synth.sheet import write_sheet
from train.synth.sheet_layout import draw_layout
from train.synth.sheet_lines import LinePool
from train.synth.sheet_photo import (
    Photo,
    PhotoSettings,
    draw_scene,
    draw_view,
    photograph,
    scan,
)

_PICTURE: Final = (1280, 960)
"""A frame of a camera; every second sheet is upright, seen by an upright camera."""
_SHEET: Final = (1700, 1275)
"""Pixels of a sheet, more than the frame shows."""
_SCAN: Final = (1654, 1170)
"""A sheet of A4 at 144 dots per inch."""


@dataclass(frozen=True)
class Condition:
    """One kind of picture."""

    name: str
    what: str
    kinds: Sequence[str]
    """Layouts that are taken in turn, of ``sheet_layout.KINDS``."""
    photo: PhotoSettings = field(default_factory=PhotoSettings)
    scanned: bool = False
    lines: int | None = None
    """Lines of a sheet at most; as many as fit by default."""

    def draw(self, pool: LinePool, seed: int) -> Photo:
        """The picture number ``seed``; depends on the condition's name, the pool and the seed."""
        rng = np.random.default_rng((seed, *self.name.encode()))
        upright = seed % 2 == 1
        size = _SCAN if self.scanned else _SHEET
        layout = draw_layout(
            self.kinds[seed // 2 % len(self.kinds)],
            size[::-1] if upright else size,
            rng,
            lines=self.lines,
        )
        sheet = write_sheet(layout, pool, rng)
        if self.scanned:
            return scan(sheet, self.photo, rng)
        view = draw_view(self.photo, rng, _PICTURE[::-1] if upright else _PICTURE)
        return photograph(sheet, view, draw_scene(sheet, self.photo, rng), self.photo, rng)


_TEXT: Final = ("plain", "ruled")

CONDITIONS: Final = (
    Condition("ten", "a sheet with ten lines, held by hand", ("plain",), lines=10),
    Condition("plain", "as many lines as the paper holds", ("plain",)),
    Condition("ruled", "ruled paper", ("ruled",)),
    Condition("form", "a table with cell borders", ("form",)),
    Condition("columns", "two or three columns", ("columns",)),
    Condition("label", "a few lines whose sizes differ by up to three times", ("label",)),
    Condition("touching", "lines so close that letters touch", ("touching",)),
    Condition("pasted", "strips of other paper, with parts of their cells", ("pasted",)),
    Condition(
        "scan", "flat scans of plain, ruled and bordered paper", (*_TEXT, "form"), scanned=True
    ),
    Condition("turned", "turned by up to 15 degrees", _TEXT, PhotoSettings(turn=0.26, tilt=0.1)),
    Condition(
        "tilted", "seen at up to 32 degrees off the vertical", _TEXT, PhotoSettings(tilt=0.55)
    ),
    Condition(
        "dim",
        "poor light: half of it lost over the sheet, a noisy sensor",
        _TEXT,
        PhotoSettings(paper=(90, 150), surround=(10, 45), shading=(0.3, 0.6), noise=(3, 8)),
    ),
    Condition(
        "blank",
        "nothing written, ruled or not, in any light",
        ("blank",),
        PhotoSettings(paper=(90, 240), surround=(10, 95), shading=(0, 0.6), noise=(0.5, 8)),
    ),
)
