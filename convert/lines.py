"""Line pictures for calibration and comparison: which ones, and how they go into the network.

The choice is reproducible: it follows from the ids alone, so the same folder gives the same file.
Calibration takes lines of the training part and covers widths, darkness, writers and letters
(``cover.py``). The search for a mixed precision takes other lines of the training part. The
comparison with Keras prefers lines that training and calibration have not seen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import edge_runtime
from convert.cover import cover
from edge_runtime.errors import DataError, ImageError
from edge_runtime.image import load_gray
from edge_runtime.preprocess import Ink, Preprocessing, preprocess
from train.datasets import Sample, read_dataset
from train.splits import part_of, unit_hash

SAMPLES = Path(edge_runtime.__file__).with_name("samples")
"""The synthetic lines that come with the package; used where the user names no pictures."""

_PICTURES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
_POOL = 4
"""Candidates looked at for each calibration line."""
_SEARCH = 160
"""Lines that a search for a mixed precision reads for each choice it tries."""


@dataclass(frozen=True)
class Line:
    """One prepared line."""

    id: str
    ink: Ink
    """uint8 (H, W), white ink on black."""
    text: str
    """Its label, empty if unknown."""
    writer: str | None = None
    picture: Path | None = None
    """The picture it was made from."""


@dataclass(frozen=True)
class LineSets:
    """What a conversion looks at."""

    calibration: tuple[Line, ...]
    search: tuple[Line, ...]
    """Other lines of the training part; those calibrated on where there are no others."""
    parity: tuple[Line, ...]

    @property
    def calibration_ids(self) -> list[str]:
        """What was calibrated on, for the card."""
        return [line.id for line in self.calibration]


def gather(
    folders: Sequence[Path],
    settings: Preprocessing,
    calibration: int,
    parity: int,
    proof: Sequence[Path] = (),
) -> LineSets:
    """Choose and prepare lines.

    Args:
        folders: each a data set (``labels.tsv`` or the Kalapa layout) or a folder of pictures;
            none: the package's samples.
        settings: the network's preprocessing.
        calibration: lines to calibrate on, at most.
        parity: lines to compare on, at most.
        proof: folders whose lines are compared on and never calibrated on.

    Raises:
        DataError: a folder cannot be read, or no picture in them.
    """
    samples = _shuffled(s for folder in folders or [SAMPLES] for s in find_samples(folder))
    train = [s for s in samples if part_of(s) == "train"]
    held_out = _shuffled(s for folder in proof for s in find_samples(folder))
    held_out += [s for s in samples if part_of(s) != "train"] if not proof else []
    pool = prepare((train or samples)[: calibration * _POOL], settings)
    if not pool:
        raise DataError("no readable line picture to calibrate and compare with")
    chosen = tuple(pool[i] for i in cover(pool, calibration))
    used = {line.id for line in chosen}
    unused = [line for line in pool if line.id not in used]
    compared = [*prepare(held_out[:parity], settings), *([] if proof else [*unused, *chosen])]
    return LineSets(chosen, tuple(unused[:_SEARCH]) or chosen, tuple(compared[:parity]))


def _shuffled(samples: Iterable[Sample]) -> list[Sample]:
    return sorted(samples, key=lambda sample: unit_hash(sample.id, "calibration"))


def find_samples(folder: Path) -> list[Sample]:
    """Labelled lines of a data set, or all pictures below a folder without labels.

    Raises:
        DataError: the folder is missing or holds no picture.
    """
    if (folder / "labels.tsv").is_file() or (folder / "annotations").is_dir():
        found = read_dataset(folder).samples
    else:
        found = [
            Sample(f"{folder.name}/{path.relative_to(folder)}", path, "")
            for path in sorted(folder.rglob("*"))
            if path.suffix.lower() in _PICTURES
        ]
    if not found:
        raise DataError(f"{folder}: no line picture in it: give a folder with some")
    return found


def prepare(samples: Iterable[Sample], settings: Preprocessing) -> list[Line]:
    """Preprocess the pictures; unreadable ones are left out."""
    lines = []
    for sample in samples:
        try:
            ink = preprocess(load_gray(sample.path), settings)
        except ImageError:
            continue
        lines.append(Line(sample.id, ink, sample.text, sample.writer, sample.path))
    return lines


def store(path: Path, arrays: Sequence[npt.NDArray[np.generic]]) -> Path:
    """Write arrays for a child process as ``.npz``, in order."""
    np.savez(path, **{str(i): array for i, array in enumerate(arrays)})  # type: ignore[arg-type]
    return path


def fetch(path: Path) -> list[npt.NDArray[Any]]:
    """Read what ``store`` wrote."""
    with np.load(path) as stored:
        return [stored[str(i)] for i in range(len(stored.files))]
