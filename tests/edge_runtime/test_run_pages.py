"""`edge-htr run` on pages: every format, blank pages, and pictures that cannot be read."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner, Result

from edge_runtime.bench import SAMPLES
from edge_runtime.cli import cli
from edge_runtime.formats import TSV_COLUMNS
from tests.pages import CLEAN, blank, page, png

LINE = SAMPLES / "000003.jpg"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["run", "--threads", "1", *map(str, arguments)])


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("pages") / "form.png"
    path.write_bytes(png(page()[0]))
    return path


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("pages") / "blank.png"
    path.write_bytes(png(blank()))
    return path


def records(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_page_and_a_line_are_told_apart(form: Path) -> None:
    result = run(form, LINE, "--format", "jsonl")
    assert (result.exit_code, result.stderr) == (0, "")
    found = records(result)
    assert [r["source"] for r in found] == [str(form)] * len(CLEAN) + [str(LINE)]
    assert [r["page_line"] for r in found] == [*range(len(CLEAN)), 0]
    keys = ["source", "page_line", "box", "text", "confidence", "words", "ms"]
    assert all(list(r) == keys for r in found)
    tops = []
    for record in found[:-1]:
        box = record["box"]
        assert isinstance(box, list)
        assert [type(side) for side in box] == [int] * 4
        tops.append(box[1])
    assert tops == sorted(tops)
    assert found[-1]["box"] is None


def test_text_and_tsv_have_a_row_for_every_line(form: Path) -> None:
    text = run(form).stdout.splitlines()
    assert len(text) == len(CLEAN)
    header, *rows = (row.split("\t") for row in run(form, "--format", "tsv").stdout.splitlines())
    assert header == list(TSV_COLUMNS)
    assert [row[1] for row in rows] == [str(i) for i in range(len(CLEAN))]
    assert [row[3] for row in rows] == text


def test_hocr_has_all_lines_of_a_page_inside_it(form: Path) -> None:
    root = ElementTree.fromstring(run(form, LINE, "--format", "hocr").stdout)
    pages = root.findall(".//*[@class='ocr_page']")
    lines = [p.findall(".//*[@class='ocr_line']") for p in pages]
    assert [len(found) for found in lines] == [len(CLEAN), 1]
    for line in lines[0]:
        match = re.fullmatch(r"bbox (\d+) (\d+) (\d+) (\d+)", str(line.get("title")))
        assert match is not None
        left, top, right, bottom = map(int, match.groups())
        assert 0 <= left < right <= 1000
        assert 0 <= top < bottom <= 700
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids))


def test_mode_line_and_mode_page_are_obeyed(form: Path) -> None:
    assert [r["box"] for r in records(run(form, "--mode", "line", "--format", "jsonl"))] == [None]
    found = records(run(LINE, "--mode", "page", "--format", "jsonl"))
    assert found
    assert all(r["box"] is not None for r in found)


@pytest.mark.parametrize("format_", ["text", "jsonl", "tsv", "hocr"])
def test_a_blank_page_has_no_lines_and_is_no_error(empty: Path, format_: str) -> None:
    result = run(empty, "--format", format_)
    assert (result.exit_code, result.stderr) == (0, "")
    if format_ == "hocr":
        root = ElementTree.fromstring(result.stdout)
        assert len(root.findall(".//*[@class='ocr_page']")) == 1
        assert root.findall(".//*[@class='ocr_line']") == []
    else:
        assert result.stdout == ("\t".join(TSV_COLUMNS) + "\n" if format_ == "tsv" else "")


def test_one_bad_picture_does_not_stop_the_pages(form: Path, empty: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(png(page()[0])[:4000])
    tiny = tmp_path / "tiny.png"
    tiny.write_bytes(png(np.zeros((4, 4), np.uint8)))
    result = run(bad, tiny, empty, form, "--mode", "page", "--format", "jsonl")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {bad}: ")
    assert len(result.stderr.splitlines()) == 1
    found = records(result)
    assert set(found[0]) == {"source", "error"}
    assert [r["page_line"] for r in found[1:]] == list(range(len(CLEAN)))


def test_an_unknown_mode_is_wrong_usage(form: Path) -> None:
    assert run(form, "--mode", "book").exit_code == 2
