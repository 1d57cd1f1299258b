"""What is measured on a set of lines, and which of them are the worst."""

import json

import pytest

from edge_runtime.evaluation import ReadLine, evaluate, worst_first

LINES = [
    ReadLine("d/1", "Tổ 5 Ấp", "Tổ 5 Ấp", "7"),
    ReadLine("d/2", "Cà Mau", "Ca Mau", "7"),
    ReadLine("d/3", "Huế", "", "9"),
    ReadLine("d/4", "đường", "đường", None),
]


def test_rates_are_over_the_whole_set() -> None:
    result = evaluate(LINES)
    assert result.rates.n == 4
    assert result.rates.cer == pytest.approx((1 + 3) / (7 + 6 + 3 + 5))
    assert result.rates.wer == pytest.approx(2 / 7)
    assert result.rates.ser == pytest.approx(0.5)
    span = result.intervals["cer"]
    assert 0 <= span.low <= result.rates.cer <= span.high <= 1


def test_rates_by_writer_leave_unknown_writers_out() -> None:
    by_writer = evaluate(LINES).by_writer
    assert list(by_writer) == ["7", "9"]
    assert by_writer["7"].n == 2
    assert by_writer["9"].cer == 1.0


def test_texts_are_normalised_before_they_are_compared() -> None:
    decomposed = ReadLine("d/5", "Huế", "  Hue\u0302\u0301 ")
    result = evaluate([decomposed])
    assert result.rates.cer == 0
    assert result.letters == []


def test_confusions_come_along() -> None:
    result = evaluate(LINES)
    assert ("à", "a", 1) in [(c.reference, c.reading, c.count) for c in result.letters]
    assert ("huyền", "ngang", 1) in [(c.reference, c.reading, c.count) for c in result.tones]


def test_a_report_is_plain_values() -> None:
    values = json.loads(json.dumps(evaluate(LINES).as_dict()))
    assert list(values)[:5] == ["n", "cer", "wer", "ser", "normalized_cer"]
    assert set(values["intervals"]) == {"cer", "wer", "ser", "normalized_cer"}
    assert values["intervals"]["cer"][0] <= values["cer"] <= values["intervals"]["cer"][1]


def test_no_lines_give_zeros() -> None:
    result = evaluate([])
    assert (result.rates.n, result.rates.cer, result.intervals) == (0, 0.0, {})


def test_the_worst_lines_come_first_and_right_ones_not_at_all() -> None:
    assert [line.id for line in worst_first(LINES)] == ["d/3", "d/2"]
