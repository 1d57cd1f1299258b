"""`edge-htr convert` from a checkpoint to a bundle, and every way it says no."""

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

pytest.importorskip("tensorflow")
pytestmark = [pytest.mark.desktop, pytest.mark.timeout(900)]

from keras import Input, Model, layers  # noqa: E402

from convert import build, speed  # noqa: E402
from edge_runtime.cli import cli  # noqa: E402
from edge_runtime.network_file import NetworkFile  # noqa: E402
from edge_runtime.preprocess import Preprocessing  # noqa: E402
from edge_runtime.recognizer import Recognizer  # noqa: E402
from tests.tiny_models import model_path, write_picture  # noqa: E402
from tests.tiny_networks import randomise, reader, save  # noqa: E402

TEXTS = ("xa1 đx", "xx", "xa1x", "x1ax", "xộ x", "xxx", "x a1 x", "x1a ộx")


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A labelled data set in the block script."""
    folder = tmp_path_factory.mktemp("lines")
    for i, text in enumerate(TEXTS):
        write_picture(folder / f"{i}.png", text)
    rows = [f"{i}.png\t{text}\n" for i, text in enumerate(TEXTS)]
    (folder / "labels.tsv").write_text("".join(rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(reader(), tmp_path_factory.mktemp("checkpoint") / "reader.keras")


def convert(*arguments: Any) -> Result:
    return CliRunner().invoke(cli, ["convert", *map(str, arguments)])


@pytest.mark.slow
def test_a_checkpoint_becomes_a_bundle_that_reads(
    checkpoint: Path, lines: Path, tmp_path: Path
) -> None:
    target = tmp_path / "blocks.tflite"
    result = convert(checkpoint, "-o", target, "--calibration", lines)
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{target}: {target.stat().st_size} bytes\n"
    assert [path.name for path in tmp_path.iterdir()] == ["blocks.tflite"]

    recognizer = Recognizer(target, threads=1)
    for i, text in enumerate(TEXTS):
        assert recognizer.read_file(lines / f"{i}.png").text == text

    card = recognizer.bundle.card
    assert card.name == "blocks"
    assert card.precision == {"cnn": "int8", "head": "dynamic"}
    assert (card.layout, card.width_multiple) == ("dynamic", 32)
    assert 0 <= card.max_width - Preprocessing().max_width < 32
    assert card.training["checkpoint"]["file"] == "reader.keras"
    ids = card.training["calibration"]["ids"]
    assert 1 <= len(ids) <= len(TEXTS)  # some may be held out
    assert {Path(line).name for line in ids} <= {f"{i}.png" for i in range(len(TEXTS))}
    assert not any(line.startswith("/") for line in ids)

    found = card.training["conversion"]
    assert found["labelled"] == len(TEXTS)
    assert found["cer_tflite"] == found["cer_keras"] == 0.0
    assert 0 < found["logit_error"] < 0.1
    network = NetworkFile.parse(recognizer.bundle.network)
    assert not any(o.custom for graph in network.subgraphs for o in graph.operators)


@pytest.mark.slow
@pytest.mark.usefixtures("in_process")
def test_another_network_than_keras_is_not_written(
    checkpoint: Path, lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the converter had mixed up the weights."""
    shuffled = save(randomise(reader()), tmp_path / "shuffled.keras")
    honest = build.Builder._job
    monkeypatch.setattr(
        build.Builder,
        "_job",
        lambda *args, **kwargs: replace(honest(*args, **kwargs), checkpoint=shuffled),
    )
    target = tmp_path / "old.tflite"
    target.write_bytes(b"the model before")
    result = convert(
        *(checkpoint, "-o", target, "--calibration", lines, "--precision", "fp32"),
    )
    assert result.exit_code == 3
    assert "beyond tolerance on 8 lines: logit error" in result.stderr
    assert target.read_bytes() == b"the model before"


