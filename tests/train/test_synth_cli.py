"""The `synth` command: whole folders or none, clear refusals."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner, Result

pytest.importorskip("PIL", reason="needs Pillow: pip install 'edge-htr[desktop]'")
pytest.importorskip("rich")

from edge_runtime.charset import VIETNAMESE
from edge_runtime.cli import cli
from edge_runtime.errors import DataError
from train.datasets import read_dataset
from train.synth import writing
from train.synth.synthesizer import LineSynthesizer, SyntheticLine

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
FONTS, TEXT = FIXTURES / "fonts", FIXTURES / "text"


def _synth(*options: object) -> Result:
    return CliRunner().invoke(cli, ["synth", *map(str, options)])


def _make(out: Path, *options: object) -> Result:
    return _synth("--fonts", FONTS, "--text", TEXT, "--out", out, "--count", 6, *options)


def test_data_set_is_written(tmp_path: Path) -> None:
    out = tmp_path / "lines"
    result = _make(out, "--seed", 4)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"{out}: 6 lines, 2 fonts\n"
    found = read_dataset(out)
    assert found.problems == []
    assert [sample.path.name for sample in found.samples] == [f"{i:06d}.jpg" for i in range(6)]
    for sample in found.samples:
        assert VIETNAMESE.unknown(sample.text) == []
        picture = cv2.imread(str(sample.path), cv2.IMREAD_GRAYSCALE)
        assert picture is not None
        assert picture.shape[0] >= 56
    about = json.loads((out / "synth.json").read_text(encoding="utf-8"))
    assert (about["seed"], about["lines"]) == (4, 6)
    assert set(about["fonts"]) <= {"mali", "patrick-hand"}
    assert [path.name for path in tmp_path.iterdir()] == ["lines"], "no temporary folder is left"


def test_same_files_again_with_more_processes(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert _make(one, "--seed", 4).exit_code == 0
    assert _make(two, "--seed", 4, "--workers", 2).exit_code == 0
    for path in sorted(one.iterdir()):
        assert path.read_bytes() == (two / path.name).read_bytes()


def test_png(tmp_path: Path) -> None:
    assert _make(tmp_path / "lines", "--format", "png").exit_code == 0
    assert (tmp_path / "lines" / "000005.png").read_bytes().startswith(b"\x89PNG")


def test_styles(tmp_path: Path) -> None:
    result = _make(tmp_path / "lines", "--style", "kalapa", "--style", "rare")
    assert result.exit_code == 0, result.stderr
    about = json.loads((tmp_path / "lines" / "synth.json").read_text(encoding="utf-8"))
    assert set(about["styles"]) <= {"kalapa", "rare"}


def test_own_lines(tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("Tổ 5 Sông Nhạn\n日本\n", encoding="utf-8")
    result = _synth("--fonts", FONTS, "--text", mine, "--out", tmp_path / "lines", "--count", 3)
    assert result.exit_code == 0, result.stderr
    assert "1 entries" in result.stderr
    texts = {sample.text for sample in read_dataset(tmp_path / "lines").samples}
    assert texts == {"Tổ 5 Sông Nhạn"}


def test_place_style_without_places(tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("Tổ 5 Sông Nhạn\n", encoding="utf-8")
    options = ("--fonts", FONTS, "--text", mine, "--out", tmp_path / "x", "--count", 1)
    result = _synth(*options, "--style", "cinnamon")
    assert result.exit_code == 1
    assert "style cinnamon needs vn_ward_district_province.tsv" in result.stderr


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    assert _make(tmp_path).exit_code == 0
    assert (tmp_path / "labels.tsv").is_file()


@pytest.mark.parametrize("content", ["labels.tsv", ".hidden"])
def test_a_full_folder_is_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / content).write_text("mine", encoding="utf-8")
    result = _make(tmp_path)
    assert result.exit_code == 1
    assert (
        result.stderr == f"Error: {tmp_path} already exists: name a new folder, or empty this one\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == [content]


def test_out_is_a_file_or_has_no_parent(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "already exists" in _make(tmp_path / "file").stderr
    assert "does not exist" in _make(tmp_path / "no" / "lines").stderr


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    def lines() -> Iterator[SyntheticLine]:
        yield synth.line(0, 0)
        raise DataError("the second line fails")

    from train.synth.corpus import Corpus
    from train.synth.fonts import load_fonts

    synth = LineSynthesizer(load_fonts(FONTS), Corpus.read(TEXT))
    with pytest.raises(DataError, match="second line"):
        writing.write_dataset(lines(), tmp_path / "lines", "jpg", {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("count", ["0", "-3", "many"])
def test_count_must_be_positive(tmp_path: Path, count: str) -> None:
    result = _make(tmp_path / "lines", "--count", count)
    assert result.exit_code == 2
    assert "--count" in result.stderr
    assert not (tmp_path / "lines").exists()


def test_text_count_and_out_are_needed() -> None:
    result = _synth("--fonts", FONTS)
    assert result.exit_code == 2
    assert "--text, --count and --out are needed" in result.stderr


@pytest.mark.parametrize(
    ("fonts", "text", "message"),
    [
        (TEXT, TEXT, "holds no .ttf or .otf file"),
        (FONTS / "none", TEXT, "no font folder at"),
        (FONTS, TEXT / "none", "no text at"),
        (FONTS, FONTS / "mali.ttf", "is not UTF-8 text"),
    ],
)
def test_bad_input_is_one_clear_line(tmp_path: Path, fonts: Path, text: Path, message: str) -> None:
    result = _synth("--fonts", fonts, "--text", text, "--out", tmp_path / "x", "--count", 1)
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "x").exists()


def test_coverage_of_full_fonts() -> None:
    result = _synth("--fonts", FONTS, "--coverage")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1:] == ["mali\t0.6\t-", "patrick-hand\t0.6\t-"]


def test_a_poor_font_is_reported_and_skipped(tmp_path: Path) -> None:
    subset = pytest.importorskip("fontTools.subset")
    library = pytest.importorskip("fontTools.ttLib")
    fonts = tmp_path / "fonts"
    fonts.mkdir()
    shutil.copy(FONTS / "patrick-hand.ttf", fonts)
    with library.TTFont(FONTS / "mali.ttf") as font:
        cutter = subset.Subsetter()
        cutter.populate(text="aeiou")
        cutter.subset(font)
        font.save(fonts / "vowels.ttf")
    out = tmp_path / "lines"
    result = _synth("--fonts", fonts, "--text", TEXT, "--out", out, "--count", 5)
    assert result.exit_code == 0, result.stderr
    assert "Warning: vowels: lacks" in result.stderr
    about = json.loads((out / "synth.json").read_text(encoding="utf-8"))
    assert set(about["fonts"]) == {"patrick-hand"}
