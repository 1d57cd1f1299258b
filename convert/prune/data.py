"""Lines to fine-tune on and to measure importance on: the training part of labelled data sets."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from convert.prune.spec import BATCH, IMPORTANCE_LINES, Round
from edge_runtime.charset import Charset
from edge_runtime.errors import RecipeError
from edge_runtime.preprocess import Preprocessing
from train.batches import Source, padded_labels
from train.cache import PackedLines
from train.checkpoint import CheckpointCard
from train.evaluate import pad_batch
from train.parts import TRAIN, name_of, read_parts
from train.recipe import Recipe, recipe_from_dict

WIDTH_STEP = 96

Batch = tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]
"""Pictures float32 (B, H, W, 1) and classes int32 (B, L), padded with -1."""


def recipe_of(card: CheckpointCard, work: Round) -> Recipe:
    """The recipe that the network was trained with, for fine-tuning: shorter, in small steps."""
    try:
        recipe = recipe_from_dict(card.provenance.get("recipe", {}))
    except RecipeError:  # written by another version, or by another program
        recipe = Recipe()
    run = replace(
        recipe.run,
        epochs=work.epochs,
        lines_per_epoch=work.lines_per_epoch,
        evaluate_every=work.epochs,
        early_stopping=0,
        restore_best=False,
    )
    optimizer = replace(
        recipe.optimizer, learning_rate=work.rate, schedule="cosine", plateau_patience=0
    )
    return replace(
        recipe,
        preprocessing=card.preprocessing,
        batches=replace(recipe.batches, size=BATCH),
        optimizer=optimizer,
        run=run,
    )


def read_lines(
    folders: Sequence[Path], charset: Charset, settings: Preprocessing, cache: Path
) -> tuple[list[Source], dict[str, PackedLines]]:
    """Training sources of equal weight, and the development lines by name.

    Args:
        folders: labelled data sets, or packed lines (``.npy``).
        charset: lines with other symbols are left out.
        settings: the network's preprocessing.
        cache: folder of preprocessed lines.

    Raises:
        DataError: a folder cannot be read or has no usable line for training.
    """
    sources: list[Source] = []
    development: dict[str, PackedLines] = {}
    for folder in folders:
        name = name_of(folder)
        for part, lines in read_parts(folder, charset, settings, cache).items():
            if part == TRAIN:
                sources.append(Source(lines, 1.0, name))
            else:
                development[f"{name}-{part}"] = lines
    return sources, development


def importance_batches(sources: Sequence[Source], charset: Charset) -> list[Batch]:
    """Small batches of like width, of lines spread evenly over the sources."""
    chosen = [
        (source.lines, int(i))
        for source in sources
        for i in np.linspace(0, len(source.lines) - 1, IMPORTANCE_LINES // len(sources))
    ]
    chosen.sort(key=lambda one: int(one[0].widths[one[1]]))
    longest = max(len(text) for source in sources for text in source.lines.texts)
    batches = []
    for start in range(0, len(chosen), 4):
        rows = chosen[start : start + 4]
        classes = padded_labels([lines.texts[i] for lines, i in rows], charset, longest)
        batches.append((pad_batch([lines.line(i) for lines, i in rows], WIDTH_STEP), classes))
    return batches
