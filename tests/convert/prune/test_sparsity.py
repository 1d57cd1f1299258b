"""Magnitude pruning: zeros that grow on a schedule and stay."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.desktop

import keras  # noqa: E402

from convert.prune.sparsity import (  # noqa: E402
    EVERY,
    make_sparse,
    share_of_zeros,
    zeros_by_layer,
)


def small() -> Any:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((20,)), keras.layers.Dense(32, name="a"), keras.layers.Dense(4, name="b")]
    )
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mse")
    return model


def train(model: Any, steps: int) -> None:
    rng = np.random.default_rng(0)
    for _ in range(steps):
        model.train_on_batch(rng.random((8, 20)), rng.random((8, 4)))


def test_the_ramp_is_cubic_and_ends() -> None:
    assert share_of_zeros(0.8, 0.0) == 0.0
    assert share_of_zeros(0.8, 0.5) == pytest.approx(0.7)
    assert share_of_zeros(0.8, 1.0) == share_of_zeros(0.8, 3.0) == 0.8


def test_the_wanted_share_of_every_kernel_is_zero_at_the_end() -> None:
    model, steps = small(), 4 * EVERY
    biases = model.get_layer("a").bias
    make_sparse(model, 0.75, steps)
    train(model, steps)
    assert zeros_by_layer(model) == {
        path: pytest.approx(0.75, abs=0.01) for path in zeros_by_layer(model)
    }
    assert len(zeros_by_layer(model)) == 2
    assert np.count_nonzero(biases) == 32


def test_the_largest_weights_are_those_that_stay() -> None:
    model = small()
    before = np.abs(model.get_layer("a").get_weights()[0])
    make_sparse(model, 0.5, 1)
    train(model, 1)
    after = model.get_layer("a").get_weights()[0]
    assert before[after == 0].max() < before[after != 0].min() + 0.01


def test_a_resumed_run_goes_on_where_it_was() -> None:
    """The step is the optimizer's, which is saved: no zero comes back."""
    model, steps = small(), 4 * EVERY
    make_sparse(model, 0.75, steps)
    train(model, steps // 2)
    zeros = model.get_layer("a").get_weights()[0] == 0
    resumed = small()
    resumed.set_weights(model.get_weights())
    resumed.optimizer.build(resumed.trainable_variables)
    resumed.optimizer.iterations.assign(model.optimizer.iterations)
    make_sparse(resumed, 0.75, steps)
    train(resumed, 1)
    after = resumed.get_layer("a").get_weights()[0] == 0
    assert after.mean() == pytest.approx(zeros.mean(), abs=0.05)
    assert after.mean() > 0.5
