"""What is known of a trained network beside its weights: the card that training left beside it.

``NAME.json`` lies beside ``NAME.keras`` and holds everything that a device needs to know later:
alphabet, preprocessing, strides, where the network comes from and how well it reads.
"""

import hashlib
from dataclasses import replace
from pathlib import Path

from edge_runtime.charset import Charset
from edge_runtime.errors import ConversionError, DataError, RecipeError
from edge_runtime.preprocess import Preprocessing
from train.checkpoint import CheckpointCard, card_path, read_card

UNKNOWN_STRIDE = 0
"""Stands for a time stride that no card tells and that the network itself has to show."""


def read_training_card(checkpoint: Path, charset: Path | None) -> CheckpointCard:
    """Read the card that lies beside a checkpoint.

    Args:
        checkpoint: ``NAME.keras``.
        charset: text file of the symbols in class order, which replaces the card's, or stands in
            for a missing card together with the default preprocessing.

    Raises:
        ConversionError: there is neither a card nor a charset, or one of them is damaged.
    """
    symbols = _read_charset(charset) if charset is not None else None
    path = card_path(checkpoint)
    if not path.is_file():
        if symbols is None:
            raise ConversionError(
                f"{path} is missing: put the training card beside the checkpoint, or name the"
                " alphabet with --charset FILE (symbols in class order)"
            )
        return CheckpointCard("unknown", {}, symbols, Preprocessing(), UNKNOWN_STRIDE, 1)
    try:
        card = read_card(checkpoint)
    except RecipeError as error:
        raise ConversionError(str(error)) from None
    return card if symbols is None else replace(card, charset=symbols)


def _read_charset(path: Path) -> Charset:
    try:
        return Charset(path.read_text("utf-8").rstrip("\r\n"))
    except (OSError, ValueError, DataError) as error:
        raise ConversionError(f"{path} is not a charset: {error}") from None


def check_fit(card: CheckpointCard, classes: int, height: int) -> None:
    """The card must be this network's.

    Args:
        card: from beside the checkpoint.
        classes: output classes of the network, the CTC blank included.
        height: rows of its input, pixels.

    Raises:
        ConversionError: the alphabet and the blank are not the classes, or the heights differ.
    """
    if len(card.charset) + 1 != classes:
        raise ConversionError(
            f"the network has {classes} classes, the charset has {len(card.charset)} symbols and"
            f" the blank: give the charset of {classes - 1} symbols it was trained with"
        )
    if card.preprocessing.height != height:
        raise ConversionError(
            f"the network takes lines {height} high, the preprocessing makes them"
            f" {card.preprocessing.height} high: the training card is not this network's"
        )


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
