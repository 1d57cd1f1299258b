"""Glyphs as distance fields: one font, many pens."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_runtime.charset import vietnamese_letters
from train.synth.fonts import FontSpec
from train.synth.glyphs import REACH, decode, glyph_source, split_letter
from train.synth.strokes import (
    ACUTE,
    BREVE,
    CIRCUMFLEX,
    DOT,
    GRAVE,
    HOOK,
    HORN,
    TILDE,
    mark_strokes,
    stroke_distance,
)
from train.synth.thinning import centre_line

Mask = NDArray[np.uint8]


def test_split_letter() -> None:
    assert split_letter("ộ") == ("o", DOT + CIRCUMFLEX)
    assert split_letter("Ờ") == ("Ơ", GRAVE)
    assert split_letter("đ") == ("đ", "")
    assert split_letter("ẵ") == ("a", BREVE + TILDE)


@pytest.mark.parametrize("index", [0, 1])
def test_marks_are_pieces_of_their_own(fonts: list[FontSpec], index: int) -> None:
    source = glyph_source(fonts[index].path)
    odd = []
    for letter in vietnamese_letters():
        marks = split_letter(letter)[1]
        pieces = source.glyph(letter).pieces
        assert not pieces[0].is_mark
        if len(pieces) != 1 + len(marks) and letter != "i":
            odd.append(letter)
    assert len(odd) <= 5  # two marks that touch may stay together


def test_mark_places(fonts: list[FontSpec]) -> None:
    source = glyph_source(fonts[0].path)
    body, *marks = source.glyph("ộ").pieces
    above, below = sorted(marks, key=lambda piece: piece.y)
    assert below.is_dot
    assert not above.is_dot
    assert above.y < body.y < below.y
    glyph = source.glyph("ộ")
    assert glyph.top == source.glyph("o").top
    assert glyph.bottom == source.glyph("o").bottom


def test_i_has_a_dot_and_dotless_body(fonts: list[FontSpec]) -> None:
    source = glyph_source(fonts[0].path)
    assert source.dotless("i") == "\u0131"
    assert source.dotless("o") == "o"
    assert [piece.is_mark for piece in source.glyph("i").pieces] == [False, True]


def test_fields_hold_distances(fonts: list[FontSpec]) -> None:
    (piece,) = glyph_source(fonts[0].path).glyph("l").pieces
    outline, centre = decode(piece.outline), decode(piece.centre)
    assert outline.min() < -0.5
    assert outline.max() == pytest.approx(REACH, abs=0.1)
    assert 0 <= centre.min() < 0.6
    rows, columns = np.nonzero(outline < -0.75 * abs(outline.min()))
    assert centre[rows, columns].max() < 1.5  # deep inside lies the centre line


def test_joining_ends(fonts: list[FontSpec]) -> None:
    source = glyph_source(fonts[0].path)
    a, g, capital = source.glyph("a"), source.glyph("g"), source.glyph("A")
    assert a.entry is not None
    assert a.exit is not None
    assert a.entry[0] < a.exit[0]
    assert g.exit is None
    assert capital.entry is None
    assert capital.exit is None


def _bar() -> Mask:
    mask = np.zeros((30, 60), np.uint8)
    mask[10:19, 5:55] = 1
    return mask


def test_thinning_a_bar() -> None:
    thin = centre_line(_bar())
    rows, columns = np.nonzero(thin)
    assert set(rows.tolist()) <= {13, 14, 15}
    assert columns.min() < 12
    assert columns.max() > 47
    assert thin[:, 20:40].sum(axis=0).tolist() == [1] * 20


def test_thinning_keeps_every_part() -> None:
    mask = _bar()
    mask[24:26, 30:32] = 1  # a square dot that thinning alone would erase
    mask[3, 10] = 1
    assert centre_line(mask)[22:28, 28:34].sum() == 1
    assert centre_line(np.zeros((8, 8), np.uint8)).sum() == 0


def test_stroke_distance() -> None:
    field = np.full((20, 40), 9.0, np.float32)
    stroke_distance(field, np.array([(5.0, 10.0), (30.0, 10.0)]), 1.5, 5.0)
    assert field[10, 5:31] == pytest.approx(-1.5)
    assert field[13, 15] == pytest.approx(1.5)
    assert field[10, 33] == pytest.approx(1.5)
    assert field[0, 0] == 9.0


def test_stroke_outside_the_field_changes_nothing() -> None:
    field = np.full((20, 40), 9.0, np.float32)
    stroke_distance(field, np.array([(100.0, 10.0), (130.0, 10.0)]), 1.5, 5.0)
    assert (field == 9.0).all()


@pytest.mark.parametrize("mark", [GRAVE, ACUTE, TILDE, HOOK, DOT, CIRCUMFLEX, BREVE, HORN])
def test_marks_are_small_and_flatten(mark: str) -> None:
    printed, flat = mark_strokes(mark, 0.0, 0.0), mark_strokes(mark, 1.0, 0.0)
    assert np.abs(printed).max() < 0.4
    assert printed.shape == flat.shape
    assert np.ptp(flat[:, 1]) <= np.ptp(printed[:, 1])


def test_acute_rises_and_grave_falls() -> None:
    acute, grave = mark_strokes(ACUTE, 0.2, 0.0), mark_strokes(GRAVE, 0.2, 0.0)
    for stroke, sign in ((acute, -1), (grave, 1)):
        low, high = stroke[np.argsort(stroke[:, 0])][[0, -1]]
        assert np.sign(high[1] - low[1]) == sign
