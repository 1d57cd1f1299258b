"""Line pictures for calibration and comparison: which ones, and how they go into the network.

The choice is reproducible: it follows from the ids alone, so the same folder gives the same file.
Calibration takes lines of the training part and covers narrow and wide, faint and dark ones;
the comparison with Keras prefers lines that training and calibration have not seen.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import edge_runtime
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


@dataclass(frozen=True)
class Line:
    """One prepared line."""

    id: str
    ink: Ink
    """uint8 (H, W), white ink on black."""
    text: str
    """Its label, empty if unknown."""


@dataclass(frozen=True)
class LineSets:
    """What a conversion looks at."""

    calibration: tuple[Line, ...]
    parity: tuple[Line, ...]

    @property
    def calibration_hash(self) -> str:
        """Hex SHA-256 of the ids calibrated on, which names the choice in the card."""
        joined = "\n".join(line.id for line in self.calibration)
        return hashlib.sha256(joined.encode()).hexdigest()


def gather(
    folders: Sequence[Path], settings: Preprocessing, calibration: int, parity: int
) -> LineSets:
    """Choose and prepare lines.

    Args:
        folders: each a data set (``labels.tsv`` or the Kalapa layout) or a folder of pictures;
            none: the package's samples.
        settings: the network's preprocessing.
        calibration: lines to calibrate on, at most.
        parity: lines to compare on, at most.

    Raises:
        DataError: a folder cannot be read, or no picture in them.
    """
    samples = [s for folder in folders or [SAMPLES] for s in find_samples(folder)]
    samples.sort(key=lambda s: unit_hash(s.id, "calibration"))
    train = [s for s in samples if part_of(s) == "train"]
    held_out = [s for s in samples if part_of(s) != "train"]
    pool = prepare((train or samples)[: calibration * _POOL], settings)
    if not pool:
        raise DataError("no readable line picture to calibrate and compare with")
    chosen = tuple(pool[i] for i in cover(pool, calibration))
    used = {line.id for line in chosen}
    unused = [line for line in pool if line.id not in used]
    seen = [*unused, *chosen]
    return LineSets(chosen, (*prepare(held_out[:parity], settings), *seen)[:parity])


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
        lines.append(Line(sample.id, ink, sample.text))
    return lines


def cover(lines: Sequence[Line], count: int) -> list[int]:
    """Indices of ``count`` lines that span the widths and, within each width, the darkness.

    The widest, narrowest, darkest and faintest are among them: they set the ranges of int8.
    """
    if len(lines) <= count:
        return list(range(len(lines)))
    widths = np.array([line.ink.shape[1] for line in lines])
    darkness = np.array([float(line.ink.mean()) for line in lines])
    ends = [one(values) for values in (widths, darkness) for one in (np.argmin, np.argmax)]
    chosen = list(dict.fromkeys(int(i) for i in ends))[:count]
    rest = np.setdiff1d(np.argsort(widths, kind="stable"), chosen, assume_unique=True)
    groups = np.array_split(rest, max(1, int(count**0.5)))
    shares = np.diff(np.linspace(0, count - len(chosen), len(groups) + 1).astype(int))
    for group, share in zip(groups, shares, strict=True):
        ordered = group[np.argsort(darkness[group], kind="stable")]
        places = np.linspace(0, len(ordered) - 1, share).round().astype(int)
        chosen.extend(int(i) for i in ordered[places])
    return sorted(chosen)


def store(path: Path, arrays: Sequence[npt.NDArray[np.generic]]) -> Path:
    """Write arrays for a child process as ``.npz``, in order."""
    np.savez(path, **{str(i): array for i, array in enumerate(arrays)})  # type: ignore[arg-type]
    return path


def fetch(path: Path) -> list[npt.NDArray[Any]]:
    """Read what ``store`` wrote."""
    with np.load(path) as stored:
        return [stored[str(i)] for i in range(len(stored.files))]
