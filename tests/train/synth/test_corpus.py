"""Text lists are read, cleaned and refused with a reason."""

import unicodedata
from pathlib import Path

import pytest

from edge_runtime.errors import DataError
from train.synth.corpus import MAX_LINE, Corpus, clean


def test_lists(corpus: Corpus) -> None:
    assert len(corpus.places) == 12
    assert ("Phường 6", "Quận Phú Nhuận", "Hồ Chí Minh") in corpus.places
    assert ("Phường Ba Đình", "", "Thành phố Hà Nội") in corpus.places
    assert corpus.streets[0] == "Nguyễn Trãi"  # the bare number 1/12 is no street name
    assert "quỳnh" in corpus.syllables
    assert corpus.lines == ()
    assert corpus.dropped == 0


def test_odd_characters_are_repaired() -> None:
    assert clean("\u00d0\u1ed3ng Xo\u00e0i\u200e") == "Đồng Xoài"
    assert clean("R\u2019 L\u00adấp  \u2013 A") == "R' Lấp - A"
    assert unicodedata.is_normalized("NFC", clean("Ho\u0300a"))


def test_entries_outside_the_charset_are_dropped(tmp_path: Path) -> None:
    (tmp_path / "vn_streets.txt").write_text("Nguyễn Trãi\nRue Zoë\n", encoding="utf-8")
    corpus = Corpus.read(tmp_path)
    assert corpus.streets == ("Nguyễn Trãi",)
    assert corpus.dropped == 1


def test_plain_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    text = "\ufeffTổ 5 Sông Nhạn\n\n日本\n" + "a" * (MAX_LINE + 1) + "\nCa\u0302n\n"
    path.write_text(text, encoding="utf-8")
    corpus = Corpus.read(path)
    assert corpus.lines == ("Tổ 5 Sông Nhạn", "Cân")
    assert corpus.dropped == 2


def test_folder_of_plain_files(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("hai\n", encoding="utf-8")
    (tmp_path / "a.txt").write_text("một\n", encoding="utf-8")
    assert Corpus.read(tmp_path).lines == ("một", "hai")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("lines.txt", "日本\n".encode(), "no line of at most"),
        ("lines.txt", b"", "no line of at most"),
        ("lines.txt", b"\xff\xfeabc\x80", "is not UTF-8"),
        ("vn_ward_district_province.tsv", b"a\tb\n", r":1: expected ward, district, province"),
        ("vn_units_2025.json", b"{", "is not a list of provinces"),
        ("vn_units_2025.json", b'[{"FullName": "x"}]', "is not a list of provinces"),
        ("vn_streets.txt", "日本\n".encode(), "no name that can be written"),
        ("picture.jpg", b"x", r"holds no \.txt file"),
    ],
)
def test_bad_text(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        Corpus.read(tmp_path)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no text at"):
        Corpus.read(tmp_path / "none")
