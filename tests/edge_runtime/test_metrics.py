"""Error rates against hand-counted cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.metrics import bootstrap, edit_distance, error_rates, fold, rates_by

words = st.text(alphabet="abc ", max_size=8)


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("Hoà", "Hòa", 2), ("ab", "ba", 2)],
)
def test_edit_distance(a: str, b: str, distance: int) -> None:
    assert edit_distance(a, b) == edit_distance(b, a) == distance


@given(words, words, words)
def test_edit_distance_is_a_metric(a: str, b: str, c: str) -> None:
    assert (edit_distance(a, b) == 0) == (a == b)
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)


def test_rates_are_sums_over_sums_not_means_of_lines() -> None:
    rates = error_rates(["aaaaaaaa b", "cc"], ["aaaaaaaa b", "cd"])
    assert rates.n == 2
    assert rates.cer == pytest.approx(1 / 12)
    assert rates.wer == pytest.approx(1 / 3)
    assert rates.ser == pytest.approx(1 / 2)


def test_spaces_and_forms_are_tidied_before_comparing() -> None:
    assert error_rates(["Hue\u0302\u0301  5"], [" Huế 5"]).cer == 0


@pytest.mark.parametrize(
    ("a", "b"),
    [("Hoà", "hòa"), ("TP. Hồ Chí Minh", "tp hồ chí minh"), ("Thuỷ,", "THỦY"), ("Quý", "quý.")],
)
def test_the_normalised_rate_ignores_case_punctuation_and_tone_place(a: str, b: str) -> None:
    assert fold(a) == fold(b)
    assert error_rates([a], [b]).normalized_cer == 0
    assert error_rates([a], [b]).cer > 0


@pytest.mark.parametrize(("a", "b"), [("hoà", "hoá"), ("ma", "mà"), ("an", "ân"), ("3/4", "34")])
def test_the_normalised_rate_still_sees_real_errors(a: str, b: str) -> None:
    assert error_rates([a], [b]).normalized_cer > 0


def test_bootstrap_holds_the_rate_and_narrows_with_n() -> None:
    references = ["abcdefghij"] * 40
    readings = ["abcdefghij", "abcdefghix"] * 20
    few = bootstrap(references[:8], readings[:8])["cer"]
    many = bootstrap(references, readings)["cer"]
    assert many.low <= 0.05 <= many.high
    assert many.high - many.low < few.high - few.low
    assert bootstrap(references, readings) == bootstrap(references, readings)


def test_empty_sets_and_unequal_lengths() -> None:
    assert error_rates([], []).cer == 0
    assert bootstrap([], []) == {}
    with pytest.raises(ValueError, match="1 references for 0 readings"):
        error_rates(["a"], [])


def test_rates_by_group() -> None:
    by = rates_by(["w2", "w1", "w2"], ["a", "b", "c"], ["a", "x", "d"])
    assert list(by) == ["w1", "w2"]
    assert (by["w1"].cer, by["w2"].cer) == (1.0, 0.5)
