"""The beam search against its definition: all alignments of small cases, enumerated."""

import gc
import itertools
import math
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_runtime.beam import BeamSettings, Hypothesis, beam_search
from edge_runtime.ctc import Logits, greedy_classes, softmax

CLASSES = 3
BLANK = CLASSES - 1
EVERYTHING = BeamSettings(width=500, margin=700.0, reach=700.0, floor=0.0, last_floor=0.0)
Text = tuple[int, ...]


def text_probabilities(logits: Logits, blank: int) -> dict[Text, float]:
    """Probability of every text: the sum over all its alignments."""
    probabilities = softmax(logits)
    total: dict[Text, float] = defaultdict(float)
    for path in itertools.product(range(logits.shape[1]), repeat=len(logits)):
        merged = [c for i, c in enumerate(path) if i == 0 or path[i - 1] != c]
        text = tuple(c for c in merged if c != blank)
        total[text] += math.prod(float(probabilities[t, c]) for t, c in enumerate(path))
    return total


class Pairs:
    """A language model that knows pairs: what a symbol costs after another, -1 at the beginning."""

    def __init__(self, costs: dict[tuple[int, int], float], ends: dict[int, float]) -> None:
        self.costs, self.ends = costs, ends

    def start(self) -> int:
        return -1

    def advance(self, before: int, symbol: int) -> tuple[int, float] | None:
        cost = self.costs.get((before, symbol), 0.0)
        return None if math.isinf(cost) else (symbol, cost)

    def expects(self, before: int, symbol: int) -> bool:
        return self.costs.get((before, symbol), 0.0) < 0

    def end_cost(self, before: int) -> float:
        return self.ends.get(before, 0.0)

    def cost(self, text: Text) -> float:
        pairs = zip((-1, *text), text, strict=False)
        return sum(self.costs.get(p, 0.0) for p in pairs) + self.end_cost(text[-1] if text else -1)


def small_logits(steps: int) -> st.SearchStrategy[Logits]:
    numbers = st.floats(-4, 4, width=32)
    rows = st.lists(st.lists(numbers, min_size=CLASSES, max_size=CLASSES), max_size=steps)
    return rows.map(lambda x: np.array(x, np.float32).reshape(-1, CLASSES))


def by_text(found: list[Hypothesis]) -> dict[Text, Hypothesis]:
    assert len({h.symbols for h in found}) == len(found)
    return {h.symbols: h for h in found}


@settings(deadline=None, max_examples=40)
@given(small_logits(steps=5))
def test_every_text_has_the_probability_of_all_its_alignments(logits: Logits) -> None:
    expected = text_probabilities(logits, BLANK)
    found = by_text(beam_search(logits, BLANK, settings=EVERYTHING))
    assert set(found) == set(expected)
    for text, probability in expected.items():
        assert found[text].log_probability == pytest.approx(math.log(probability), abs=1e-4)
        assert found[text].cost == 0


@settings(deadline=None, max_examples=40)
@given(
    small_logits(steps=5),
    st.dictionaries(
        st.tuples(st.integers(-1, 1), st.integers(0, 1)),
        st.floats(-3, 6) | st.just(math.inf),
        max_size=6,
    ),
    st.dictionaries(st.integers(-1, 1), st.floats(0, 3), max_size=3),
)
def test_the_language_model_is_added_to_the_definition(
    logits: Logits, costs: dict[tuple[int, int], float], ends: dict[int, float]
) -> None:
    model = Pairs(costs, ends)
    scores = {
        text: math.log(p) - model.cost(text)
        for text, p in text_probabilities(logits, BLANK).items()
        if not math.isinf(model.cost(text))
    }
    found = beam_search(logits, BLANK, model, EVERYTHING)
    assert set(by_text(found)) == set(scores)
    for hypothesis in found:
        assert hypothesis.score == pytest.approx(scores[hypothesis.symbols], abs=1e-4)
    assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)


def test_a_blank_between_makes_two_of_one() -> None:
    strong = 12.0
    path = [0, 0, BLANK, 0, 1]
    logits = np.zeros((5, CLASSES), np.float32)
    logits[np.arange(5), path] = strong
    best = beam_search(logits, BLANK)[0]
    assert best.symbols == (0, 0, 1)
    assert best.steps == (0, 3, 4)
    assert best.peaks == pytest.approx([1, 1, 1], abs=1e-4)


