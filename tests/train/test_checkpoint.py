"""What a run leaves behind, damaged in every way a user may meet."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from edge_runtime.errors import RecipeError
from edge_runtime.preprocess import Preprocessing
from tests.tiny_models import model_path
from train.checkpoint import check_file, load_state, read_card

CARD = {
    "schema": 1,
    "family": "slim-gru",
    "config": {},
    "charset": "abc",
    "preprocessing": Preprocessing().as_dict(),
    "time_stride": 4,
    "width_multiple": 32,
}


def archive(path: Path, *names: str) -> Path:
    """A ZIP file with members of these names."""
    with zipfile.ZipFile(path, "w") as file:
        for name in names:
            file.writestr(name, b"{}" * 500)
    return path


def test_a_keras_file_is_let_through(tmp_path: Path) -> None:
    check_file(archive(tmp_path / "net.keras", "config.json", "model.weights.h5"))


@pytest.mark.parametrize("kind", ["empty", "text", "cut", "zip", "tflite"])
def test_what_is_no_keras_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = archive(tmp_path / "net.keras", "config.json", "model.weights.h5")
    content = {
        "empty": b"",
        "text": b"This is no checkpoint.\n",
        "cut": path.read_bytes()[:700],
        "zip": archive(tmp_path / "other.zip", "readme.txt").read_bytes(),
        "tflite": model_path().read_bytes(),
    }[kind]
    path.write_bytes(content)
    with pytest.raises(RecipeError, match=r"net\.keras: not a Keras checkpoint"):
        check_file(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"gone\.keras: no such checkpoint"):
        check_file(tmp_path / "gone.keras")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "damaged"),
        ("{", "damaged"),
        ("[]", "damaged"),
        ("{}", "damaged \\(it has no 'schema'\\)"),
        (json.dumps({**CARD, "schema": 9}), "another version"),
        (json.dumps({**CARD, "charset": None}), "damaged"),
        (json.dumps({**CARD, "colour": 1}), "damaged"),
    ],
)
def test_a_damaged_card_is_one_line(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps(CARD), encoding="utf-8")
    assert read_card(tmp_path / "net.keras").charset.symbols == "abc"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=rf"net\.json: .*{reason}") as caught:
        read_card(tmp_path / "net.keras")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [0, 30, 200])
def test_a_state_cut_short_names_the_way_out(tmp_path: Path, size: int) -> None:
    path = tmp_path / "state.npz"
    with path.open("wb") as file:
        np.savez(file, position=np.zeros(4, np.uint8))
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(RecipeError, match=r"state\.npz: damaged .* --init .*last\.keras"):
        load_state(None, path)
