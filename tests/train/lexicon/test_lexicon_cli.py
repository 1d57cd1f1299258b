"""`edge-htr lexicon`, and `--lexicon` of run and eval, as a user calls them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge_runtime.bundle import Bundle, write_bundle
from edge_runtime.cli import cli
from edge_runtime.lexicon import Lexicon
from tests.lexicons import FOLDER, vietnam_bytes
from tests.tiny_models import TEXT, model_path, packed, write_picture
from train.lexicon.build import Recipe, build, read_weights


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments)])


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A lexicon of words in the alphabet of the tiny models."""
    listed = tmp_path / "words.txt"
    listed.write_text(f"{TEXT}\nxá đx\t3\n", encoding="utf-8")
    out = tmp_path / "words.bin"
    result = run("lexicon", "build", "--words", listed, "-o", out)
    assert result.exit_code == 0, result.stderr
    return out


def test_a_word_list_becomes_a_lexicon_with_one_command(words: Path) -> None:
    lexicon = Lexicon.open(words)
    assert lexicon.meta.name == "words"
    assert lexicon.meta.words == 3
    assert lexicon.meta.weights == read_weights()
    shown = run("lexicon", "info", words)
    assert f"words: {words.stat().st_size} bytes" in shown.stdout
    assert "from          words.txt" in shown.stdout


def test_places_become_a_lexicon_with_their_notices(tmp_path: Path) -> None:
    table = tmp_path / "places.tsv"
    table.write_text("Xã A\t00012\tHuyện B\t003\tTỉnh C\t04\n", encoding="utf-8")
    out = tmp_path / "places.bin"
    result = run("lexicon", "build", "--places", table, "--name", "mine", "-o", out)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[0] == f"mine: {out.stat().st_size} bytes"
    for row in ("provinces     1", "districts     1", "wards         1", "with code     3"):
        assert row in result.stdout


def test_a_folder_of_lists_carries_its_licence(tmp_path: Path) -> None:
    out = tmp_path / "vietnam.bin"
    out.write_bytes(vietnam_bytes())
    shown = run("lexicon", "info", out, "--notices")
    assert "MIT License" in shown.stdout
    assert "MIT License" not in run("lexicon", "info", out).stdout


def test_without_sources_nothing_is_built(tmp_path: Path) -> None:
    result = run("lexicon", "build", "-o", tmp_path / "x.bin")
    assert result.exit_code == 2
    assert "give at least one of --words" in result.stderr


def test_an_empty_list_leaves_the_old_file(tmp_path: Path) -> None:
    listed, out = tmp_path / "none.txt", tmp_path / "x.bin"
    listed.write_text("\n\n")
    out.write_bytes(b"old")
    result = run("lexicon", "build", "--words", listed, "-o", out)
    assert result.exit_code == 1
    assert result.stderr == "Error: no word in the sources: nothing to build a lexicon from\n"
    assert out.read_bytes() == b"old"


def test_weights_can_be_given(tmp_path: Path) -> None:
    listed, weights = tmp_path / "words.txt", tmp_path / "weights.toml"
    listed.write_text("an\n")
    weights.write_text("scale = 0.25\n")
    out = tmp_path / "x.bin"
    assert (
        run("lexicon", "build", "--words", listed, "--weights", weights, "-o", out).exit_code == 0
    )
    assert Lexicon.open(out).meta.weights.scale == 0.25
    weights.write_text("luck = 1\n")
    result = run("lexicon", "build", "--words", listed, "--weights", weights, "-o", out)
    assert (result.exit_code, "unknown weight luck" in result.stderr) == (1, True)


def test_an_attached_lexicon_is_the_builtin_one(words: Path, tmp_path: Path) -> None:
    model = tmp_path / "with.tflite"
    result = run("lexicon", "attach", words, model_path(), "-o", model)
    assert result.exit_code == 0, result.stderr
    bundle, before = Bundle.open(model), Bundle.open(model_path())
    assert bundle.lexicon == words.read_bytes()
    assert (bundle.network, bundle.card) == (before.network, before.card)
    assert "words         3" in run("lexicon", "info", model).stdout
    copied = run("lexicon", "attach", model, model_path(), "-o", tmp_path / "again.tflite")
    assert copied.exit_code == 0
    result = run("lexicon", "info", model_path())
    assert (result.exit_code, "this model has no lexicon" in result.stderr) == (1, True)


def test_a_foreign_file_is_not_attached(tmp_path: Path) -> None:
    foreign, out = tmp_path / "x.bin", tmp_path / "out.tflite"
    foreign.write_bytes(b"no lexicon at all")
    result = run("lexicon", "attach", foreign, model_path(), "-o", out)
    assert (result.exit_code, out.exists()) == (1, False)
    assert "x.bin: identifier check failed" in result.stderr


