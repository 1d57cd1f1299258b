"""Preprocessed lines of a data set in two files: pixels to map into memory, and their index.

Preprocessing a data set takes a minute; training reads it hundreds of times. The cache's name is a
hash of the pictures' names, sizes and times, the labels and the preprocessing, so that it is never
stale. Training uses the very function that runs on the device.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_runtime.atomic import atomic_writer, write_atomically
from edge_runtime.errors import DataError, ImageError
from edge_runtime.image import load_gray
from edge_runtime.preprocess import Ink, Preprocessing, preprocess
from train.datasets import Sample

Flat = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class PackedLines:
    """Many lines of one height, row after row in one flat array.

    ``pixels`` uint8 (sum of widths x height,); line i is ``line(i)``, uint8 (height, widths[i]).
    """

    path: Path
    pixels: Flat
    height: int
    widths: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    texts: tuple[str, ...]
    ids: tuple[str, ...]
    writers: tuple[str | None, ...]

    def __len__(self) -> int:
        """Number of lines."""
        return len(self.texts)

    def line(self, i: int) -> Ink:
        """Line i as uint8 (height, width), read-only."""
        start = int(self.offsets[i])
        return self.pixels[start : start + self.height * int(self.widths[i])].reshape(
            self.height, int(self.widths[i])
        )


def check_packed_name(path: Path) -> None:
    """Refuse a name that is none of a packed file, before the work that would fill it.

    Raises:
        DataError: it does not end in .npy.
    """
    if path.suffix != ".npy":
        raise DataError(f"{path}: the file of packed lines must end in .npy")


def write_packed(
    path: Path, lines: Iterable[tuple[str, str, str | None, Ink]], height: int
) -> PackedLines:
    """Write (id, text, writer, ink) lines as ``path`` (.npy) and its index (.json), atomically.

    Raises:
        DataError: there is no line, or one has another height.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[str, str, str | None, int]] = []
    chunks: list[Flat] = []
    for line_id, text, writer, ink in lines:
        if ink.shape[0] != height:
            raise DataError(f"{line_id}: {ink.shape[0]} rows instead of {height}")
        chunks.append(np.ascontiguousarray(ink).reshape(-1))
        rows.append((line_id, text, writer, ink.shape[1]))
    if not rows:
        raise DataError("no readable line: nothing to train on")
    with atomic_writer(path) as file:
        np.save(file, np.concatenate(chunks))
    index = json.dumps({"height": height, "lines": rows}, ensure_ascii=False)
    write_atomically(path.with_suffix(".json"), index)
    return read_packed(path)


def read_packed(path: Path) -> PackedLines:
    """Map a packed file into memory.

    Raises:
        DataError: it is missing or damaged.
    """
    try:
        index = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        pixels = np.load(path, mmap_mode="r")
        ids, texts, writers, widths = zip(*index["lines"], strict=True)
        height = int(index["height"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not a packed line file ({error})") from None
    width_array = np.asarray(widths, np.int32)
    offsets = np.concatenate(([0], np.cumsum(width_array.astype(np.int64) * height)))[:-1]
    if len(pixels) != int(width_array.astype(np.int64).sum()) * height:
        raise DataError(f"{path}: the pixels do not fit the index; delete both files")
    return PackedLines(path, pixels, height, width_array, offsets, texts, ids, writers)


def cached_lines(
    samples: Sequence[Sample], settings: Preprocessing, folder: Path, workers: int = 1
) -> PackedLines:
    """Packed lines of the samples, preprocessed now or taken from the cache.

    A picture that cannot be read is left out with a word on stderr.
    """
    path = folder / f"lines-{_fingerprint(samples, settings)}.npy"
    if path.is_file() and path.with_suffix(".json").is_file():
        return read_packed(path)
    from train.progress import console, track  # needs rich, which reading a packed file does not

    prepare = partial(_prepare, settings=settings)
    with ProcessPoolExecutor(max(1, workers), mp_context=get_context("spawn")) as pool:
        inks = pool.map(prepare, [s.path for s in samples], chunksize=32)
        lines = []
        for sample, ink in zip(samples, track(inks, "preprocessing", len(samples)), strict=True):
            if isinstance(ink, str):
                console.print(f"{sample.id}: {ink}; left out")
                continue
            lines.append((sample.id, sample.text, sample.writer, ink))
    return write_packed(path, lines, settings.height)


def _prepare(path: Path, settings: Preprocessing) -> Ink | str:
    try:
        return preprocess(load_gray(path), settings)
    except ImageError as error:
        return str(error)


def _fingerprint(samples: Sequence[Sample], settings: Preprocessing) -> str:
    digest = hashlib.sha256(json.dumps(settings.as_dict(), sort_keys=True).encode())
    for sample in samples:
        stat = sample.path.stat()
        row = (sample.id, sample.text, sample.writer, stat.st_size, stat.st_mtime_ns)
        digest.update(repr(row).encode())
    return digest.hexdigest()[:16]
