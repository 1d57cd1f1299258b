"""A whole run in small: it learns, stops, resumes exactly, and starts from other weights."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("tensorflow")

from edge_runtime.cli import cli
from train.checkpoint import load_model, read_card

pytestmark = [pytest.mark.desktop, pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
RECIPE = """
[network]
family = "slim-gru"
config = { first = 4, stages = [6, 8, 8], features = 12, units = [10], dropout = 0.1 }

[batches]
size = 4
width_step = 480

[optimizer]
learning_rate = 5e-3
warmup_steps = 2

[run]
epochs = EPOCHS
lines_per_epoch = 16
precision = "float32"
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "set" / "lines"
    folder.mkdir(parents=True)
    rows = []
    for i in range(24):
        text = f"Tổ {i}" if i % 2 else f"ab {i}"
        picture = np.full((60, 240), 230, np.uint8)
        cv2.putText(picture, f"ab {i}", (10, 40), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 40, 2)
        cv2.imwrite(str(folder / f"{i}.png"), picture)
        rows.append(f"{i}.png\t{text}\n")
    (folder / "labels.tsv").write_text("".join(rows), encoding="utf-8")
    return folder


def run(tmp_path: Path, data: Path, out: str, epochs: int, *options: str) -> Path:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE.replace("EPOCHS", str(epochs)))
    arguments = ["train", "--data", str(data), "--recipe", str(recipe), "--out"]
    arguments += [str(tmp_path / out), "--cache", str(tmp_path / "cache"), *options]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return tmp_path / out


def weights(checkpoint: Path) -> list[np.ndarray]:
    return [np.asarray(w) for w in load_model(checkpoint).get_weights()]


def log(folder: Path) -> list[dict[str, str]]:
    with (folder / "log.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_run_leaves_checkpoint_card_and_logs(tmp_path: Path, data: Path) -> None:
    out = run(tmp_path, data, "out", 3)
    card = read_card(out / "model.keras")
    assert card.family == "slim-gru"
    assert card.preprocessing.height == 48
    assert card.time_stride == 4
    rows = log(out)
    assert [r["epoch"] for r in rows] == ["1", "2", "3"]
    assert float(rows[2]["loss"]) < float(rows[0]["loss"])
    assert list((out / "tensorboard").iterdir())


def test_resume_continues_exactly(tmp_path: Path, data: Path) -> None:
    whole = run(tmp_path, data, "whole", 3)
    stopped = tmp_path / "parts"
    code = f"""
import os, signal
from train.report import StepReport
done = StepReport.step_done
def interrupt(self, loss):
    done(self, loss)
    if self._state.epoch == 1 and self._state.step == 1:
        os.kill(os.getpid(), signal.SIGINT)
StepReport.step_done = interrupt
from edge_runtime.cli import cli
cli(["train", "--data", {str(data)!r}, "--recipe", {str(tmp_path / "recipe.toml")!r},
     "--out", {str(stopped)!r}, "--cache", {str(tmp_path / "cache")!r}])
"""
    result = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert result.returncode == 130, result.stderr.decode()[-2000:]
    run(tmp_path, data, "parts", 3, "--resume")
    for a, b in zip(weights(whole / "model.keras"), weights(stopped / "model.keras"), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-6)


def test_a_run_is_not_overwritten_and_nothing_is_not_resumed(tmp_path: Path, data: Path) -> None:
    run(tmp_path, data, "out", 1)
    again = CliRunner().invoke(cli, ["train", "--data", str(data), "--out", str(tmp_path / "out")])
    assert again.exit_code == 1
    assert "--resume it" in again.output
    nothing = ["train", "--data", str(data), "--out", str(tmp_path / "new"), "--resume"]
    result = CliRunner().invoke(cli, [*nothing, "--cache", str(tmp_path / "cache")])
    assert "nothing to resume" in result.output


def test_transfer_to_another_charset(tmp_path: Path, data: Path) -> None:
    first = run(tmp_path, data, "first", 1)
    charset = tmp_path / "charset.txt"
    charset.write_text("€abTổ 0123456789", encoding="utf-8")
    init = ("--init", str(first / "model.keras"), "--charset", str(charset))
    second = run(tmp_path, data, "second", 0, *init)
    old, new = read_card(first / "model.keras").charset, read_card(second / "model.keras").charset
    a, b = (load_model(f / "model.keras").get_layer("head").get_weights() for f in (first, second))
    for symbol in "abTổ 05":
        i, j = old.encode(symbol)[0], new.encode(symbol)[0]
        np.testing.assert_array_equal(a[0][:, i], b[0][:, j])
    np.testing.assert_array_equal(a[1][-1], b[1][-1])
    conv = [
        load_model(f / "model.keras").get_layer("stem0_conv").get_weights()[0]
        for f in (first, second)
    ]
    np.testing.assert_array_equal(conv[0], conv[1])


def test_lines_seen_before_are_counted_after_a_resume_too(tmp_path: Path, data: Path) -> None:
    first = run(tmp_path, data, "first", 1)
    run(tmp_path, data, "second", 1, "--init", str(first / "model.keras"))
    second = run(tmp_path, data, "second", 2, "--resume")
    assert read_card(first / "model.keras").provenance["lines_seen"] == 16
    assert read_card(second / "model.keras").provenance["lines_seen"] == 16 + 2 * 16


def test_a_teacher_is_named_and_one_of_another_alphabet_refused(tmp_path: Path, data: Path) -> None:
    teacher = run(tmp_path, data, "teacher", 0) / "model.keras"
    taught = run(tmp_path, data, "taught", 1, "--teacher", str(teacher))
    assert read_card(taught / "model.keras").provenance["teacher"] == "model.keras"
    (tmp_path / "letters.txt").write_text("Tổab 0123456789")
    arguments = ["train", "--data", str(data), "--recipe", str(tmp_path / "recipe.toml")]
    arguments += ["--charset", str(tmp_path / "letters.txt"), "--teacher", str(teacher)]
    arguments += ["--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache")]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 1
    assert "another charset" in result.output


