"""Fonts are found, and what they lack is known."""

import shutil
from pathlib import Path

import pytest

from edge_runtime.charset import VIETNAMESE, Charset
from edge_runtime.errors import DataError
from train.synth.fonts import (
    FontSpec,
    coverage_report,
    font_coverage,
    font_weight,
    load_fonts,
    unreachable,
)


def test_fixture_fonts_draw_the_whole_charset(fonts: list[FontSpec]) -> None:
    assert [font.name for font in fonts] == ["mali", "patrick-hand"]
    assert [font.missing for font in fonts] == ["", ""]
    assert coverage_report(fonts) == []
    assert unreachable(fonts) == ""


def test_coverage_names_exactly_the_missing_symbols(ascii_font: Path) -> None:
    missing = font_coverage(ascii_font)
    expected = [s for s in VIETNAMESE.symbols if not (s.isascii() and (s.isalnum() or s == " "))]
    assert missing == "".join(expected)
    assert "ộ" in missing
    assert "o" not in missing


def test_coverage_of_a_symbol_no_font_has(fonts_dir: Path) -> None:
    assert font_coverage(fonts_dir / "mali.ttf", Charset("a \ue123")) == "\ue123"


def test_report_and_draws(ascii_font: Path) -> None:
    (font,) = load_fonts(ascii_font.parent)
    assert not font.draws("Tổ 5")
    assert font.draws("Soc Son 5")
    (line,) = coverage_report([font])
    assert line.startswith(f"ascii-only: lacks {len(font.missing)} symbols")
    assert unreachable([font]) == font.missing


def test_weights_follow_the_tiers() -> None:
    assert font_weight("grape-nuts") > font_weight("patrick-hand") > font_weight("pacifico")
    assert font_weight("waterfall") < font_weight("grape-nuts")
    assert 0 < font_weight("somebody-s-own-hand") <= 1


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no font folder at"):
        load_fonts(tmp_path / "none")


def test_folder_without_fonts(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    with pytest.raises(DataError, match=r"holds no \.ttf or \.otf"):
        load_fonts(tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a font", b"\x00\x01\x00\x00" + b"\xff" * 64])
def test_file_that_is_no_font(tmp_path: Path, fonts_dir: Path, content: bytes) -> None:
    shutil.copy(fonts_dir / "mali.ttf", tmp_path)
    (tmp_path / "broken.ttf").write_bytes(content)
    with pytest.raises(DataError, match=r"broken\.ttf is not a TrueType"):
        load_fonts(tmp_path)


def test_truncated_font(tmp_path: Path, fonts_dir: Path) -> None:
    data = (fonts_dir / "mali.ttf").read_bytes()
    (tmp_path / "cut.ttf").write_bytes(data[: len(data) // 3])
    with pytest.raises(DataError, match=r"cut\.ttf draws none of the symbols"):
        load_fonts(tmp_path)
