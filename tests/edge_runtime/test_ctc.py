"""Greedy CTC decoding against the definition, written out."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.charset import Charset
from edge_runtime.ctc import assemble, greedy, greedy_classes, softmax

AB = Charset("ab ")
BLANK = AB.blank


def logits_of(path: list[int], classes: int = 4, strength: float = 5.0) -> np.ndarray:
    out = np.zeros((len(path), classes), np.float32)
    out[np.arange(len(path)), path] = strength
    return out


@given(st.lists(st.integers(0, BLANK), max_size=30))
def test_repeats_merge_and_blanks_vanish(path: list[int]) -> None:
    expected = [c for i, c in enumerate(path) if c != BLANK and (i == 0 or path[i - 1] != c)]
    assert greedy_classes(logits_of(path), BLANK)[0] == expected


def test_a_double_letter_needs_a_blank_between() -> None:
    assert greedy(logits_of([0, 0]), AB).text == "a"
    assert greedy(logits_of([0, BLANK, 0]), AB).text == "aa"


def test_confidence_is_the_peak_of_the_run() -> None:
    logits = logits_of([0, 0, BLANK])
    logits[1, 0] = 9.0
    _, confidences = greedy_classes(logits, BLANK)
    assert confidences == [pytest.approx(math.exp(9) / (math.exp(9) + 3))]


def test_words_and_their_confidences() -> None:
    reading = assemble("ab  a ", [0.9, 0.4, 1.0, 1.0, 0.5, 1.0])
    assert reading.text == "ab a"
    assert [w.text for w in reading.words] == ["ab", "a"]
    assert reading.words[0].confidence == pytest.approx(0.6)
    assert reading.words[1].confidence == pytest.approx(0.5)
    assert reading.confidence == pytest.approx((0.9 * 0.4 * 0.5) ** (1 / 3))


def test_nothing_read() -> None:
    for path in ([], [BLANK, BLANK]):
        reading = greedy(logits_of(path), AB)
        assert (reading.text, reading.confidence, reading.words) == ("", 0.0, ())


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        greedy(np.zeros((3, 7), np.float32), AB)
    with pytest.raises(ValueError, match="do not fit"):
        greedy_classes(np.zeros((3, 3), np.float32), 3)


def test_softmax_of_large_logits_is_finite() -> None:
    out = softmax(np.array([[1e4, 0.0]], np.float32))
    assert out.tolist() == [[1.0, 0.0]]
