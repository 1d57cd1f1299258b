"""The gate: what it measures, what it lets pass, what it stops."""

from typing import Any

import numpy as np
import pytest

from convert.lines import Line
from convert.parity import Parity, Tolerance, check, compare
from edge_runtime.charset import Charset
from edge_runtime.errors import GateError

CHARSET = Charset("abc ")
TOLERANCE = Tolerance(drift=0.02, cer_loss=0.003, logit_error=0.2)
TEXTS = ["abc", "cab a", "b"]


def logits_of(text: str, sharpness: float = 10.0) -> Any:
    """Logits that spell ``text``: each letter, then a blank."""
    steps = [index for letter in text for index in (CHARSET.symbols.index(letter), CHARSET.blank)]
    return (sharpness * np.eye(len(CHARSET) + 1)[steps]).astype(np.float32)


LINES = [Line(str(i), np.zeros((4, 4), np.uint8), text) for i, text in enumerate(TEXTS)]
KERAS = [logits_of(text) for text in TEXTS]


def compared(found: list[Any], lines: list[Line] = LINES) -> Parity:
    return compare(lines, KERAS, found, CHARSET)


def test_equal_logits_pass_even_without_any_tolerance() -> None:
    parity = compared([logits.copy() for logits in KERAS])
    check(parity, Tolerance(0.0, 0.0, 0.0))
    assert (parity.lines, parity.steps, parity.labelled) == (3, 18, 3)
    assert (parity.agreement, parity.same_text, parity.drift) == (1.0, 1.0, 0.0)
    assert parity.cer_keras == parity.cer_tflite == 0.0


def test_a_small_error_passes_and_is_measured() -> None:
    parity = compared([logits + np.float32(0.5) for logits in KERAS])
    check(parity, TOLERANCE)
    assert parity.logit_max == pytest.approx(0.5)
    spread = np.concatenate(KERAS)
    spread = spread - spread.mean(axis=0)
    assert parity.logit_error == pytest.approx(0.5 / np.sqrt((spread**2).mean()), rel=1e-5)


def test_one_wrong_letter_is_counted_in_every_figure() -> None:
    parity = compared([KERAS[0], logits_of("cab b"), KERAS[2]])
    assert parity.drift == pytest.approx(1 / 9)
    assert parity.same_text == pytest.approx(2 / 3)
    assert parity.agreement == pytest.approx(17 / 18)
    assert parity.cer_tflite == pytest.approx(1 / 9)
    with pytest.raises(GateError, match=r"11\.11% of the characters.*CER rises by 11\.11 points"):
        check(parity, TOLERANCE)


def test_a_reading_that_gets_better_is_still_a_difference() -> None:
    lines = [LINES[0], Line("1", LINES[1].ink, "cab b"), LINES[2]]
    parity = compared([KERAS[0], logits_of("cab b"), KERAS[2]], lines)
    assert parity.cer_tflite == 0.0
    with pytest.raises(GateError, match="read differently") as caught:
        check(parity, TOLERANCE)
    assert "CER" not in str(caught.value)


def test_shuffled_weights_are_stopped() -> None:
    order = np.random.default_rng(0).permutation(len(CHARSET) + 1)
    with pytest.raises(GateError, match="logit error") as caught:
        check(compared([logits[:, order] for logits in KERAS]), TOLERANCE)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_logits_that_are_no_numbers_are_stopped(value: float) -> None:
    found = [logits.copy() for logits in KERAS]
    found[1][2, 0] = value
    with pytest.raises(GateError, match="not finite"):
        check(compared(found), Tolerance(1.0, 1.0, np.inf))


def test_a_network_that_reads_nothing_is_still_held_to_its_logits() -> None:
    """Where no text comes out, no text can differ."""
    blank = [np.zeros((9, len(CHARSET) + 1), np.float32) for _ in LINES]
    for i, logits in enumerate(blank):
        logits[:, CHARSET.blank] = 5 + i
    other = [logits * 0.5 for logits in blank]
    unlabelled = [Line(line.id, line.ink, "") for line in LINES]
    parity = compare(unlabelled, blank, other, CHARSET)
    assert parity.drift == 0.0
    assert parity.cer_keras is None
    with pytest.raises(GateError, match="logit error"):
        check(parity, TOLERANCE)


def test_other_numbers_of_steps_are_stopped() -> None:
    with pytest.raises(GateError, match="other shapes"):
        compared([KERAS[0], KERAS[1][:-1], KERAS[2]])


def test_the_summary_tells_the_rates() -> None:
    found = [KERAS[0], logits_of("cab b"), KERAS[2]]
    assert "CER 0.00% in Keras and 11.11% here" in compared(found).summary()
    unlabelled = [Line(line.id, line.ink, "") for line in LINES]
    assert "CER" not in compared(found, unlabelled).summary()