def test_the_sum_of_alignments_beats_the_best_path() -> None:
    """The textbook case where greedy decoding is wrong."""
    logits = np.log(np.array([[0.4, 0.6], [0.4, 0.6]], np.float32))
    assert greedy_classes(logits, 1)[0] == []
    assert beam_search(logits, 1)[0].symbols == (0,)  # 0.64 against 0.36


@pytest.mark.parametrize("expected", [False, True])
def test_an_unlikely_class_is_looked_at_if_the_language_model_expects_it(expected: bool) -> None:
    p = np.array([[0.9998, 1e-9, 2e-4], [1e-9, 1e-9, 1.0], [0.9996, 4e-4, 1e-9]])
    logits = np.log(p).astype(np.float32)
    model = Pairs({(0, 1): -9.0 if expected else 0.0, (0, 0): 3.0}, {})
    assert beam_search(logits, BLANK, model)[0].symbols == ((0, 1) if expected else (0, 0))


def test_nothing_to_read() -> None:
    for logits in (np.zeros((0, 3), np.float32), np.array([[0, 0, 20]] * 4, np.float32)):
        found = beam_search(logits, BLANK)
        assert found[0].symbols == ()
        assert found[0].log_probability == pytest.approx(0, abs=1e-4)


def test_no_more_than_the_width_is_kept() -> None:
    logits = np.random.default_rng(0).normal(size=(12, 8)).astype(np.float32)
    for width in (1, 3):
        assert 1 <= len(beam_search(logits, 7, settings=BeamSettings(width=width))) <= width


def test_the_default_search_loses_little_against_the_whole_one() -> None:
    """On noise, where nearly every step is in doubt; lines are far easier."""
    rng = np.random.default_rng(1)
    lost = []
    for _ in range(8):
        logits = (4 * rng.normal(size=(20, 9))).astype(np.float32)
        whole = beam_search(logits, 8, settings=BeamSettings(100, 30.0, 30.0, 1e-7))[0]
        lost.append(whole.log_probability - beam_search(logits, 8)[0].log_probability)
    assert min(lost) > -1e-6
    assert np.mean(lost) < 0.2


def test_long_lines_do_not_underflow() -> None:
    logits = np.random.default_rng(2).normal(size=(3000, 5)).astype(np.float32)
    costly = Pairs({(a, b): 9.0 for a in range(-1, 4) for b in range(4)}, {})
    best = beam_search(logits, 4, costly)[0]
    assert math.isfinite(best.score)
    assert best.log_probability > -3000 * math.log(50)


def test_the_best_few_are_the_best_of_all() -> None:
    logits = np.random.default_rng(3).normal(size=(12, 8)).astype(np.float32)
    found = beam_search(logits, 7)
    assert len(found) > 2
    assert beam_search(logits, 7, most=2) == found[:2]


def test_a_search_leaves_no_garbage() -> None:
    """Only cycles need collection, and collections take long on a small computer."""
    logits = np.random.default_rng(4).normal(size=(30, 8)).astype(np.float32)
    model = Pairs({(0, 1): 1.0}, {})
    gc.collect()
    gc.disable()
    try:
        beam_search(logits, 7, model)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_classes_that_are_left_out_beforehand_would_have_been_dropped() -> None:
    """Those below the margin of the blank's share of the mass."""
    rng = np.random.default_rng(5)
    wide = BeamSettings(width=500, margin=30.0, reach=30.0, floor=0.0, last_floor=0.0)
    narrow = replace(wide, width=200, margin=9.0, reach=9.0)
    for _ in range(20):
        logits = (3 * rng.normal(size=(15, 6))).astype(np.float32)
        logits[::2, 5] += 9.0
        best = beam_search(logits, 5, settings=wide)[0]
        found = beam_search(logits, 5, settings=narrow)[0]
        assert found.symbols == best.symbols
        assert found.log_probability == pytest.approx(best.log_probability, abs=0.05)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        beam_search(np.zeros((3, 3), np.float32), 3)
    with pytest.raises(ValueError, match="do not fit"):
        beam_search(np.zeros(3, np.float32), 0)
