"""Rules are taken out of the ink, letters that stand on them are not."""

import numpy as np
import pytest

from edge_runtime.image import Gray
from edge_runtime.page_ink import _bar, find_ink

RULE, BASE = 200, 197


def on_a_rule(dark: int) -> Gray:
    """Joined letters that stand on a rule: their level strokes run just above it."""
    page = np.full((400, 640), 200, np.uint8)
    page[RULE : RULE + 2] = dark
    for left in range(100, 500, 100):
        page[BASE - 8 : RULE, left : left + 70 : 10] = 90
        page[BASE - 8 : RULE, left + 1 : left + 70 : 10] = 90
        page[BASE - 2 : BASE, left : left + 70] = 90
    return page


@pytest.mark.parametrize("dark", [30, 90, 120])
def test_level_strokes_of_letters_above_a_rule_stay(dark: int) -> None:
    ink = find_ink(on_a_rule(dark))
    assert ink.has_level
    assert ink.level[RULE, 20:620].mean() > 0.95
    assert not ink.level[BASE - 8 : BASE - 2].any()
    assert ink.letters[BASE - 5 : BASE - 2, 110:160].mean() > 0.3
    assert not ink.letters[:, 520:].any()


@pytest.mark.parametrize("bow", [0.0, 3.0])
def test_the_bar_of_a_run_is_the_rule_alone(bow: float) -> None:
    columns = np.arange(300)
    rows = np.arange(30)[:, None]
    middle = 18 + bow * (columns / 150 - 1) ** 2
    rule = np.abs(rows - middle) <= 1.5
    letters = (rows > 8) & (rows < middle) & (columns % 100 < 40)
    bar = _bar(rule | letters)
    assert (bar & rule).sum() > 0.95 * rule.sum()
    assert not bar[:14].any()


def test_a_run_without_letters_stays_whole() -> None:
    rule = np.zeros((12, 200), np.bool_)
    rule[5:8] = True
    assert (_bar(rule) == rule).all()
