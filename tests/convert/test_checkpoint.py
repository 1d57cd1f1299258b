"""The training card beside a checkpoint."""

import json
from pathlib import Path

import pytest

from convert.checkpoint import UNKNOWN_STRIDE, check_fit, read_training_card, sha256_of
from edge_runtime.errors import ConversionError
from edge_runtime.preprocess import Preprocessing

CARD = {
    "schema": 1,
    "family": "slim-gru",
    "config": {"features": 12},
    "charset": "abc",
    "preprocessing": Preprocessing().as_dict(),
    "time_stride": 4,
    "width_multiple": 32,
    "provenance": {"data": ["a"]},
    "metrics": [{"cer": 0.1}],
}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "net.keras"
    path.write_bytes(b"weights")
    path.with_suffix(".json").write_text(json.dumps(CARD), encoding="utf-8")
    return path


def test_the_card_is_read(checkpoint: Path) -> None:
    card = read_training_card(checkpoint, None)
    assert (card.family, card.charset.symbols, card.time_stride) == ("slim-gru", "abc", 4)


def test_a_missing_card_asks_for_the_charset(checkpoint: Path) -> None:
    checkpoint.with_suffix(".json").unlink()
    with pytest.raises(ConversionError, match=r"net\.json is missing.*--charset FILE"):
        read_training_card(checkpoint, None)


def test_a_charset_stands_in_for_a_missing_card(checkpoint: Path, tmp_path: Path) -> None:
    checkpoint.with_suffix(".json").unlink()
    symbols = tmp_path / "charset.txt"
    symbols.write_text(" aăâ\n", encoding="utf-8")
    card = read_training_card(checkpoint, symbols)
    assert card.charset.symbols == " aăâ"
    assert card.time_stride == UNKNOWN_STRIDE


def test_a_charset_replaces_the_cards(checkpoint: Path, tmp_path: Path) -> None:
    symbols = tmp_path / "charset.txt"
    symbols.write_text("xyz", encoding="utf-8")
    card = read_training_card(checkpoint, symbols)
    assert (card.charset.symbols, card.family) == ("xyz", "slim-gru")


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 9}', '{"schema": 1, "family": "a"}'])
def test_a_damaged_card_is_refused(checkpoint: Path, text: str) -> None:
    checkpoint.with_suffix(".json").write_text(text)
    with pytest.raises(ConversionError, match=r"net\.json"):
        read_training_card(checkpoint, None)


def test_a_damaged_charset_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    symbols = tmp_path / "charset.txt"
    symbols.write_text("abca", encoding="utf-8")
    with pytest.raises(ConversionError, match=r"charset\.txt is not a charset: .*repeats"):
        read_training_card(checkpoint, symbols)


def test_card_and_network_must_fit(checkpoint: Path) -> None:
    card = read_training_card(checkpoint, None)
    check_fit(card, classes=4, height=48)
    with pytest.raises(ConversionError, match="5 classes, the charset has 3 symbols"):
        check_fit(card, classes=5, height=48)
    with pytest.raises(ConversionError, match="32 high"):
        check_fit(card, classes=4, height=32)


def test_the_hash_is_that_of_the_file(checkpoint: Path) -> None:
    assert sha256_of(checkpoint).startswith("9a129038d9a00aed")
