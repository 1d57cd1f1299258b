"""Readings as text, jsonl, tsv and hOCR."""

import json
import re
from xml.etree import ElementTree

import pytest

from edge_runtime.formats import FORMATS, TSV_COLUMNS, Result
from edge_runtime.page_reader import ReadLine
from edge_runtime.recognizer import Line, Word

MS = {"decode": 1.0, "preprocess": 0.81234, "infer": 2.9, "ctc": 0.6}
LINE = Line("Tổ 5", 0.97123, (Word("Tổ", 0.9), Word("5", 0.99)), MS)
READ = Result("a/b.png", (ReadLine(LINE),), (800, 60))
FAILED = Result("bad.png", error="not a picture")
XHTML = "{http://www.w3.org/1999/xhtml}"


def written(name: str, *results: Result) -> str:
    form = FORMATS[name]
    return form.begin + "".join(form.item(i, r) for i, r in enumerate(results)) + form.end


def test_text_keeps_one_line_per_source() -> None:
    assert written("text", READ, FAILED, READ) == "Tổ 5\n\nTổ 5\n"


def test_jsonl_is_exactly_as_documented() -> None:
    first, second = written("jsonl", READ, FAILED).splitlines()
    assert first == (
        '{"source": "a/b.png", "page_line": 0, "box": null, "text": "Tổ 5", "confidence": 0.9712,'
        ' "words": [{"text": "Tổ", "confidence": 0.9}, {"text": "5", "confidence": 0.99}],'
        ' "ms": {"decode": 1.0, "preprocess": 0.812, "infer": 2.9, "ctc": 0.6}}'
    )
    assert json.loads(second) == {"source": "bad.png", "error": "not a picture"}


def test_jsonl_keeps_one_object_a_line_whatever_the_name() -> None:
    lines = written("jsonl", Result('odd\n"name"\u2028.png', (ReadLine(LINE),), (1, 1))).split("\n")
    assert len(lines) == 2
    assert json.loads(lines[0])["source"] == 'odd\n"name"\u2028.png'


def test_tsv_has_a_header_and_escapes_names() -> None:
    header, first, second, third = written(
        "tsv", READ, FAILED, Result("tab\tline\nback\\.png", (ReadLine(LINE),), (1, 1))
    ).splitlines()
    assert header.split("\t") == list(TSV_COLUMNS)
    assert first.split("\t") == ["a/b.png", "0", "0.9712", "Tổ 5", ""]
    assert second.split("\t") == ["bad.png", "", "", "", "not a picture"]
    assert third.split("\t")[0] == r"tab\tline\nback\\.png"


def hocr(*results: Result) -> ElementTree.Element:
    return ElementTree.fromstring(written("hocr", *results).encode("utf-8"))


def test_hocr_has_pages_lines_and_words() -> None:
    root = hocr(READ, FAILED)
    found = {kind: root.findall(f".//*[@class='{kind}']") for kind in ("ocr_page", "ocr_line")}
    assert [e.get("title") for e in found["ocr_page"]] == [
        'image "a/b.png"; bbox 0 0 800 60; ppageno 0',
        'image "bad.png"; ppageno 1',
    ]
    assert [e.get("title") for e in found["ocr_line"]] == ["bbox 0 0 800 60"]
    words = root.findall(".//*[@class='ocrx_word']")
    assert [(w.text, w.get("title")) for w in words] == [("Tổ", "x_wconf 90"), ("5", "x_wconf 99")]
    assert "".join(found["ocr_line"][0].itertext()) == "Tổ 5"


def test_hocr_names_its_system_and_capabilities() -> None:
    metas = {m.get("name"): m.get("content") for m in hocr(READ).iter(f"{XHTML}meta")}
    assert metas["ocr-system"] == "edge-htr"
    capabilities = str(metas["ocr-capabilities"]).split()
    used = set(re.findall(r'class="(\w+)"', written("hocr", READ)))
    assert used <= set(capabilities)


def test_hocr_ids_are_unique() -> None:
    ids = [e.get("id") for e in hocr(READ, READ, FAILED).iter() if e.get("id")]
    assert len(ids) == len(set(ids)) == 3 + 2 + 4


@pytest.mark.parametrize("text", ["<a & b>", "]]>", "\x00\x07", "\ud800", '"quoted"'])
def test_hocr_stays_valid_whatever_text_and_name_hold(text: str) -> None:
    line = Line(text, 1.0, (Word(text, 1.0),), MS)
    root = hocr(
        Result(f'{text}".png', (ReadLine(line),), (9, 9)),
        Result(text, error=f"{text} -- --> {text}-"),
    )
    assert len(root.findall(".//*[@class='ocr_page']")) == 2


def test_empty_batches_are_valid_too() -> None:
    assert written("text") == written("jsonl") == ""
    assert len(written("tsv").splitlines()) == 1
    assert hocr().tag == f"{XHTML}html"
