"""`edge-htr run`: results, and every wrong input tried as a user would."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from edge_runtime.cli import cli
from tests.tiny_models import TEXT, encoded, model_path, packed, write_picture

MODEL = ["--model", str(model_path()), "--threads", "1"]


def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, ["run", *map(str, arguments)], input=stdin)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return write_picture(tmp_path / "line.png")


def test_a_picture_is_read(picture: Path) -> None:
    result = run(picture, *MODEL)
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{TEXT}\n", "")


def test_a_folder_is_read_in_natural_order(tmp_path: Path) -> None:
    for name, text in (("2.png", "xăộx"), ("10.jpg", "xx"), ("1.png", TEXT)):
        write_picture(tmp_path / name, text)
    (tmp_path / "labels.tsv").write_text("1.png\tnot read\n")
    assert run(tmp_path, *MODEL).stdout.splitlines() == [TEXT, "xăộx", "xx"]


def test_stdin_is_read() -> None:
    result = run("-", "--format", "jsonl", *MODEL, stdin=encoded())
    record = json.loads(result.stdout)
    assert (record["source"], record["text"]) == ("-", TEXT)
    assert list(record) == ["source", "page_line", "box", "text", "confidence", "words", "ms"]
    assert list(record["ms"]) == ["decode", "preprocess", "infer", "ctc"]


@pytest.mark.parametrize("format_", ["text", "jsonl", "tsv", "hocr"])
def test_a_file_gets_what_stdout_would_get(picture: Path, tmp_path: Path, format_: str) -> None:
    out = tmp_path / "out"
    result = run(picture, "--format", format_, "--out", out, *MODEL)
    assert (result.exit_code, result.stdout) == (0, "")
    assert TEXT.split()[0] in out.read_text(encoding="utf-8")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["line.png", "out"]


def test_output_is_utf8_whatever_the_locale(picture: Path) -> None:
    result = CliRunner(charset="latin-1").invoke(cli, ["run", str(picture), *MODEL])
    assert result.stdout_bytes.decode("utf-8") == f"{TEXT}\n"


# Wrong inputs: one clear line each, the rest of the batch is read, and the exit code is 1.


def bad_pictures(folder: Path) -> dict[str, str]:
    """Writes pictures that cannot be read; their names, and what is said of each."""
    cv2.imwrite(str(folder / "one.png"), np.zeros((1, 1), np.uint8))
    (folder / "empty.png").touch()
    (folder / "cut.png").write_bytes(encoded()[:200])
    (folder / "cut.jpg").write_bytes(encoded(suffix=".jpg")[:900])
    (folder / "text.jpg").write_text("This is no picture at all.\n" * 20)
    return {
        "one.png": "1x1 pixels is too small",
        "empty.png": "the file is empty",
        "cut.png": "truncated",
        "cut.jpg": "truncated",
        "text.jpg": "not a picture",
        "gone.png": "no such file",
    }


def test_bad_pictures_are_reported_and_the_rest_is_read(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    expected = bad_pictures(tmp_path)
    good = [write_picture(tmp_path / f"good{i}.png") for i in range(2)]
    names = [tmp_path / name for name in expected]
    result = run(good[0], *names, good[1], "--format", "jsonl", *MODEL)
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert [r.get("text") for r in records] == [TEXT, *[None] * len(names), TEXT]
    lines = result.stderr.splitlines()
    assert len(lines) == len(names)
    for record, line, (name, reason) in zip(records[1:], lines, expected.items(), strict=False):
        assert set(record) == {"source", "error"}
        assert record["source"].endswith(name)
        assert reason in record["error"]
        assert line == f"Error: {record['source']}: {record['error']}"
    assert capfd.readouterr().err == ""  # nor a word from the decoders


@pytest.mark.parametrize(("width", "height"), [(20000, 20), (20, 20000)])
def test_a_thread_of_a_picture_is_refused_and_the_rest_is_read(
    tmp_path: Path, picture: Path, width: int, height: int
) -> None:
    path = tmp_path / "long.png"
    cv2.imwrite(str(path), np.full((height, width), 230, np.uint8))
    result = run(path, picture, *MODEL)
    assert result.exit_code == 1
    assert result.stdout == f"\n{TEXT}\n"
    assert f"{width}x{height} pixels is too long and thin" in result.stderr


def test_an_empty_or_missing_folder_is_reported(tmp_path: Path, picture: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run(tmp_path / "empty", tmp_path / "missing", picture, *MODEL)
    assert result.exit_code == 1
    assert result.stdout == f"\n\n{TEXT}\n"
    assert "no picture in this folder" in result.stderr
    assert "no such file" in result.stderr


def test_nothing_on_stdin_is_reported() -> None:
    result = run("-", *MODEL, stdin=b"")
    assert result.exit_code == 1
    assert result.stderr == "Error: -: nothing came from stdin\n"


def test_an_output_file_is_whole_even_when_pictures_fail(tmp_path: Path, picture: Path) -> None:
    out = tmp_path / "out.jsonl"
    result = run(tmp_path / "gone.png", picture, "--format", "jsonl", "--out", out, *MODEL)
    assert result.exit_code == 1
    assert len(out.read_text(encoding="utf-8").splitlines()) == 2


def test_an_output_folder_that_does_not_exist_is_one_line(picture: Path, tmp_path: Path) -> None:
    result = run(picture, "--out", tmp_path / "no" / "out.txt", *MODEL)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "No such file or directory" in result.stderr


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "identifier check failed"),
        (b"This is a text file, not a model.", "identifier check failed"),
        (encoded(), "identifier check failed"),
        (b"PK\x03\x04 a .keras file is a ZIP archive", "identifier check failed"),
        (model_path().read_bytes()[:-200], "archive check failed"),
        (packed(layout="fixed"), "input check failed"),
    ],
)
def test_a_wrong_model_stops_with_one_line(
    picture: Path, tmp_path: Path, content: bytes, reason: str
) -> None:
    model = tmp_path / "wrong.tflite"
    model.write_bytes(content)
    result = run(picture, "--model", model)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: {model}: {reason}")
    assert len(result.stderr.splitlines()) == 1


def test_a_missing_model_stops_with_one_line(picture: Path, tmp_path: Path) -> None:
    result = run(picture, "--model", tmp_path / "gone.tflite")
    assert result.exit_code == 1
    assert result.stderr == f"Error: {tmp_path / 'gone.tflite'}: no such file\n"


@pytest.mark.parametrize(
    ("lexicon", "reason"), [("builtin", "use --lexicon none"), ("words.bin", "words.bin: cannot")]
)
def test_a_lexicon_is_refused_with_the_way_out(picture: Path, lexicon: str, reason: str) -> None:
    result = run(picture, "--lexicon", lexicon, *MODEL)
    assert result.exit_code == 1
    assert reason in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_runtime_that_is_not_there_stops_with_one_line(
    picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_HTR_RUNTIME", "nonsense")
    result = run(picture, *MODEL)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: no runtime 'nonsense'")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["a.png", "--format", "xml"],
        ["a.png", "--threads", "0"],
        ["a.png", "--threads", "many"],
        ["a.png", "--runtime", "onnx"],
        ["a.png", "--colour"],
    ],
)
def test_wrong_usage_exits_2(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_reading_imports_no_training_code(picture: Path) -> None:
    import subprocess

    code = (
        "import sys; from edge_runtime.cli import cli\n"
        "cli(sys.argv[1:], standalone_mode=False)\n"
        "heavy = {'tensorflow', 'keras', 'jax', 'train', 'convert'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "run", str(picture), *MODEL],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{TEXT}\n", "")
