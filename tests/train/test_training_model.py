"""What is added for training and taken away again: the shortcut, the cap, the average."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.desktop

import keras  # noqa: E402

from edge_runtime.errors import RecipeError  # noqa: E402
from train.averaging import averaged  # noqa: E402
from train.loss import CtcLoss  # noqa: E402
from train.networks import build_network  # noqa: E402
from train.optimizer import build_optimizer  # noqa: E402
from train.recipe import LossSettings, OptimizerSettings  # noqa: E402
from train.training_model import training_model  # noqa: E402

CONFIG: dict[str, Any] = {"height": 16, "first": 2, "stages": (2, 3, 4), "features": 6}
PIXELS = np.random.default_rng(1).integers(0, 256, (2, 16, 32, 1)).astype(np.uint8)
LABELS = np.array([[0, 1, -1], [2, -1, -1]], np.int32)


def network() -> Any:
    return build_network("slim-gru", CONFIG | {"units": (4,), "dropout": 0.0}, 5)


def test_bytes_in_give_what_the_plain_network_gives_for_ink() -> None:
    plain = network()
    trained = training_model(plain, LossSettings())
    expected = plain(PIXELS.astype(np.float32) / 255, training=False)
    np.testing.assert_allclose(trained.model(PIXELS, training=False), expected, atol=1e-6)


def test_the_shortcut_trains_the_convolutions_and_is_no_part_of_the_network() -> None:
    plain = network()
    names = {w.path for w in plain.weights}
    trained = training_model(plain, LossSettings(shortcut=0.5))
    outputs = trained.model(PIXELS, training=False)
    assert [tuple(o.shape) for o in outputs] == [(2, 8, 5), (2, 8, 5)]
    assert {w.path for w in plain.weights} == names
    assert len(trained.model.trainable_weights) == len(plain.trainable_weights) + 2
    recurrent = [w for w in plain.weights if "bigru" in w.path]
    for weight in recurrent:  # shut: what reaches the convolutions came through the shortcut
        weight.assign(np.zeros(weight.shape, np.float32))
    plain.get_layer("head").kernel.assign(np.zeros((8, 5), np.float32))
    before = np.array(plain.get_layer("stem0_conv").kernel)
    trained.model.compile(keras.optimizers.SGD(0.5), loss=trained.losses, run_eagerly=True)
    trained.model.train_on_batch(PIXELS, trained.targets(LABELS))
    assert np.abs(np.array(plain.get_layer("stem0_conv").kernel) - before).max() > 0


def test_a_family_without_a_place_for_the_shortcut_is_named() -> None:
    seed = build_network("seed", {"width": 90, "filters": 4, "units": 8}, 5)
    with pytest.raises(RecipeError, match="has no shortcut"):
        training_model(seed, LossSettings(shortcut=0.3))
    assert training_model(seed, LossSettings()).weights == [1.0]


def test_a_line_above_the_cap_counts_as_one_at_the_cap() -> None:
    logits = np.zeros((2, 6, 5), np.float32)
    logits[1, :, 4] = -4
    logits[1, 2, 2] = 9.0
    plain, capped = CtcLoss(), CtcLoss(cap=1.0)
    own = np.array(plain.call(LABELS, logits))
    scaled = np.array(capped.call(LABELS, logits))
    assert own[0] > 2.0  # two letters: two nats are the cap
    assert scaled[0] == pytest.approx(2.0, rel=1e-5)
    mild = CtcLoss(cap=100.0)
    np.testing.assert_allclose(mild.call(LABELS, logits), own, rtol=1e-6)


def fitted(settings: OptimizerSettings, steps: int) -> tuple[Any, list[list[np.ndarray]]]:
    """A tiny compiled model after some steps, and its weights after each."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(build_optimizer(settings, 10), loss="mse", jit_compile=False)
    seen = []
    for _ in range(steps):
        model.train_on_batch(np.ones((4, 3), np.float32), np.ones((4, 2), np.float32))
        seen.append([np.array(w) for w in model.trainable_weights])
    return model, seen


def test_the_average_is_lent_and_given_back() -> None:
    model, seen = fitted(OptimizerSettings(average=0.5, warmup_steps=1), 3)
    expected = [0.25 * a + 0.25 * b + 0.5 * c for a, b, c in zip(*seen, strict=True)]
    with averaged(model):
        for weight, value in zip(model.trainable_weights, expected, strict=True):
            np.testing.assert_allclose(weight, value, atol=1e-6)
    for weight, value in zip(model.trainable_weights, seen[-1], strict=True):
        np.testing.assert_array_equal(weight, value)


def test_without_an_average_the_weights_stay() -> None:
    model, seen = fitted(OptimizerSettings(), 1)
    with averaged(model):
        for weight, value in zip(model.trainable_weights, seen[-1], strict=True):
            np.testing.assert_array_equal(weight, value)
