"""The gate: what it measures, what it lets pass, what it stops."""

from typing import Any

import numpy as np
import pytest

from convert.gate import Tolerance, failures, tolerance_of
from convert.lines import Line
from convert.parity import Parity, compare, paired_difference
from edge_runtime.charset import Charset
from edge_runtime.errors import ConversionError

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
    assert failures(parity, Tolerance(0.0, 0.0, 0.0)) == []
    assert (parity.lines, parity.steps, parity.labelled) == (3, 18, 3)
    assert (parity.agreement, parity.same_text, parity.drift) == (1.0, 1.0, 0.0)
    assert parity.cer_keras == parity.cer_tflite == 0.0


def test_a_small_error_passes_and_is_measured() -> None:
    parity = compared([logits + np.float32(0.5) for logits in KERAS])
    assert failures(parity, TOLERANCE) == []
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
    first, second = failures(parity, TOLERANCE)[-2:]
    assert first == "11.11% of the characters read differently, over 2.00%"
    assert second == "CER rises by 11.11 points, over 0.30"


def test_a_reading_that_gets_better_is_still_a_difference() -> None:
    lines = [LINES[0], Line("1", LINES[1].ink, "cab b"), LINES[2]]
    parity = compared([KERAS[0], logits_of("cab b"), KERAS[2]], lines)
    assert parity.cer_tflite == 0.0
    found = "; ".join(failures(parity, TOLERANCE))
    assert "read differently" in found
    assert "CER" not in found


def test_shuffled_weights_are_stopped() -> None:
    order = np.random.default_rng(0).permutation(len(CHARSET) + 1)
    found = failures(compared([logits[:, order] for logits in KERAS]), TOLERANCE)
    assert found[0].startswith("logit error")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_logits_that_are_no_numbers_are_stopped(value: float) -> None:
    found = [logits.copy() for logits in KERAS]
    found[1][2, 0] = value
    assert failures(compared(found), Tolerance(1.0, 1.0, np.inf)) == ["logits are not finite"]


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
    assert failures(parity, TOLERANCE)[0].startswith("logit error")


def test_other_numbers_of_steps_are_stopped() -> None:
    with pytest.raises(ConversionError, match="other shapes"):
        compared([KERAS[0], KERAS[1][:-1], KERAS[2]])


def test_the_summary_tells_the_rates() -> None:
    found = [KERAS[0], logits_of("cab b"), KERAS[2]]
    assert "CER 0.00% in Keras and 11.11% here" in compared(found).summary()
    unlabelled = [Line(line.id, line.ink, "") for line in LINES]
    assert "CER" not in compared(found, unlabelled).summary()


def test_the_interval_of_a_difference_covers_it_and_is_paired() -> None:
    lines = [Line(str(i), LINES[0].ink, "abcabcabca") for i in range(60)]
    before = ["abcabcabca" if i % 2 else "bbcabcabca" for i in range(60)]
    worse = [text[:-1] + "c" if i % 10 == 0 else text for i, text in enumerate(before)]
    found = paired_difference(lines, before, worse)
    assert found is not None
    assert found.cer == pytest.approx(6 / 600)
    assert 0 < found.low < found.cer < found.high < 0.03
    same = paired_difference(lines, before, before)
    assert same is not None
    assert (same.cer, same.low, same.high) == (0.0, 0.0, 0.0)
    assert paired_difference([Line("0", LINES[0].ink, "")], ["a"], ["b"]) is None


def test_a_comparison_with_an_interval_says_it() -> None:
    parity = compare(LINES, KERAS, [KERAS[0], logits_of("cab b"), KERAS[2]], CHARSET, interval=True)
    assert parity.difference is not None
    assert parity.difference.cer == pytest.approx(parity.cer_loss)
    assert "points)" in parity.summary()


def test_each_precision_has_a_tolerance_of_its_own() -> None:
    assert tolerance_of("fp32", None, 0.003).drift < tolerance_of("mixed", None, 0.003).drift
    assert tolerance_of("fp32", 0.5, 0.003).drift == 0.5
