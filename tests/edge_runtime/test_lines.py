"""Lines of a page, composed of the sample pictures: found, in order, none where there is none."""

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.bench import SAMPLES
from edge_runtime.image import Gray, load_gray
from edge_runtime.lines import find_lines
from edge_runtime.metrics import edit_distance
from edge_runtime.page_mode import is_page, shape_decides
from edge_runtime.recognizer import Recognizer

HEIGHT, WIDTH, LEFT = 60, 900, 40
CLEAN = ("000003", "000007", "000008", "000011")
"""Samples on white paper without cell borders."""


def page(turn: float = 0.0) -> tuple[Gray, list[int]]:
    """Some samples below one another, and the rows at which they begin."""
    canvas: npt.NDArray[np.uint8] = np.full((700, 1000), 255, np.uint8)
    tops = []
    for i, name in enumerate(CLEAN):
        line = load_gray(SAMPLES / f"{name}.jpg")
        width = min(WIDTH, round(line.shape[1] * HEIGHT / line.shape[0]))
        small = cv2.resize(line, (width, HEIGHT), interpolation=cv2.INTER_AREA)
        white = float(np.percentile(small, 80))
        top = 80 + 140 * i
        canvas[top : top + HEIGHT, LEFT : LEFT + width] = np.clip(
            small * (255.0 / white), 0, 255
        ).astype(np.uint8)
        tops.append(top)
    if turn:
        around = cv2.getRotationMatrix2D((500, 350), turn, 1.0)
        canvas = np.asarray(cv2.warpAffine(canvas, around, (1000, 700), borderValue=255), np.uint8)
    return canvas, tops


def test_each_line_is_found_once_from_top_to_bottom() -> None:
    picture, tops = page()
    found = find_lines(picture)
    assert found.size == (1000, 700)
    assert len(found.lines) == len(tops)
    for line, top in zip(found.lines, tops, strict=True):
        assert top - 30 < line.box[1] + line.box[3] / 2 < top + HEIGHT + 30
        assert line.crop.dtype == np.uint8
    assert is_page(found)


def test_a_turned_page_gives_level_lines() -> None:
    assert len(find_lines(page(turn=4.0)[0]).lines) == len(CLEAN)


def test_crops_read_like_the_lines_they_were_made_of() -> None:
    recognizer = Recognizer(threads=1)
    picture, tops = page()
    for line, top in zip(find_lines(picture).lines, tops, strict=True):
        alone = recognizer.read(picture[top - 15 : top + HEIGHT + 15]).text
        assert edit_distance(recognizer.read(line.crop).text, alone) <= 0.2 * len(alone)


def test_a_blank_page_has_no_line() -> None:
    grain = np.random.default_rng(1).normal(235, 3, (600, 800))
    assert not find_lines(np.clip(grain, 0, 255).astype(np.uint8)).lines


def test_a_line_picture_is_no_page() -> None:
    for path in sorted(SAMPLES.glob("*.jpg")):
        gray = load_gray(path)
        assert shape_decides(gray.shape[1], gray.shape[0]) or not is_page(find_lines(gray))
