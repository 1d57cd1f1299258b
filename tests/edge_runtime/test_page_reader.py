"""A picture's lines, read one after the other."""

import numpy as np
import pytest

from edge_runtime.bench import SAMPLES
from edge_runtime.errors import ImageError, InferenceError
from edge_runtime.fields import Field
from edge_runtime.image import load_gray
from edge_runtime.page_mode import Mode
from edge_runtime.page_reader import PageReader
from edge_runtime.recognizer import Line, Recognizer
from tests.block_script import picture_of
from tests.pages import CLEAN, blank, page, png
from tests.tiny_models import TEXT, model_path


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


def test_a_line_picture_is_read_as_the_recognizer_reads_it(recognizer: Recognizer) -> None:
    gray = load_gray(SAMPLES / "000003.jpg")
    reading = PageReader(recognizer).read(gray)
    assert (reading.is_page, reading.size) == (False, (gray.shape[1], gray.shape[0]))
    (found,) = reading.lines
    assert (found.box, found.page_line, found.fields) == (None, 0, None)
    assert found.line.text == recognizer.read(gray).text
    assert list(found.line.ms) == ["decode", "preprocess", "infer", "ctc"]


def test_a_page_is_read_from_top_to_bottom(recognizer: Recognizer) -> None:
    picture, tops = page()
    reading = PageReader(recognizer).read(picture)
    assert reading.is_page
    assert [found.page_line for found in reading.lines] == list(range(len(CLEAN)))
    for found, top in zip(reading.lines, tops, strict=True):
        assert found.box is not None
        left, upper, width, height = found.box
        assert upper < top + 30 < upper + height
        assert 0 <= left < left + width <= picture.shape[1]
        assert found.line.text
    assert reading.ms["find"] > 0
    assert [found.line.ms["find"] for found in reading.lines[1:]] == [0.0] * (len(CLEAN) - 1)
    assert reading.lines[0].line.ms["find"] == reading.ms["find"]


def test_the_mode_overrules_what_a_picture_looks_like(recognizer: Recognizer) -> None:
    picture, _ = page()
    assert [x.box for x in PageReader(recognizer, "line").read(picture).lines] == [None]
    reading = PageReader(recognizer, "page").read(load_gray(SAMPLES / "000003.jpg"))
    assert reading.is_page
    assert all(found.box is not None for found in reading.lines)


@pytest.mark.parametrize("mode", ["auto", "page"])
def test_a_blank_page_has_no_lines(recognizer: Recognizer, mode: Mode) -> None:
    reading = PageReader(recognizer, mode).read(blank())
    assert (reading.lines, reading.is_page) == ((), True)


def test_a_file_is_decoded_once_for_all_its_lines(recognizer: Recognizer) -> None:
    picture, _ = page()
    reading = PageReader(recognizer).read_file(png(picture))
    decode = [found.line.ms["decode"] for found in reading.lines]
    assert decode[0] > 0
    assert decode[1:] == [0.0] * (len(decode) - 1)


def test_fields_are_looked_for_in_every_line() -> None:
    class Addresses(Recognizer):
        def fields(self, line: Line) -> dict[str, Field]:
            return {"ward": Field(line.text, 1.0)}

    reader = PageReader(Addresses(model_path(), threads=1), fields=True)
    assert reader.read(picture_of(TEXT)).lines[0].fields == {"ward": Field(TEXT, 1.0)}


def test_what_is_no_picture_is_refused(recognizer: Recognizer) -> None:
    reader = PageReader(recognizer)
    for wrong in (np.zeros((9, 9, 3), np.uint8), np.zeros((9, 9)), np.zeros((0, 9), np.uint8)):
        with pytest.raises(InferenceError, match="uint8"):
            reader.read(wrong)  # type: ignore[arg-type]
    with pytest.raises(ImageError, match="not a picture"):
        reader.read_file(b"no picture at all")
