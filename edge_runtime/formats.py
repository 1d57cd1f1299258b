"""Writes readings as text, JSON lines, TSV, hOCR or ALTO.

Each format is a ``begin``, one piece per picture and an ``end``, so that a batch of any length is
written while it is read.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from edge_runtime.alto import ALTO_BEGIN, ALTO_END, alto_item
from edge_runtime.lines import Box
from edge_runtime.page_reader import ReadLine
from edge_runtime.xml_text import xml_attribute, xml_comment, xml_text


@dataclass(frozen=True)
class Result:
    """What became of one source: its lines, or an error."""

    source: str
    lines: tuple[ReadLine, ...] = ()
    """In reading order; none on a blank page."""
    size: tuple[int, int] | None = None
    """Width and height of the picture, pixels."""
    error: str | None = None


@dataclass(frozen=True)
class Format:
    """How results are written; every piece ends with its own line break."""

    item: Callable[[int, Result], str]
    """A result, given its number in the batch from 0."""
    begin: str = ""
    end: str = ""


def text_item(number: int, result: Result) -> str:
    """One line of text per line; an empty one where a source could not be read."""
    if result.error is not None:
        return "\n"
    return "".join(f"{found.line.text}\n" for found in result.lines)


def jsonl_item(number: int, result: Result) -> str:
    """One JSON object per line, in the field order that the documentation promises."""
    if result.error is not None:
        return _json_line({"source": result.source, "error": result.error})
    return "".join(_json_line(line_record(result.source, found)) for found in result.lines)


def line_record(source: str, found: ReadLine) -> dict[str, Any]:
    """A line as plain values, in the field order that the documentation promises."""
    box = None if found.box is None else list(found.box)
    place = {"source": source, "page_line": found.page_line, "box": box}
    if found.fields is None:
        return place | found.line.as_dict()
    fields = {name: field.as_dict() for name, field in found.fields.items()}
    return {**place, **found.line.as_dict(), "fields": fields}


def _json_line(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"


TSV_COLUMNS: Final = ("source", "page_line", "confidence", "text", "error")


def tsv_item(number: int, result: Result) -> str:
    """Tab-separated values; tab, line break and backslash in a path are escaped as in C."""
    if result.error is not None:
        return _tsv_row(result.source, "", "", "", result.error)
    return "".join(
        _tsv_row(
            result.source,
            str(found.page_line),
            f"{found.line.confidence:.4f}",
            found.line.text,
            "",
        )
        for found in result.lines
    )


def _tsv_row(*values: str) -> str:
    return "\t".join(map(_tsv_escape, values)) + "\n"


def _tsv_escape(value: str) -> str:
    for plain, escaped in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        value = value.replace(plain, escaped)
    return value


HOCR_BEGIN: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
    "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
 <head>
  <title>edge-htr</title>
  <meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>
  <meta name="ocr-system" content="edge-htr"/>
  <meta name="ocr-capabilities" content="ocr_page ocr_line ocrx_word ocrp_wconf"/>
 </head>
 <body>
"""
HOCR_END: Final = " </body>\n</html>\n"


def hocr_item(number: int, result: Result) -> str:
    """One ``ocr_page`` per picture: its lines, and their words with their confidence in percent.

    Words carry no box: the network does not measure where they stand.
    """
    title = f'image "{_hocr_path(result.source)}"'
    if result.size is not None:
        title += f"; bbox 0 0 {result.size[0]} {result.size[1]}"
    title += f"; ppageno {number}"
    page = f'  <div class="ocr_page" id="page_{number + 1}" title={xml_attribute(title)}>\n'
    return page + _hocr_content(number + 1, result) + "  </div>\n"


def _hocr_content(page: int, result: Result) -> str:
    if result.error is not None or result.size is None:
        reason = xml_comment(result.error or "")
        return f"   <!-- not read: {reason} -->\n"
    whole = (0, 0, *result.size)
    return "".join(
        _hocr_line(f"{page}_{number}", found, found.box or whole)
        for number, found in enumerate(result.lines, 1)
    )


def _hocr_line(name: str, found: ReadLine, box: Box) -> str:
    left, top, width, height = box
    words = " ".join(
        f'<span class="ocrx_word" id="word_{name}_{i}" title="x_wconf {round(100 * w.confidence)}">'
        f"{xml_text(w.text)}</span>"
        for i, w in enumerate(found.line.words, 1)
    )
    title = f"bbox {left} {top} {left + width} {top + height}"
    return f'   <span class="ocr_line" id="line_{name}" title="{title}">{words}</span>\n'


def _hocr_path(path: str) -> str:
    """A path inside the double quotes of an hOCR property."""
    return path.replace("\\", "\\\\").replace('"', '\\"')


FORMATS: Final[dict[str, Format]] = {
    "text": Format(text_item),
    "jsonl": Format(jsonl_item),
    "tsv": Format(tsv_item, begin="\t".join(TSV_COLUMNS) + "\n"),
    "hocr": Format(hocr_item, begin=HOCR_BEGIN, end=HOCR_END),
    "alto": Format(alto_item, begin=ALTO_BEGIN, end=ALTO_END),
}
