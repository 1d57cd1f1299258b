"""Lines of a page, composed of the sample pictures: found, in order, none where there is none."""

from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

import cv2
import numpy as np
import pytest

from edge_runtime import lines as module
from edge_runtime.bench import SAMPLES
from edge_runtime.errors import ImageError
from edge_runtime.image import Gray, load_gray
from edge_runtime.lines import Mask, find_lines
from edge_runtime.metrics import edit_distance
from edge_runtime.page_mode import is_page, shape_decides
from edge_runtime.recognizer import Recognizer
from tests.pages import CLEAN, HEIGHT, blank, crowded, in_cells, page, photographed, ruled


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


@pytest.mark.parametrize("drawn", [ruled, in_cells])
def test_rules_and_borders_are_no_lines(drawn: Callable[[Gray, list[int]], Gray]) -> None:
    picture, tops = page()
    lines = find_lines(drawn(picture, tops)).lines
    assert len(lines) == len(tops)
    for line, top in zip(lines, tops, strict=True):
        assert abs(line.quad[:, 1].mean() - (top + HEIGHT / 2)) < HEIGHT / 2


def test_a_photograph_gives_level_lines_in_order() -> None:
    recognizer = Recognizer(threads=1)
    picture, _ = page()
    flat = [recognizer.read(line.crop).text for line in find_lines(picture).lines]
    found = find_lines(photographed(picture)).lines
    assert len(found) == len(flat)
    for line, text in zip(found, flat, strict=True):
        assert edit_distance(recognizer.read(line.crop).text, text) <= 0.2 * len(text)


def test_a_line_is_cut_out_once_and_only_when_asked_for() -> None:
    cuts: list[Gray] = []
    found = find_lines(page()[0]).lines[0]

    def cut() -> tuple[Gray, Mask]:
        cuts.append(found.crop)
        return found.cut()

    line = replace(found, cut=cut)
    assert not cuts
    assert line.crop is line.crop
    assert line.crop.shape == line.hidden.shape
    assert len(cuts) == 1


def test_small_lines_are_enlarged_to_what_reading_expects() -> None:
    picture = page()[0]
    small = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    half = np.asarray(small, np.uint8)
    for line in find_lines(half).lines:
        assert 90 < len(line.crop) < 100
        assert line.box[3] < 60


@pytest.mark.parametrize(("pitch", "order"), [(1.45, 1), (1.5, 2), (1.55, 2), (1.7, 1)])
def test_lines_that_touch_are_told_apart(pitch: float, order: int) -> None:
    picture, middles = crowded(pitch, order)
    lines = find_lines(picture).lines
    assert len(lines) == len(middles)
    for line, middle in zip(lines, middles, strict=True):
        assert abs(line.quad[:, 1].mean() - middle) < 12


def test_lines_in_poor_light_are_read() -> None:
    recognizer = Recognizer(threads=1)
    picture, tops = page()
    dim = 110 - (255.0 - ruled(picture, tops)) * np.where(picture < 230, 0.2, 0.4)
    dim += np.random.default_rng(6).normal(0, 5, dim.shape)
    flat = [recognizer.read(line.crop).text for line in find_lines(picture).lines]
    lines = find_lines(np.clip(dim, 0, 255).astype(np.uint8)).lines
    texts = [recognizer.read(line.crop).text for line in lines]
    assert len(texts) == len(flat)
    assert sum(map(edit_distance, texts, flat)) <= 0.15 * sum(map(len, flat))


def test_a_blank_page_has_no_line() -> None:
    assert not find_lines(blank()).lines


def test_what_shows_through_from_the_back_is_no_line() -> None:
    picture, tops = page()
    behind = np.roll(picture[:, ::-1], 70, axis=0)
    seen = np.minimum(picture, (255 - (255 - behind) * 0.045).astype(np.uint8))
    assert len(find_lines(np.asarray(seen, np.uint8)).lines) == len(tops)


def test_a_failure_of_opencv_is_a_picture_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> NoReturn:
        cv2.resize(np.zeros((0, 0), np.uint8), (1, 1))
        raise AssertionError("an empty picture has no size")

    picture, _ = page()
    found = find_lines(picture)
    with pytest.raises(ImageError, match="its lines cannot be cut out"):
        _ = replace(found.lines[0], cut=fail).crop
    monkeypatch.setattr(module, "find_ink", fail)
    for _ in range(2):  # not only the first time
        with pytest.raises(ImageError, match="its lines cannot be found"):
            find_lines(picture)


@pytest.mark.parametrize("size", [(4, 4), (4, 800), (800, 4), (3, 3), (1, 1), (40, 40), (2000, 30)])
@pytest.mark.parametrize("level", [0, 255, None])
def test_any_picture_is_a_page(size: tuple[int, int], level: int | None) -> None:
    noise = np.random.default_rng(3).integers(0, 256, size, np.uint8)
    picture = noise if level is None else np.full(size, level, np.uint8)
    for line in find_lines(picture).lines:
        assert line.crop.size


def test_a_line_picture_is_no_page() -> None:
    for path in sorted(SAMPLES.glob("*.jpg")):
        gray = load_gray(path)
        assert shape_decides(gray.shape[1], gray.shape[0]) or not is_page(find_lines(gray))
