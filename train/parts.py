"""The parts of a labelled data set that a run trains on and measures on, as packed lines."""

from collections.abc import Callable
from pathlib import Path

from edge_runtime.charset import Charset, normalize_text
from edge_runtime.errors import DataError
from edge_runtime.preprocess import Preprocessing
from train.cache import PackedLines, cached_lines, read_packed
from train.datasets import Sample, read_dataset
from train.splits import PARTS, part_of

TRAIN = "train"
"""Name of the part that is trained on."""

Say = Callable[[str], None]


def name_of(path: Path) -> str:
    """What logs and cards call a data set: its folder's last two names, or the packed file's."""
    return path.stem if path.suffix == ".npy" else f"{path.parent.name}-{path.name}"


def read_parts(
    path: Path,
    charset: Charset,
    settings: Preprocessing,
    cache: Path,
    *,
    holdout: bool = True,
    workers: int = 1,
    say: Say = lambda text: None,
) -> dict[str, PackedLines]:
    """Preprocessed lines of a data set by part, parts without lines left out.

    Args:
        path: a folder of labelled lines, or packed lines (``.npy``), which are all trained on.
        charset: lines with other symbols are left out.
        settings: the network's preprocessing.
        cache: folder of preprocessed lines.
        holdout: keep the development writers and lines (splits.py) out of training.
        workers: processes that preprocess.
        say: receives a line for each sample or row that is left out.

    Raises:
        DataError: the data cannot be read or has no usable line.
    """
    if path.suffix == ".npy":
        return {TRAIN: read_packed(path)}
    parts = _parts(_usable(path, charset, say), holdout)
    return {
        part: cached_lines(samples, settings, cache, workers)
        for part, samples in parts.items()
        if samples
    }


def _usable(path: Path, charset: Charset, say: Say) -> list[Sample]:
    data = read_dataset(path)
    usable: list[Sample] = []
    for sample in data.samples:
        missing = charset.unknown(normalize_text(sample.text))
        if missing:
            say(f"{sample.id}: {''.join(missing)!r} outside the charset; left out")
        else:
            usable.append(sample)
    if data.problems:
        say(f"{path}: {len(data.problems)} bad rows; see `edge-htr data check {path}`")
    if not usable:
        raise DataError(f"{path}: no usable line; see `edge-htr data check {path}`")
    return usable


def _parts(samples: list[Sample], holdout: bool) -> dict[str, list[Sample]]:
    if not holdout:
        return {TRAIN: samples}
    parts: dict[str, list[Sample]] = {part: [] for part in PARTS}
    for sample in samples:
        parts[part_of(sample)].append(sample)
    if not parts[TRAIN]:  # a data set of a few lines: keep them for training
        return {TRAIN: samples}
    return parts
