"""The lines of data sets that measured sheets are written with, and the pictures they come from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from edge_runtime.errors import DataError, ImageError
from edge_runtime.image import load_gray
from train.datasets import Sample, read_dataset
from train.progress import console, track
from train.splits import part_of, select
from train.synth.sheet_lines import InkLine, LinePool, cut_ink

PARTS: Final = ("dev", "dev-writers", "dev-lines", "train", "all")
"""Those of ``train.splits``; ``dev`` is all that is kept out of training."""


@dataclass(frozen=True)
class SourceLines:
    """The lines that sheets are made of."""

    pool: LinePool
    paths: dict[str, Path]

    @cached_property
    def named(self) -> dict[str, InkLine]:
        """The lines by their names."""
        return {line.name: line for line in self.pool.lines}

    @classmethod
    def read(cls, folders: Sequence[Path], part: str) -> "SourceLines":
        """Read the lines of data sets; a picture that cannot be read is left out with a word.

        Args:
            folders: the data sets.
            part: one of ``PARTS``.

        Raises:
            DataError: a folder is no data set, there is no such part, or no line of it in any.
        """
        samples = [s for f in folders for s in _of_part(read_dataset(f).samples, part)]
        cut = (_cut(sample) for sample in track(samples, "cutting out ink", len(samples)))
        lines = [line for line in cut if line is not None]
        if not lines:
            raise DataError(f"no line of part {part!r} in {', '.join(map(str, folders))}")
        return cls(LinePool(lines), {s.id: s.path for s in samples})


def _cut(sample: Sample) -> InkLine | None:
    try:
        return cut_ink(load_gray(sample.path), sample.text, sample.id)
    except ImageError as error:
        console.print(f"{sample.id}: {error}; left out")
        return None


def _of_part(samples: Iterable[Sample], part: str) -> list[Sample]:
    if part == "dev":
        return [sample for sample in samples if part_of(sample) != "train"]
    return select(samples, part)
