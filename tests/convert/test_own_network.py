"""A network that a user built: other layers and sizes, LSTM, another alphabet, no training card."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("tensorflow")
pytestmark = [pytest.mark.desktop, pytest.mark.slow, pytest.mark.timeout(900)]

from keras import Input, Model, layers  # noqa: E402

from edge_runtime.cli import cli  # noqa: E402
from edge_runtime.recognizer import Recognizer  # noqa: E402
from tests.block_script import BANDS, CHARSET, CODES, HEIGHT, STRIDE  # noqa: E402
from tests.tiny_models import write_picture  # noqa: E402
from tests.tiny_networks import INKED  # noqa: E402

TEXTS = ("xa1 đx", "xx", "xa1x", "x1ax", "xộ x", "xxx", "x a1 x", "x1a ộx")
UNITS = 40
ALPHABET = dict(zip(CHARSET.symbols, "qwertyuiop"[: len(CHARSET)], strict=True))
"""The letters that this user gives to the block script's classes."""


def own_crnn() -> Any:
    """Convolutions, LSTM one way and back, a softmax; set by hand to read the block script."""
    count = len(BANDS)
    picture = Input((HEIGHT, None, 1), name="picture")
    x = layers.Conv2D(count, (HEIGHT, STRIDE), strides=(HEIGHT, STRIDE), name="first")(picture)
    x = layers.Conv2D(3 * count, 1, activation="tanh", name="second")(x)
    x = layers.Reshape((-1, 3 * count), name="columns")(x)
    lstm = layers.LSTM(UNITS, return_sequences=True)
    x = layers.Bidirectional(lstm, name="memory")(x)
    x = layers.Dense(len(CODES) + 1, activation="softmax", name="letters")(x)
    model = Model(picture, x, name="my_crnn")
    kernel = np.zeros((HEIGHT, STRIDE, 1, count), np.float32)
    for band, (top, bottom) in enumerate(BANDS):
        kernel[top:bottom, :, 0, band] = 1.0 / ((bottom - top) * STRIDE)
    model.get_layer("first").set_weights([kernel, np.full(count, -INKED, np.float32)])
    wide = np.tile(4 * np.eye(count, dtype=np.float32), 3)[None, None]
    model.get_layer("second").set_weights([wide, np.zeros(3 * count, np.float32)])
    model.get_layer("memory").set_weights([*_open_lstm(3 * count), *_open_lstm(3 * count)])
    head = np.zeros((2 * UNITS, len(CODES) + 1), np.float32)
    codes = 10 * (np.array([*CODES.values(), (0, 0, 0)], np.float32).T * 2 - 1)
    head[:count], head[UNITS : UNITS + count] = codes, codes
    bias = np.zeros(len(CODES) + 1, np.float32)
    bias[-1] = 8
    model.get_layer("letters").set_weights([head, bias])
    return model


def _open_lstm(features: int) -> list[Any]:
    """Weights that let the first inputs through: write and read always, keep nothing."""
    rng = np.random.default_rng(features)
    kernel = np.zeros((features, 4 * UNITS), np.float32)
    for i in range(len(BANDS)):
        kernel[i, 2 * UNITS + i] = 3
    kernel[:, 2 * UNITS + len(BANDS) : 3 * UNITS] = rng.normal(
        0, 0.2, (features, UNITS - len(BANDS))
    )
    bias = np.repeat([9.0, -9.0, 0.0, 9.0], UNITS).astype(np.float32)
    return [kernel, np.zeros((UNITS, 4 * UNITS), np.float32), bias]


@pytest.mark.usefixtures("in_process")
def test_it_becomes_an_int8_hybrid_that_reads(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    lines.mkdir()
    rows = []
    for i, text in enumerate(TEXTS):
        write_picture(lines / f"{i}.png", text)
        rows.append(f"{i}.png\t{translated(text)}\n")
    (lines / "labels.tsv").write_text("".join(rows), encoding="utf-8")
    own_crnn().save(tmp_path / "mine.keras")
    (tmp_path / "letters.txt").write_text("".join(ALPHABET.values()), encoding="utf-8")
    target = tmp_path / "mine.tflite"
    result = CliRunner().invoke(
        cli,
        [
            *("convert", str(tmp_path / "mine.keras"), "-o", str(target)),
            *("--charset", str(tmp_path / "letters.txt"), "--calibration", str(lines)),
        ],
    )
    assert result.exit_code == 0, result.output
    recognizer = Recognizer(target, threads=1)
    for i, text in enumerate(TEXTS):
        assert recognizer.read_file(lines / f"{i}.png").text == translated(text)
    card = recognizer.bundle.card
    assert card.precision == {"cnn": "int8", "head": "dynamic"}
    assert card.training["conversion"]["cer_keras"] == 0.0
    assert card.training["conversion"]["logit_error"] < 0.1


def translated(text: str) -> str:
    """A text of the block script in this user's letters."""
    return "".join(ALPHABET[letter] for letter in text)