def test_transfer_from_another_family_is_refused(tmp_path: Path, data: Path) -> None:
    first = run(tmp_path, data, "first", 0)
    arguments = ["train", "--data", str(data), "--arch", "seed", "--epochs", "0", "--init"]
    arguments += [str(first / "model.keras"), "--out", str(tmp_path / "x")]
    result = CliRunner().invoke(cli, [*arguments, "--cache", str(tmp_path / "cache")])
    assert result.exit_code == 1
    assert "of another family" in result.output


def test_no_data_and_unknown_recipe(tmp_path: Path, data: Path) -> None:
    for options, message in (
        ([], "no --data given"),
        (["--recipe", "none"], "no recipe 'none'"),
        (["--data", str(tmp_path / "nowhere")], "no such folder"),
        (["--data", str(data), "--recipe", "vi-line"], "give --fonts and --text"),
    ):
        arguments = ["train", "--out", str(tmp_path / "o"), "--cache", str(tmp_path / "cache")]
        result = CliRunner().invoke(cli, [*arguments, *options])
        assert result.exit_code == 1
        assert message in result.output


def test_the_same_command_trains_on_jax_and_the_checkpoint_loads_here(
    tmp_path: Path, data: Path
) -> None:
    pytest.importorskip("jax")
    pytest.importorskip("optax")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE.replace("EPOCHS", "1"))
    # Compiling is nearly all of the time: as little of it as XLA can do.
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    environment["XLA_FLAGS"] = "--xla_backend_optimization_level=0"
    command = [sys.executable, "-m", "edge_runtime", "train", "--data", str(data), "--recipe"]
    command += [str(recipe), "--out", str(tmp_path / "jax"), "--cache", str(tmp_path / "cache")]
    subprocess.run(command, env=environment, check=True, capture_output=True, cwd=ROOT)
    assert float(log(tmp_path / "jax")[0]["loss"]) > 0
    untrained = run(tmp_path, data, "untrained", 0)
    trained = weights(tmp_path / "jax" / "model.keras")
    for a, b in zip(weights(untrained / "model.keras"), trained, strict=True):
        assert a.shape == b.shape
        assert np.isfinite(b).all()


def brute_force(logits: np.ndarray, label: list[int]) -> float:
    """CTC loss by enumerating every alignment."""
    from itertools import product

    from edge_runtime.ctc import greedy_classes, softmax

    p = softmax(logits)
    total = 0.0
    for path in product(range(logits.shape[1]), repeat=len(logits)):
        one_hot = np.eye(logits.shape[1], dtype=np.float32)[list(path)]
        if greedy_classes(one_hot, logits.shape[1] - 1)[0] == label:
            total += float(np.prod([p[t, c] for t, c in enumerate(path)]))
    return -float(np.log(total))


LOSS = """
import json, sys
import numpy as np
from train.loss import CtcLoss
logits = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")
labels = np.array([[0, 1, 1, -1], [2, -1, -1, -1]], "int32")
losses = [CtcLoss().call(labels[i : i + 1], logits[i : i + 1])[0] for i in (0, 1)]
print(json.dumps([float(x) for x in losses]))
"""


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_the_loss_is_ctc_on_both_backends(backend: str) -> None:
    if backend == "jax":
        pytest.importorskip("jax")
        pytest.importorskip("optax")
    environment = {**os.environ, "KERAS_BACKEND": backend}
    result = subprocess.run(
        [sys.executable, "-c", LOSS], env=environment, check=True, capture_output=True, text=True
    )
    logits = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")
    expected = [brute_force(logits[0], [0, 1, 1]), brute_force(logits[1], [2])]
    assert json.loads(result.stdout) == pytest.approx(expected, rel=1e-4)
