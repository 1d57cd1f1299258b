"""Reads lines with a Keras model: in batches during training, picture by picture in ``eval``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_runtime.charset import Charset
from edge_runtime.ctc import greedy
from edge_runtime.image import Gray
from edge_runtime.preprocess import Ink, Preprocessing, preprocess_rows
from edge_runtime.row_choice import choose_rows
from train.batches import padded_labels
from train.cache import PackedLines
from train.checkpoint import load_model, read_card

Logits = npt.NDArray[np.float32]


def pad_batch(inks: Sequence[Ink], multiple: int) -> npt.NDArray[np.float32]:
    """Lines as the network's input, float32 (B, H, W, 1) in 0..1, right-padded with 0."""
    width = max(ink.shape[1] for ink in inks)
    width = -(-width // multiple) * multiple
    out = np.zeros((len(inks), inks[0].shape[0], width, 1), np.float32)
    for i, ink in enumerate(inks):
        out[i, :, : ink.shape[1], 0] = ink
    out *= np.float32(1 / 255)
    return out


def batched_logits(
    model: Any, lines: PackedLines, batch: int, multiple: int
) -> Iterator[tuple[npt.NDArray[np.int64], Logits]]:
    """Logits of all lines, (positions, float32 (B, T, classes)), like widths together."""
    order = np.argsort(lines.widths, kind="stable")
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        # A last batch filled up has the shape of the others: no further compilation.
        filled = np.resize(rows, batch)
        pixels = pad_batch([lines.line(int(i)) for i in filled], multiple)
        yield rows, np.asarray(model.predict_on_batch(pixels), np.float32)[: len(rows)]


def read_lines(
    model: Any, lines: PackedLines, charset: Charset, batch: int, multiple: int
) -> tuple[list[str], float]:
    """Greedy readings in the order of the lines, and the mean CTC loss in nats a line."""
    from train.loss import CtcLoss

    texts = [""] * len(lines)
    loss, total = CtcLoss(), 0.0
    for rows, logits in batched_logits(model, lines, batch, multiple):
        classes = padded_labels([lines.texts[int(i)] for i in rows], charset)
        total += float(loss(classes, logits)) * len(rows)
        for i, line in zip(rows, logits, strict=True):
            texts[int(i)] = greedy(line, charset).text
    return texts, total / max(1, len(lines))


@dataclass
class KerasReader:
    """A checkpoint that reads pictures, the counterpart of ``Recognizer`` for ``.keras``."""

    model: Any
    charset: Charset
    preprocessing: Preprocessing
    width_multiple: int

    def logits(self, ink: Ink) -> Logits:
        """Logits of one preprocessed line, float32 (T, classes)."""
        pixels = pad_batch([ink], self.width_multiple)
        return np.asarray(self.model.predict_on_batch(pixels)[0], np.float32)

    def picture_logits(self, gray: Gray) -> Logits:
        """Logits of one grey picture, uint8 (h, w), the way ``Recognizer.logits`` gets them."""
        pictures = preprocess_rows(gray, self.preprocessing)
        return choose_rows([self.logits(ink) for ink in pictures], self.charset)

    def read(self, gray: Gray) -> str:
        """Text of one grey picture, uint8 (h, w)."""
        return greedy(self.picture_logits(gray), self.charset).text


def load_reader(path: Path) -> KerasReader:
    """Open a checkpoint for reading.

    Raises:
        RecipeError: the checkpoint or its card is missing or damaged.
    """
    card = read_card(path)
    return KerasReader(load_model(path), card.charset, card.preprocessing, card.width_multiple)
