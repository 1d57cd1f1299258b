"""From picture to text, with confidences and times."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_runtime import recognizer as module
from edge_runtime.bundle import Bundle
from edge_runtime.errors import BundleError, ImageError, InferenceError, RuntimeMissingError
from edge_runtime.page_reader import PageReader
from edge_runtime.recognizer import Recognizer
from tests.block_script import picture_of
from tests.tiny_models import NAMES, TEXT, encoded, model_path, write_picture


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(model_path(), threads=1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", [TEXT, "xăộx", "xx xx"])
def test_pictures_are_read(name: str, text: str) -> None:
    line = Recognizer(model_path(name), threads=1).read(picture_of(text))
    assert line.text == text
    assert [word.text for word in line.words] == text.split()
    assert 0.8 < line.confidence <= 1
    assert all(0.8 < word.confidence <= 1 for word in line.words)


def test_files_and_bytes_are_read_alike(recognizer: Recognizer, tmp_path: Path) -> None:
    path = write_picture(tmp_path / "line.png")
    assert recognizer.read_file(path).text == recognizer.read_file(encoded()).text == TEXT
    assert recognizer.read_file(encoded(suffix=".jpg")).text == TEXT


def test_every_stage_is_timed(recognizer: Recognizer) -> None:
    line = recognizer.read_file(encoded())
    assert list(line.ms) == ["decode", "preprocess", "infer", "ctc"]
    assert all(value > 0 for value in line.ms.values())


def test_the_size_of_the_picture_comes_along(recognizer: Recognizer) -> None:
    size = PageReader(recognizer, "line").read_file(encoded()).size
    assert size == picture_of(TEXT).shape[::-1]


def test_a_line_as_plain_values_is_rounded(recognizer: Recognizer) -> None:
    values = recognizer.read(picture_of(TEXT)).as_dict()
    assert list(values) == ["text", "confidence", "words", "ms"]
    assert values["words"][0] == {"text": "xa1", "confidence": values["words"][0]["confidence"]}
    assert values["confidence"] == round(values["confidence"], 4)


def test_an_empty_picture_reads_as_nothing(recognizer: Recognizer) -> None:
    line = recognizer.read(np.full((60, 400), 240, np.uint8))
    assert (line.text, line.words, line.confidence) == ("", (), 0.0)


@pytest.mark.parametrize("shape", [(4, 4), (5, 900), (900, 5), (48, 5000)])
def test_odd_sizes_are_survived(recognizer: Recognizer, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    assert isinstance(recognizer.read(noise).text, str)


@pytest.mark.parametrize(
    "picture",
    [np.zeros((0, 9), np.uint8), np.zeros((9, 9, 3), np.uint8), np.zeros((9, 9), np.float64)],
)
def test_what_is_no_grey_picture_is_refused(
    recognizer: Recognizer, picture: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]"
) -> None:
    with pytest.raises(InferenceError, match=r"a line is grey uint8 \(h, w\)"):
        recognizer.read(picture)


def test_a_failure_of_opencv_is_a_picture_error(
    recognizer: Recognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        cv2.resize(np.zeros((0, 0), np.uint8), (1, 1))

    monkeypatch.setattr(module, "preprocess_rows", fail)
    with pytest.raises(ImageError, match="cannot be prepared"):
        recognizer.read(picture_of(TEXT))


def test_threads_may_share_a_recognizer(recognizer: Recognizer) -> None:
    texts = [TEXT, "xăộx", "xx"] * 15
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda t: recognizer.read(picture_of(t)).text, texts)) == texts


def test_a_bundle_or_its_path_will_do() -> None:
    bundle = Bundle.open(model_path())
    for model in (bundle, model_path(), str(model_path())):
        assert Recognizer(model, threads=1).bundle == bundle


def test_missing_model_and_runtime_are_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"gone\.tflite: no such file"):
        Recognizer(tmp_path / "gone.tflite")
    with pytest.raises(RuntimeMissingError, match="no runtime 'onnx'"):
        Recognizer(model_path(), runtime="onnx")
