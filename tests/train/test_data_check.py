"""`edge-htr data`: every kind of bad row is named, nothing crashes, splits never move."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from edge_runtime.cli import cli
from train.data_cli import data


def picture(path: Path, seed: int = 0) -> None:
    """A small picture; another seed gives another one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    gray = np.full((20, 120 + seed), 255, np.uint8)
    gray[8:12, 10 + seed : 60 + seed] = 0
    cv2.imwrite(str(path), gray)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A good labels.tsv data set of four lines."""
    root = tmp_path / "set" / "train"
    for i in range(4):
        picture(root / f"{i}.png", i)
    rows = [f"{i}.png\tSố {i} Đường Lê Lợi" for i in range(4)]
    (root / "labels.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return root


@pytest.fixture
def kalapa(tmp_path: Path) -> Path:
    """Twelve writers of two lines each."""
    root = tmp_path / "kalapa"
    for writer in range(12):
        rows = []
        for i in range(2):
            picture(root / "images" / str(writer) / f"{i}.jpg", 2 * writer + i)
            rows.append(f"{writer}/{i}.jpg\tẤp {writer} Xã {i}\n")
        (root / "annotations").mkdir(exist_ok=True)
        (root / "annotations" / f"{writer}.txt").write_text("".join(rows), encoding="utf-8")
    return root


def add(root: Path, row: str | bytes) -> None:
    with (root / "labels.tsv").open("ab") as file:
        file.write((row if isinstance(row, bytes) else row.encode()) + b"\n")


def call(*words: object) -> Result:
    return CliRunner().invoke(data, [str(word) for word in words])


def report(root: Path) -> dict[str, Any]:
    result = call("check", root, "--json")
    assert result.exit_code == 1
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_good_data_set_has_no_problem(folder: Path, kalapa: Path) -> None:
    for root, lines in ((folder, 4), (kalapa, 24)):
        result = call("check", root)
        assert result.exit_code == 0
        assert result.stdout == f"{lines} lines read, no problem\n"


def test_check_under_the_whole_command(folder: Path) -> None:
    add(folder, "none.png\tXã")
    result = CliRunner().invoke(cli, ["data", "check", str(folder)])
    assert result.exit_code == 1
    assert "labels.tsv:5" in result.stdout


@pytest.mark.parametrize(
    ("row", "kind", "named"),
    [
        ("gone.png\tXã", "missing-picture", "gone.png"),
        ("\tXã", "missing-picture", "does not exist"),
        ("0.png", "no-tab", "no tab"),
        ("0.png\t", "empty-label", "no text"),
        ("0.png\t  ", "empty-label", "no text"),
        ("n.png\tXa\u0303", "not-nfc", "normal form C"),
        ("n.png\tXã  Ba", "spaces", "spaces"),
        ("n.png\tXã 漢", "outside-charset", "'漢' (U+6F22)"),
        ("0.png\tXã", "duplicate", "twice"),
        ("same.png\tXã", "duplicate-picture", "same picture as set/train/1.png, with another text"),
        ("text.png\tXã", "undecodable-picture", "not a picture"),
        ("cut.png\tXã", "undecodable-picture", "damaged or truncated"),
        ("empty.png\tXã", "undecodable-picture", "empty"),
        ("dot.png\tXã", "undecodable-picture", "too small"),
        ("../out.png\tXã", "outside", "outside the data set"),
        (".\tXã", "missing-picture", "does not exist"),
        ("\x1b[31m.png\tXã", "missing-picture", "does not exist"),
        ("a\0b.png\tXã", "missing-picture", "does not exist"),
        ("x" * 5000 + "\tXã", "missing-picture", "does not exist"),
        (b"0.png\t\xff\xfe", "encoding", "UTF-8"),
    ],
)
def test_every_kind_of_bad_row_is_named(
    folder: Path, row: str | bytes, kind: str, named: str
) -> None:
    picture(folder / "n.png", 9)
    picture(folder.parent / "out.png", 9)
    (folder / "same.png").write_bytes((folder / "1.png").read_bytes())
    (folder / "text.png").write_text("not a picture at all")
    (folder / "cut.png").write_bytes((folder / "1.png").read_bytes()[:60])
    (folder / "empty.png").write_bytes(b"")
    cv2.imwrite(str(folder / "dot.png"), np.zeros((1, 1), np.uint8))
    add(folder, row)
    found = report(folder)
    assert found["counts"] == {kind: 1}
    assert named in found["problems"][0]["message"]
    assert found["lines"] >= 4  # the good rows are still read
    assert all(line.isprintable() for line in call("check", folder).stdout.splitlines())
    assert call("stats", folder).exit_code == 0
    assert call("split", folder, "--out", folder / "splits").exit_code == 0


def test_problems_are_listed_by_kind_with_their_place(folder: Path) -> None:
    add(folder, "gone.png\tXã")
    add(folder, "0.png\t")
    add(folder, "lost.png\tXã")
    result = call("check", folder)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == "empty-label (1)"
    assert lines[1].startswith("  labels.tsv:6: ")
    assert lines[2] == "missing-picture (2)"
    assert [line.split(": ")[0] for line in lines[3:5]] == ["  labels.tsv:5", "  labels.tsv:7"]
    assert lines[-1] == "4 lines read, 3 problems"


def test_kalapa_rows_name_the_writers_file(kalapa: Path) -> None:
    (kalapa / "images" / "3" / "1.jpg").unlink()
    (kalapa / "annotations" / "5.txt").write_bytes(b"5/0.jpg\t\xff\n5/1.jpg\tXa\n")
    wheres = {p["where"]: p["kind"] for p in report(kalapa)["problems"]}
    assert wheres == {"3.txt:2": "missing-picture", "5.txt:1": "encoding"}


def test_writers_whose_name_is_no_text_are_named_not_fatal(kalapa: Path) -> None:
    odd = kalapa / "annotations" / "a\udcff.txt"
    try:
        odd.write_text("0/0.jpg\tXã\n", encoding="utf-8")
    except (OSError, UnicodeEncodeError):
        pytest.skip("this file system refuses such names")
    assert report(kalapa)["counts"] == {"encoding": 1}
    assert call("check", kalapa).exit_code == 1
    assert call("split", kalapa, "--out", kalapa / "splits").exit_code == 0


def test_an_empty_data_set_is_a_problem(folder: Path) -> None:
    (folder / "labels.tsv").write_text("\n\n")
    assert report(folder)["counts"] == {"no-lines": 1}
    result = call("stats", folder)
    assert result.exit_code == 0
    assert "lines                0" in result.stdout


@pytest.mark.parametrize("verb", ["check", "stats"])
def test_folders_that_are_no_data_set_are_one_line(tmp_path: Path, verb: str) -> None:
    for root, word in ((tmp_path, "neither labels.tsv"), (tmp_path / "none", "no such folder")):
        result = CliRunner().invoke(cli, ["data", verb, str(root)])
        assert result.exit_code == 1
        assert result.stdout == ""
        assert word in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_a_charset_of_ones_own(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "charset.txt"
    own.write_text(" Sốđườngêợi0123ĐLL"[:-1] + "\n", encoding="utf-8")
    assert call("check", folder, "--charset", own).exit_code == 0
    own.write_text(" Sốđườngêợi012ĐL\n", encoding="utf-8")
    result = call("check", folder, "--charset", own)
    assert "'3' (U+0033)" in result.stdout
    own.write_text("aa\n", encoding="utf-8")
    result = CliRunner().invoke(cli, ["data", "check", str(folder), "--charset", str(own)])
    assert result.exit_code == 1
    assert "repeats 'a'" in result.stderr


def test_stats_count_lines_sizes_and_characters(kalapa: Path) -> None:
    result = call("stats", kalapa, "--json")
    counted = json.loads(result.stdout)
    assert counted["lines"] == 24
    assert counted["writers"] == 12
    assert counted["lines_per_writer"]["median"] == 2
    assert counted["distinct_texts"] == 24
    assert counted["width"] == {"min": 120, "p5": 121.2, "median": 131.5, "p95": 141.8, "max": 143}
    assert counted["height"]["p95"] == 20
    assert counted["words_per_line"]["max"] == 4
    assert next(iter(counted["characters"])) == " "
    assert counted["characters"]["Ấ"] == 24
    assert counted["rare"] == dict.fromkeys("23456789", 2)


def test_stats_name_what_the_charset_lacks_and_skip_bad_pictures(folder: Path) -> None:
    (folder / "odd.png").write_text("no picture")
    add(folder, "odd.png\tXã € \x07")
    counted = json.loads(call("stats", folder, "--json").stdout)
    assert counted["pictures_without_size"] == 1
    assert set(counted["outside_charset"]) == {"€", "\x07"}
    assert "\\x07 1" in call("stats", folder).stdout


def read_parts(out: Path) -> dict[str, set[str]]:
    return {p.stem: set(p.read_text(encoding="utf-8").split()) for p in out.glob("*.txt")}


def test_split_by_writer_keeps_writers_whole(kalapa: Path, tmp_path: Path) -> None:
    result = call("split", kalapa, "--fractions", "0.5,0.25,0.25", "--out", tmp_path / "s")
    assert result.exit_code == 0
    parts = read_parts(tmp_path / "s")
    assert set(parts) == {"train", "dev", "test"}
    assert sum(map(len, parts.values())) == 24
    writers = [{line.split("/")[1] for line in part} for part in parts.values()]
    assert sum(map(len, writers)) == 12
    assert all(parts.values())


def test_split_never_moves_when_data_is_added(kalapa: Path, tmp_path: Path) -> None:
    for by in ("writer", "random"):
        call("split", kalapa, "--by", by, "--out", tmp_path / by)
    before = {by: read_parts(tmp_path / by) for by in ("writer", "random")}
    for writer in range(12, 40):
        picture(kalapa / "images" / str(writer) / "0.jpg", 50 + writer)
        text = f"{writer}/0.jpg\tXã {writer}\n"
        (kalapa / "annotations" / f"{writer}.txt").write_text(text, encoding="utf-8")
    (kalapa / "images" / "0" / "0.jpg").unlink()
    for by, old in before.items():
        call("split", kalapa, "--by", by, "--out", tmp_path / by)
        new = read_parts(tmp_path / by)
        assert sum(map(len, new.values())) == 51
        for name, ids in old.items():
            assert ids - {"kalapa/0/0.jpg"} <= new[name]


def test_split_does_not_depend_on_how_the_folder_is_named(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("split", folder, "--by", "random", "--out", tmp_path / "one")
    monkeypatch.chdir(folder)
    call("split", ".", "--by", "random", "--out", tmp_path / "two")
    assert read_parts(tmp_path / "one") == read_parts(tmp_path / "two")


def test_another_salt_gives_another_split(kalapa: Path, tmp_path: Path) -> None:
    half = ("--by", "random", "--fractions", "0.5,0.5", "--json")
    first = json.loads(call("split", kalapa, *half, "--out", tmp_path / "a").stdout)
    call("split", kalapa, *half, "--salt", "x", "--out", tmp_path / "b")
    assert set(first["parts"]) == {"train", "test"}
    assert first["parts"]["train"]["file"] == str(tmp_path / "a" / "train.txt")
    assert read_parts(tmp_path / "a") != read_parts(tmp_path / "b")


def test_split_without_writers_says_so(folder: Path, tmp_path: Path) -> None:
    result = call("split", folder, "--out", tmp_path / "s")
    assert result.exit_code == 0
    assert "records no writers" in result.stderr


@pytest.mark.parametrize(("fractions", "code"), [("0.5,x", 2), ("0.5,0.1", 1), ("1", 1)])
def test_wrong_fractions(folder: Path, tmp_path: Path, fractions: str, code: int) -> None:
    words = ["data", "split", str(folder), "--fractions", fractions, "--out", str(tmp_path / "s")]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == code
    assert "fractions" in result.stderr or "0.8,0.1,0.1" in result.stderr
    assert not (tmp_path / "s").exists()
