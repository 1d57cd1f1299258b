"""The rewritten recurrences compute what Keras computes."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.desktop

from keras import Input, Model, layers  # noqa: E402

from convert.gru import Direction, run_directions  # noqa: E402
from convert.rewrite import loop_layer  # noqa: E402
from tests.tiny_networks import randomise  # noqa: E402

FEATURES, UNITS = 5, 7


def sequence(length: int) -> Any:
    return np.random.default_rng(length).normal(0, 1, (1, length, FEATURES)).astype(np.float32)


def check(layer: Any, length: int) -> None:
    """A built layer and its rewriting give the same on a sequence."""
    inputs = Input(batch_shape=(1, length, FEATURES))
    trained = randomise(Model(inputs, layer(inputs)))
    rewritten = loop_layer(trained.layers[-1])
    x = sequence(length)
    np.testing.assert_allclose(
        np.asarray(rewritten(x)), np.asarray(trained(x, training=False)), atol=2e-6
    )


@pytest.mark.parametrize("reset_after", [True, False])
@pytest.mark.parametrize("length", [1, 7, 8, 13, 24])
def test_a_bidirectional_gru_of_any_length(reset_after: bool, length: int) -> None:
    gru = layers.GRU(UNITS, return_sequences=True, reset_after=reset_after)
    check(layers.Bidirectional(gru), length)


@pytest.mark.parametrize("length", [8, 13])
@pytest.mark.parametrize("backwards", [True, False])
@pytest.mark.parametrize("kind", [layers.GRU, layers.LSTM])
def test_one_direction_in_the_order_keras_gives(kind: Any, backwards: bool, length: int) -> None:
    check(kind(UNITS, return_sequences=True, go_backwards=backwards), length)


@pytest.mark.parametrize("merge", ["concat", "sum", "mul", "ave"])
def test_a_bidirectional_lstm_with_each_merge(merge: str) -> None:
    lstm = layers.LSTM(UNITS, return_sequences=True)
    check(layers.Bidirectional(lstm, merge_mode=merge), 16)


@pytest.mark.parametrize("reset_after", [True, False])
def test_other_activations_and_no_bias(reset_after: bool) -> None:
    gru = layers.GRU(
        *(UNITS, "relu", "hard_sigmoid"),
        use_bias=False,
        return_sequences=True,
        reset_after=reset_after,
    )
    check(layers.Bidirectional(gru), 9)


def test_the_backward_direction_is_not_the_forward_one() -> None:
    """Guards the checks above: with the directions mixed up they would have to fail."""
    inputs = Input(batch_shape=(1, 16, FEATURES))
    trained = layers.GRU(UNITS, return_sequences=True)
    randomise(Model(inputs, trained(inputs)))
    x = sequence(16)[0]
    both = [Direction.from_keras(trained), Direction.from_keras(trained, backward=True)]
    forward, backward = (np.asarray(one) for one in run_directions(x, both))
    np.testing.assert_allclose(forward, np.asarray(trained(x[None]))[0], atol=2e-6)
    assert np.abs(forward - backward).max() > 0.1
    turned = run_directions(x[::-1].copy(), both)
    np.testing.assert_allclose(np.asarray(turned[1])[::-1], forward, atol=2e-6)