@pytest.mark.slow
def test_a_converter_that_dies_is_one_clear_error(
    checkpoint: Path, lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dying_stage.py").write_text(
        "import os\ndef convert_part(job):\n    os.kill(os.getpid(), 11)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    import importlib

    dying = importlib.import_module("dying_stage")
    monkeypatch.setattr(build, "convert_part", dying.convert_part)
    target = tmp_path / "old.tflite"
    target.write_bytes(b"the model before")
    result = convert(checkpoint, "-o", target, "--calibration", lines)
    assert result.exit_code == 1
    (error,) = [line for line in result.stderr.splitlines() if line.startswith("Error:")]
    assert error.startswith("Error: stage cnn-int8 died (SIGSEGV): use --precision fp32")
    assert target.read_bytes() == b"the model before"


@pytest.mark.slow
@pytest.mark.usefixtures("in_process")
def test_a_layer_without_a_place_is_named(tmp_path: Path) -> None:
    inputs = Input((48, None, 1))
    x = layers.Reshape((-1, 4))(layers.Conv2D(4, (48, 4), strides=(48, 4))(inputs))
    x = layers.SimpleRNN(4, return_sequences=True, name="memory")(x)
    path = save(Model(inputs, layers.Dense(8)(x)), tmp_path / "rnn.keras")
    result = convert(path, "-o", tmp_path / "a.tflite")
    assert result.exit_code == 1
    assert "layer 'memory' (SimpleRNN) cannot be exported: use GRU or LSTM" in result.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("in_process")
def test_a_charset_of_another_size_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "charset.txt").write_text("abc", encoding="utf-8")
    arguments = (checkpoint, "-o", tmp_path / "a.tflite", "--charset", tmp_path / "charset.txt")
    result = convert(*arguments)
    assert result.exit_code == 1
    assert "the network has 8 classes, the charset has 3 symbols" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_conversion_cut_short_leaves_no_half_file(
    checkpoint: Path, lines: Path, tmp_path: Path, root_dir: Path, how: signal.Signals
) -> None:
    target = tmp_path / "a.tflite"
    target.write_bytes(b"the model before")
    command = [
        *(sys.executable, "-m", "edge_runtime", "convert", str(checkpoint)),
        *("-o", str(tmp_path / "a.tflite"), "--calibration", str(lines)),
    ]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with subprocess.Popen(
        *(command,),
        cwd=root_dir,
        env={**os.environ, "TMPDIR": str(scratch)},
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background job ignores Ctrl-C, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        guard = threading.Timer(600, process.kill)
        guard.start()
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("converting cnn"):
                process.send_signal(how)
        guard.cancel()
    assert process.returncode == (130 if how == signal.SIGINT else -how)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tflite", "scratch"]
    assert target.read_bytes() == b"the model before"
    if how == signal.SIGINT:  # after SIGKILL nobody is left to clear the scratch folder
        assert list(scratch.iterdir()) == []


def test_without_a_card_or_a_charset_it_says_what_is_missing(tmp_path: Path) -> None:
    path = save(reader(), tmp_path / "net.keras")
    path.with_suffix(".json").unlink()
    result = convert(path, "-o", tmp_path / "a.tflite")
    assert result.exit_code == 1
    assert "net.json is missing" in result.stderr
    assert "--charset FILE" in result.stderr


@pytest.mark.parametrize("content", [b"", b"weights", model_path().read_bytes()])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.keras"
    path.write_bytes(content)
    result = convert(path, "-o", tmp_path / "a.tflite")
    assert result.exit_code == 1
    assert f"Error: {path}: not a Keras checkpoint" in result.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["net.keras"]


def test_an_output_folder_that_is_missing_is_said_at_once(checkpoint: Path, tmp_path: Path) -> None:
    result = convert(checkpoint, "-o", tmp_path / "nowhere" / "a.tflite")
    assert result.exit_code == 1
    assert "its folder does not exist" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [["missing.keras", "-o", "a.tflite"], ["-o", "a.tflite"], ["--precision", "int3"]],
)
def test_wrong_usage_has_its_own_exit_code(arguments: list[str]) -> None:
    assert convert(*arguments).exit_code == 2


@pytest.mark.slow
@pytest.mark.usefixtures("in_process")
def test_all_precisions_in_one_command_with_a_report(
    checkpoint: Path, lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed, "_RUNS", 3)
    target, report = tmp_path / "m.tflite", tmp_path / "m.html"
    arguments = (checkpoint, "-o", target, "--calibration", lines, "--report", report)
    result = convert(*arguments, "--precision", "all", "--width", 256)
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "m.json").read_text("utf-8"))
    networks = {row["precision"]: row for row in found["networks"]}
    assert list(networks) == ["fp32", "fp16", "dynamic", "mixed", "int8", "int16x8"]
    for precision, row in networks.items():
        path = tmp_path / f"m-{precision}.tflite"
        assert path.exists() == (row["file"] is not None)
        assert row["file"] or row["failures"] or row["refused"]
    for precision in ("fp32", "fp16", "dynamic", "mixed"):
        row = networks[precision]
        assert row["file"] == f"m-{precision}.tflite"
        assert row["bytes"]["bundle"] - (tmp_path / row["file"]).stat().st_size < 2000
        assert {parity["cer_tflite"] for parity in row["parity"].values()} == {0.0}
        assert all(speed["fastest_ms"] > 0 for speed in row["speed"].values())
    assert networks["int8"].get("operators", {}).get("WHILE") is None
    search = networks["mixed"]["search"]
    assert {row["method"] for row in search["calibration"]} == {"min-max", "percentile", "mse"}
    assert {"bands", "bigru1", "bigru2"} <= set(search["layers"])
    page = report.read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "mixed" in page


@pytest.mark.slow
@pytest.mark.usefixtures("in_process")
def test_channels_are_pruned_beside_a_control_and_a_second_run_trains_nothing(
    checkpoint: Path, lines: Path, tmp_path: Path
) -> None:
    target = tmp_path / "small.tflite"
    command = (
        *(checkpoint, "-o", target, "--calibration", lines, "--prune", 0.5),
        *("--finetune", lines, "--finetune-lines", 16, "--max-prune-loss", 1000),
        *("--tolerance", 100, "--max-cer-loss", 100),
    )
    result = convert(*command)
    assert result.exit_code == 0, result.output
    card = Recognizer(target, threads=1).bundle.card
    (note,) = card.training["pruning"]
    assert note["channels"]["bigru1"] == [24, 12]
    assert note["parameters"][1] < note["parameters"][0]
    for label in ("pruned", "control"):
        assert (tmp_path / "small.work" / label / "round-1" / "model.keras").is_file()
    again = convert(*command)
    assert again.exit_code == 0, again.output
    assert "pruned, round 1 of 1: done before" in again.stderr
    assert "fine-tuning" not in again.stderr


def test_pruning_without_lines_to_mend_it_is_wrong_usage(checkpoint: Path, tmp_path: Path) -> None:
    result = convert(checkpoint, "-o", tmp_path / "a.tflite", "--prune", 0.5)
    assert result.exit_code == 2
    assert "--prune needs --finetune" in result.stderr
