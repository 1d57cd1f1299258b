"""Weights and confidences are learnt: from lines whose answer is known beforehand."""

import math
from dataclasses import replace

import numpy as np
import pytest

from edge_runtime.calibration import Calibration
from edge_runtime.charset import VIETNAMESE
from edge_runtime.decoder import Decoder
from edge_runtime.lexicon_meta import Weights
from tests.lexicons import logits_of, vietnam
from train.lexicon import tune
from train.lexicon.build import read_weights
from train.lexicon.calibrate import calibration_error, fit, learn, right_words
from train.lexicon.measure import rates, wards_of


def test_a_logistic_curve_is_found_again() -> None:
    rng = np.random.default_rng(0)
    evidence = -rng.exponential(2.0, 4000)
    right = rng.random(4000) < 1 / (1 + np.exp(-(3.0 + 0.7 * evidence)))
    shift, slope = fit(zip(evidence.tolist(), right.tolist(), strict=True))
    assert shift == pytest.approx(3.0, abs=0.2)
    assert slope == pytest.approx(0.7, abs=0.06)


def test_without_cases_a_curve_keeps_to_the_network() -> None:
    assert fit([]) == (2.0, 1.0)
    shift, slope = fit([(-1.0, True)] * 500)  # nothing was ever wrong
    assert math.isfinite(shift)
    assert 1 / (1 + math.exp(-shift + slope)) > 0.98


def test_the_calibration_error_is_that_of_its_definition() -> None:
    assert calibration_error([0.9] * 10, [True] * 9 + [False]) == pytest.approx(0.18)
    sure = [i % 10 != 0 for i in range(100)]
    assert calibration_error([0.9] * 100, sure) == pytest.approx(0.0, abs=1e-9)
    assert calibration_error([1.0] * 50, [False] * 50) == 1.0


def test_right_words_are_those_of_the_label_in_order() -> None:
    assert right_words("a b c d", "a x c") == [True, False, True]
    assert right_words("a b", "b") == [True]
    assert right_words("a", "") == []


def test_learnt_confidences_say_how_often_words_are_right() -> None:
    """A network that says 0.6 and is right in a third of the cases."""
    lines = [
        ("Án Giang" if i % 3 else "An Giang", logits_of(VIETNAMESE, "An Giang", {0: {"Á": 0.4}}))
        for i in range(90)
    ]
    plain = Decoder(VIETNAMESE)
    calibration = learn(plain, None, lines)
    reading = Decoder(VIETNAMESE, None, calibration).read(lines[0][1])
    assert reading.words[0].confidence == pytest.approx(1 / 3, abs=0.1)
    assert reading.words[1].confidence > 0.9
    assert reading.confidence == pytest.approx(1 / 3, abs=0.1)
    helped = learn(plain, Decoder(VIETNAMESE, vietnam()), lines[:4])
    assert set(helped.curves) == {
        "greedy", "greedy-line", "place", "word", "number", "other", "line",
    }  # fmt: skip
    assert isinstance(helped, Calibration)


def test_the_search_takes_every_improvement_and_nothing_else() -> None:
    class Bowl:
        """Smallest at a scale of 0.9 and an unknown of 3."""

        percent: dict[str, float] = {}  # noqa: RUF012

        def __call__(self, weights: Weights) -> float:
            return abs(weights.scale - 0.9) + abs(weights.unknown - 3.0)

    start = replace(Weights(), scale=0.4, unknown=5.0)
    found = tune.search(Bowl(), start, rounds=4)  # type: ignore[arg-type]
    assert found.scale == pytest.approx(0.9, abs=0.02)
    assert found.unknown == pytest.approx(3.0, abs=0.11)
    assert replace(found, scale=start.scale, unknown=start.unknown) == start


def test_moves_stay_within_their_bounds() -> None:
    weights = Weights()
    for name, index, step in tune.moves(weights, 50.0):
        for direction in (step, -step):
            tune.moved(weights, name, index, direction)
    assert tune.moved(weights, "scale", 0, -9.0).scale == 0.1
    assert tune.moved(weights, "typed", 2, 9.0).typed[2] == 0.98


def test_weights_survive_their_file(tmp_path: object) -> None:
    text = tune.as_toml(read_weights(), "learnt")
    assert text.startswith("# learnt\n")
    import tomllib

    assert Weights.from_dict(tomllib.loads(text)) == read_weights()


def test_errors_are_counted_and_expected() -> None:
    logits = logits_of(VIETNAMESE, "Xyz", {0: {"A": 0.4}})
    counted, expected = tune.count_errors(Decoder(VIETNAMESE, vietnam()), [("Xyz", logits)])
    assert counted == 0
    assert 0.1 < expected < 0.7


def test_rates_and_wards_of_a_measurement() -> None:
    decoder = Decoder(VIETNAMESE, vietnam())
    lines = [("An Giang", logits_of(VIETNAMESE, "An Giang"))]
    found = rates(lines, decoder)
    assert (found["n"], found["cer"], found["ser"]) == (1, 0, 0)
    assert found["ms"]["max"] >= found["ms"]["p50"] > 0
    labels = ["Đa Phước An Phú An Giang", "Phường 6, Phú Nhuận, Hồ Chí Minh", "An Giang"]
    assert wards_of(decoder.grammar, labels) == ["đa phước", None, None]  # type: ignore[arg-type]
