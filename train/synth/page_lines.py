"""Training lines as the search for lines cuts them out of photographed pages.

Lines of the training part are laid onto sheets, photographed under the conditions that the search
is measured with (``page_conditions``), found and cut out as on the device. What is left of rules,
neighbours and the camera's blur and noise is then what the network learns to read. Pages that are
measured are made of other lines (``train.splits``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count as endless
from itertools import islice
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_runtime.lines import find_lines
from edge_runtime.preprocess import Ink, Preprocessing, preprocess_rows
from train.cache import check_packed_name, write_packed
from train.progress import track
from train.synth.page_conditions import CONDITIONS
from train.synth.page_score import cut_at_known_place, match
from train.synth.paper import through_jpeg
from train.synth.sheet_lines import LinePool
from train.synth.sheet_photo import Photo, moved
from train.synth.sheet_source import SourceLines

Gray = NDArray[np.uint8]
Generator = np.random.Generator
Row = tuple[str, str, str | None, Ink]

DRAWN: Final = {
    "ten": 2.0,
    "plain": 1.0,
    "ruled": 2.0,
    "form": 1.0,
    "columns": 1.0,
    "label": 1.0,
    "touching": 2.0,
    "pasted": 1.0,
    "scan": 0.7,
    "turned": 1.0,
    "tilted": 1.0,
    "dim": 2.0,
}
"""How often each condition is drawn, beside the others: hard ones and those of few lines more."""
_WHOLE: Final = 0.95
"""A crop that shows less of its line's ink has lost letters that its label names."""


@dataclass(frozen=True)
class PageLineSettings:
    """Shares of pages and lines that are made harder than those of the conditions."""

    small: float = 0.25
    """Of pages that are reduced, so that letters are smaller."""
    smallest: float = 0.6
    """Least size of these, beside the condition's."""
    compressed: float = 0.3
    """Of pages that are compressed once more, as video is."""
    quality: tuple[int, int] = (25, 70)
    """Of that JPEG."""
    known: float = 0.15
    """Of lines that are cut at their known place, neighbours included, as by a careless crop."""


def page_lines(
    pool: LinePool,
    preprocessing: Preprocessing,
    seed: int | tuple[int, ...],
    settings: PageLineSettings | None = None,
    conditions: dict[str, float] | None = None,
) -> Iterator[Row]:
    """Endless lines (id, text, None, ink) of pages that are drawn one after another.

    Args:
        pool: the lines that sheets are written with.
        preprocessing: how crops become the network's input.
        seed: of all randomness.
        settings: what is made harder; the usual by default.
        conditions: weights by name; ``DRAWN`` by default.
    """
    settings, weights = settings or PageLineSettings(), conditions or DRAWN
    kinds = [condition for condition in CONDITIONS if weights.get(condition.name)]
    shares = np.array([weights[kind.name] for kind in kinds])
    rng = np.random.default_rng(seed)
    for page in endless():
        kind = kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))]
        photo = _harder(kind.draw(pool, int(rng.integers(1 << 31))), settings, rng)
        for number, (text, crop) in enumerate(_crops(photo, settings, rng)):
            rows = preprocess_rows(crop, preprocessing)
            if len(rows) == 1:  # a line in two rows has one label for both
                yield f"page/{kind.name}/{page}/{number}", text, None, rows[0]


def _harder(photo: Photo, settings: PageLineSettings, rng: Generator) -> Photo:
    """The picture smaller, or compressed once more, or as it is."""
    if rng.random() < settings.small:
        photo = _reduced(photo, float(rng.uniform(settings.smallest, 1.0)))
    if rng.random() < settings.compressed:
        photo = replace(photo, picture=through_jpeg(photo.picture, settings.quality, rng))
    return photo


def _reduced(photo: Photo, scale: float) -> Photo:
    size = tuple(max(1, round(side * scale)) for side in photo.picture.shape[::-1])
    picture = cv2.resize(photo.picture, size, interpolation=cv2.INTER_AREA)
    owner = cv2.resize(photo.owner, size, interpolation=cv2.INTER_NEAREST)
    lines = tuple(moved(line, np.diag([scale, scale, 1.0])) for line in photo.lines)
    return Photo(np.asarray(picture, np.uint8), np.asarray(owner, np.int16), lines)


def _crops(photo: Photo, settings: PageLineSettings, rng: Generator) -> Iterator[tuple[str, Gray]]:
    """Text and crop of the lines that were found whole, some of them cut at their known place."""
    page = find_lines(photo.picture)
    matches = match(photo, page)
    for found, position in matches.found.items():
        line = photo.lines[position]
        if rng.random() < settings.known:
            yield line.text, cut_at_known_place(photo.picture, line)
        elif matches.shown[found, position] >= _WHOLE:
            yield line.text, page.lines[found].crop


def write_page_lines(
    folders: Sequence[Path], count: int, preprocessing: Preprocessing, seed: int, out: Path
) -> None:
    """Write lines of pages of the data sets' training parts as a packed file.

    Raises:
        DataError: ``out`` is no .npy file, or the folders hold no data sets with training lines.
    """
    check_packed_name(out)
    pool = SourceLines.read(folders, "train").pool
    lines = page_lines(pool, preprocessing, seed)
    write_packed(out, track(islice(lines, count), "photographing", count), preprocessing.height)
