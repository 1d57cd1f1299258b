"""Whose ink is whose where lines touch: pieces that two lines share, words beyond a ridge's end."""

import cv2
import numpy as np

from edge_runtime.ink_owner import Mask, Owner, ink_owner
from edge_runtime.ink_pieces import find_pieces
from edge_runtime.line_ridges import Ridge

BODY = 20.0
UPPER, LOWER = 60, 96
"""Middles of two lines that are 1.8 body heights apart."""


def ridge(left: float, right: float, row: float) -> Ridge:
    columns = np.arange(left, right + 1, 4.0, dtype=np.float32)
    return Ridge(columns, np.full_like(columns, row), BODY, 100.0)


def letters(ink: Mask, left: int, right: int, row: int) -> None:
    """Upright strokes of the height of a text body, joined at their feet."""
    for x in range(left, right, 12):
        cv2.line(ink, (x, row - 10), (x, row + 10), 1, 3)
    cv2.line(ink, (left, row + 10), (right, row + 10), 1, 3)


def owned(ink: Mask, ridges: list[Ridge], upright: Mask | None = None) -> Owner:
    return ink_owner(find_pieces(ink), ridges, upright)


def test_a_piece_of_two_lines_is_cut_between_them() -> None:
    ink = np.zeros((160, 500), np.uint8)
    letters(ink, 40, 440, UPPER)
    letters(ink, 40, 440, LOWER)
    cv2.line(ink, (200, UPPER + 10), (200, LOWER - 10), 1, 3)  # a tail that meets a letter
    owner = owned(ink, [ridge(30, 450, UPPER), ridge(30, 450, LOWER)])
    assert (owner[UPPER - 10 : UPPER + 12][ink[UPPER - 10 : UPPER + 12] > 0] == 1).all()
    assert (owner[LOWER - 9 : LOWER + 12][ink[LOWER - 9 : LOWER + 12] > 0] == 2).all()


def test_tails_that_touch_nothing_stay_whole_where_the_piece_is_cut() -> None:
    ink = np.zeros((160, 500), np.uint8)
    letters(ink, 40, 440, UPPER)
    letters(ink, 40, 300, LOWER)
    cv2.line(ink, (200, UPPER + 10), (200, LOWER - 10), 1, 3)
    cv2.line(ink, (400, UPPER + 10), (400, LOWER - 6), 1, 3)  # a tail beside the lower line
    cv2.line(ink, (100, LOWER - 10), (100, UPPER + 16), 1, 3)  # a tall letter below the upper one
    owner = owned(ink, [ridge(30, 450, UPPER), ridge(30, 310, LOWER)])
    assert (owner[UPPER + 12 : LOWER - 6, 400] == 1).all()
    assert (owner[UPPER + 17 : LOWER, 100] == 2).all()


def test_a_word_beyond_the_end_of_a_ridge_is_of_its_line() -> None:
    ink = np.zeros((160, 700), np.uint8)
    letters(ink, 40, 400, UPPER)
    letters(ink, 440, 470, UPPER)
    cv2.line(ink, (460, UPPER + 10), (460, LOWER - 6), 1, 3)  # its tail ends in the line below
    letters(ink, 40, 440, LOWER)
    letters(ink, 480, 640, LOWER)
    owner = owned(ink, [ridge(30, 405, UPPER), ridge(30, 650, LOWER)])
    assert (
        owner[UPPER - 10 : UPPER + 12, 438:474][ink[UPPER - 10 : UPPER + 12, 438:474] > 0] == 1
    ).all()


def test_beyond_a_border_is_another_cell() -> None:
    ink = np.zeros((160, 700), np.uint8)
    letters(ink, 40, 400, UPPER)
    letters(ink, 440, 470, UPPER)
    upright = np.zeros_like(ink)
    upright[:, 420] = 1
    assert owned(ink, [ridge(30, 405, UPPER)])[UPPER, 440:470].any()
    assert not owned(ink, [ridge(30, 405, UPPER)], upright)[UPPER, 440:470].any()


def test_marks_are_of_the_line_below_and_dots_of_the_nearer_one() -> None:
    ink = np.zeros((160, 500), np.uint8)
    letters(ink, 40, 440, UPPER)
    letters(ink, 40, 440, LOWER)
    between = (UPPER + LOWER) // 2 - 1
    cv2.line(ink, (101, between), (112, between), 1, 2)
    cv2.circle(ink, (302, between), 2, 1, cv2.FILLED)
    owner = owned(ink, [ridge(30, 450, UPPER), ridge(30, 450, LOWER)])
    assert owner[between, 106] == 2
    assert owner[between, 302] == 1
