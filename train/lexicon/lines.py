"""Labelled lines as the network sees them, for scripts that decode the same lines many times."""

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from edge_runtime.ctc import Logits
from edge_runtime.errors import DataError
from edge_runtime.image import load_gray
from edge_runtime.recognizer import Recognizer
from train.eval_cli import load_samples

Lines = list[tuple[str, Logits]]
"""Label and logits of each line."""


def read_lines(model: Path, folder: Path, part: str) -> Lines:
    """The lines of one part of a data set.

    Raises:
        DataError: no such folder or part.
        BundleError: no usable model.
    """
    recognizer = Recognizer(model, threads=1)
    samples = load_samples(folder, part)
    lines = []
    with click.progressbar(samples, label=f"Reading {folder.name}", file=sys.stderr) as progress:
        for sample in progress:
            lines.append((sample.text, recognizer.logits(load_gray(sample.path))))
    return lines


def parse_sets(model: Path, items: Iterable[str]) -> dict[str, Lines]:
    """The lines of each DIR:PART, by a name for people.

    Raises:
        DataError: an item has no colon, or names nothing.
    """
    sets = {}
    for item in items:
        folder, colon, part = item.rpartition(":")
        if not colon:
            raise DataError(f"{item!r} is not DIR:PART, such as lines/:all")
        path = Path(folder)
        sets[f"{path.parent.name}/{path.name} {part}"] = read_lines(model, path, part)
    return sets
