"""Faint lines become whole again, and nothing is added where no line was found."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from edge_runtime.faint_ink import with_faint_ink
from edge_runtime.image import Gray
from edge_runtime.ink_pieces import find_pieces
from edge_runtime.line_finder import FoundLines, find_text_lines
from edge_runtime.lines import find_lines
from edge_runtime.page_ink import PageInk, find_ink

NOISE = 9.0


def page(darkness: float) -> Gray:
    """Four dark lines, and between them one that is no darker than this in its middle, in grain."""
    sheet = np.full((620, 900), 130.0)
    for row in (120, 200, 360, 440):
        _write(sheet, row, 60, 800, 80.0)
    _write(sheet, 280, 60, 300, 1.3 * darkness)
    _write(sheet, 280, 300, 580, darkness)
    _write(sheet, 280, 580, 800, 1.3 * darkness)
    sheet += np.random.default_rng(5).normal(0, NOISE, sheet.shape)
    return np.clip(cv2.GaussianBlur(sheet, (0, 0), 0.6), 0, 255).astype(np.uint8)


def _write(
    sheet: npt.NDArray[np.float64], row: int, left: int, right: int, darkness: float
) -> None:
    """Rows of u and n, as wide as high."""
    ink = np.zeros(sheet.shape, np.uint8)
    for i, x in enumerate(range(left, right - 20, 26)):
        if i % 6 != 5:
            ends = (180, 360) if i % 2 else (0, 180)
            cv2.ellipse(ink, (x + 9, row), (8, 12), 0, *ends, 1, 3)
            cv2.line(ink, (x + 17, row - 12), (x + 17, row + 12), 1, 3)
    sheet[ink > 0] -= darkness


def found_on(picture: Gray) -> tuple[PageInk, FoundLines]:
    ink = find_ink(picture)
    return ink, find_text_lines(find_pieces(ink.letters), ink)


def test_a_faint_line_becomes_whole() -> None:
    picture = page(9.0)
    ink, found = found_on(picture)
    assert len(found.lines) == 6  # in two pieces
    more = with_faint_ink(ink, found)
    assert more is not None
    assert (more >= ink.letters).all()
    faint = (slice(262, 300), slice(300, 800))
    assert more[faint].sum() > 1.3 * ink.letters[faint].sum()
    lines = find_lines(picture).lines
    assert len(lines) == 5
    assert lines[2].box[2] > 700


def test_nothing_is_added_away_from_faint_lines() -> None:
    ink, found = found_on(page(9.0))
    more = with_faint_ink(ink, found)
    assert more is not None
    added = more > ink.letters
    assert not added[:240].any()
    assert not added[320:].any()


def test_without_a_faint_line_there_is_no_second_look() -> None:
    assert with_faint_ink(*found_on(page(60.0))) is None


@pytest.mark.parametrize("seed", [0, 1])
def test_grain_alone_gives_no_second_look(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(130, NOISE, (600, 800))
    picture = np.clip(noise, 0, 255).astype(np.uint8)
    assert with_faint_ink(*found_on(picture)) is None