@pytest.fixture
def builtin(words: Path, tmp_path: Path) -> Path:
    model = tmp_path / "builtin.tflite"
    old = Bundle.open(model_path())
    write_bundle(model, old.network, old.card, old.charset, words.read_bytes())
    return model


@pytest.mark.parametrize("choice", ["none", "builtin", "file"])
def test_run_and_eval_read_with_each_choice(
    builtin: Path, words: Path, tmp_path: Path, choice: str
) -> None:
    data = tmp_path / "set"
    data.mkdir()
    picture = write_picture(data / "1.png")
    (data / "labels.tsv").write_text(f"1.png\t{TEXT}\n", encoding="utf-8")
    option = ["--lexicon", str(words) if choice == "file" else choice]
    result = run("run", picture, "--model", builtin, "--threads", "1", *option)
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{TEXT}\n", "")
    result = run("eval", builtin, data, "--json", "-", *option)
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert (report["cer"], report["lexicon"]) == (0, option[1])


def test_a_lexicon_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    picture = write_picture(tmp_path / "1.png")
    model = ["--model", str(model_path())]
    result = run("run", picture, *model, "--lexicon", "builtin")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "has no lexicon: use --lexicon none or a file" in result.stderr
    result = run("run", picture, *model, "--lexicon", tmp_path / "none.bin")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "none.bin: cannot be read (No such file or directory)" in result.stderr


def test_a_hostile_lexicon_in_a_model_is_one_clear_line(tmp_path: Path) -> None:
    model = tmp_path / "hostile.tflite"
    old = Bundle.open(model_path())
    write_bundle(model, old.network, old.card, old.charset, b"EHTRLEX1" + b"\xff" * 90)
    picture = write_picture(tmp_path / "1.png")
    result = run("run", picture, "--model", model, "--lexicon", "builtin")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: header check failed")
    assert run("run", picture, "--model", model).exit_code == 0


def test_fields_are_added_to_jsonl(tmp_path: Path) -> None:
    table, lexicon = tmp_path / "places.tsv", tmp_path / "places.bin"
    table.write_text("Xã Xa\t00012\tHuyện Đx\t003\tTỉnh Xăộx\t04\n", encoding="utf-8")
    lexicon.write_bytes(build(Recipe("p", tables=[table], weights=read_weights())))
    picture = write_picture(tmp_path / "1.png", "1 xx xa đx xăộx")
    result = run(
        "run",
        picture,
        "--model",
        model_path(),
        "--lexicon",
        lexicon,
        "--fields",
        "--format",
        "jsonl",
    )
    assert result.exit_code == 0, result.stderr
    record = json.loads(result.stdout)
    assert list(record["fields"]) == ["house_number", "street", "ward", "district", "province"]
    province = record["fields"]["province"]
    assert (province["name"], province["code"]) == ("Tỉnh Xăộx", "04")
    assert 0 < province["confidence"] <= 1
    assert list(record)[-1] == "fields"


@pytest.mark.parametrize(
    "options", [["--fields"], ["--fields", "--format", "jsonl"], ["--fields", "--lexicon", "x.bin"]]
)
def test_fields_need_jsonl_and_places(tmp_path: Path, options: list[str]) -> None:
    picture = write_picture(tmp_path / "1.png")
    result = run("run", picture, "--model", model_path(), *options)
    assert result.exit_code == 2
    assert "--fields needs --format jsonl and a lexicon" in result.stderr


def test_a_card_carries_the_calibration(tmp_path: Path) -> None:
    model = tmp_path / "calibrated.tflite"
    curves = {"greedy": [0.0, 0.0], "greedy-line": [2.0, 0.0]}
    model.write_bytes(packed(calibration=curves))
    picture = write_picture(tmp_path / "1.png")
    result = run("run", picture, "--model", model, "--format", "jsonl")
    record = json.loads(result.stdout)
    assert {word["confidence"] for word in record["words"]} == {0.5}
    assert record["confidence"] == pytest.approx(0.8808, abs=1e-4)


def test_wards_can_be_left_out_for_a_measurement() -> None:
    without = Recipe("w", folder=FOLDER, lines=20, without=frozenset(["đa phước"]))
    assert b"Ph\xc6\xb0\xe1\xbb\x9bc" not in build(without)
    assert b"\xc4\x90a Ph\xc6\xb0\xe1\xbb\x9bc" in vietnam_bytes()
