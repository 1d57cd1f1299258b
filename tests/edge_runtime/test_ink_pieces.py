"""What is known of a page's pieces, given to its pixels."""

import numpy as np

from edge_runtime.ink_pieces import ROW_STEP, find_pieces
from edge_runtime.page_ink import find_ink
from tests.pages import blank, page


def test_each_pixel_of_a_piece_gets_its_value() -> None:
    pieces = find_pieces(find_ink(page()[0]).letters)
    values = np.arange(len(pieces.stats), dtype=np.int16) * 3
    assert len(pieces.stats) > 20
    assert np.array_equal(pieces.painted(values), np.take(values, pieces.labels))


def test_pixels_are_those_of_letters_in_every_second_row() -> None:
    pieces = find_pieces(find_ink(page()[0]).letters)
    rows, columns = np.nonzero(pieces.is_letter[pieces.labels[::ROW_STEP]])
    assert np.array_equal(pieces.pixels.rows, rows * ROW_STEP)
    assert np.array_equal(pieces.pixels.columns, columns)


def test_a_blank_page_has_none() -> None:
    pieces = find_pieces(np.zeros_like(blank()))
    assert not pieces.painted(np.ones(1, np.uint8)).any()
    assert not len(pieces.pixels.rows)
