"""Channels followed through networks, and networks cut to what is kept."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.desktop

import keras  # noqa: E402
from keras import layers, ops  # noqa: E402

from convert.prune.channels import find_channels  # noqa: E402
from convert.prune.choose import MULTIPLE, keep  # noqa: E402
from convert.prune.importance import measure_importance  # noqa: E402
from convert.prune.surgery import cut  # noqa: E402
from tests.tiny_networks import randomise  # noqa: E402
from train.networks import FAMILIES, build_network, resolve_config  # noqa: E402

CLASSES = 9
SMALL: dict[str, dict[str, Any]] = {
    "slim-gru": {"first": 8, "stages": (8, 16, 16), "features": 24, "units": (12, 16)},
    "cnn": {"first": 8, "stages": (8, 16, 16), "features": 24, "dilations": (1, 2)},
    "conv-attention": {"first": 8, "stages": (8, 16, 16), "features": 24, "blocks": 1},
    "seed": {"height": 163, "width": 360, "filters": 8, "units": 12},
}


def own_network() -> Any:
    """What a user might build: rows folded by a permutation and a reshape, LSTM and GRU."""
    picture = keras.Input((16, None, 1))
    x = layers.Conv2D(12, 3, padding="same", activation="relu", name="c1")(picture)
    x = layers.MaxPooling2D((4, 4))(x)
    x = layers.SeparableConv2D(16, 3, padding="same", name="c2")(x)
    x = layers.DepthwiseConv2D(3, padding="same", name="c3")(x)
    x = layers.Concatenate(name="both")([x, layers.Conv2D(8, 1, name="c4")(x)])
    x = layers.Permute((2, 1, 3))(x)
    x = layers.Reshape((-1, 4 * 24), name="fold")(x)
    x = layers.LSTM(20, return_sequences=True, name="lstm")(x)
    gru = layers.GRU(12, return_sequences=True, reset_after=False)
    x = layers.Bidirectional(gru, merge_mode="sum", name="gru")(x)
    x = layers.Dense(16, activation="tanh", name="between")(x)
    return keras.Model(picture, layers.Dense(CLASSES, name="head")(x), name="own")


def network(name: str) -> Any:
    if name == "own":
        return randomise(own_network())
    return randomise(build_network(name, resolve_config(name, None, SMALL[name]), CLASSES))


def picture(model: Any) -> Any:
    _, height, width, _ = model.input_shape
    return np.random.default_rng(0).random((2, height, width or 64, 1), np.float32)


@pytest.mark.parametrize("name", [*FAMILIES, "own"])
def test_channels_that_nobody_reads_can_go_without_a_trace(name: str) -> None:
    """Every channel to be cut is silenced first; then the cut must not change the output."""
    model = network(name)
    channels = find_channels(model)
    scores = np.random.default_rng(3).random(channels.total)
    kept = keep(channels, scores, 0.5)
    silence(model, channels, kept)
    small = cut(model, channels, kept)
    assert small.count_params() < (0.8 if name == "conv-attention" else 0.5) * model.count_params()
    x = picture(model)
    np.testing.assert_allclose(small(x), model(x), atol=2e-5)


def silence(model: Any, channels: Any, kept: set[int]) -> None:
    """Zero what reads a channel that will go, wherever it is read."""
    stay = list(kept | channels.frozen_roots())

    def goes(ids: Any) -> Any:
        return ~np.isin(channels.roots(ids), stay)

    for layer in model.layers:
        if layer.name not in channels.inputs or not layer.weights:
            continue
        gone = goes(channels.inputs[layer.name])
        units = channels.units.get(layer.name, [])
        arrays = []
        for i, (variable, array) in enumerate(zip(layer.weights, layer.get_weights(), strict=True)):
            kind = variable.path.split("/")[-1]
            if kind == "recurrent_kernel":
                array[goes(units[i * len(units) // len(layer.weights)])] = 0
            elif layer.name != "c3" and kind.endswith("kernel") and array.shape[-2] == len(gone):
                array[..., gone, :] = 0
            arrays.append(array)
        layer.set_weights(arrays)


def test_nothing_removed_is_the_same_network() -> None:
    model = network("slim-gru")
    channels = find_channels(model)
    same = cut(model, channels, set(range(channels.total)))
    np.testing.assert_array_equal(same(picture(model)), model(picture(model)))


def test_classes_and_what_is_not_understood_are_never_cut() -> None:
    inputs = keras.Input((16, None, 1))
    x = layers.Conv2D(8, 16, name="odd")(inputs)
    x = ops.flip(x, axis=-1)  # channels in another order: nothing here knows that
    x = layers.Conv2D(8, 1, name="even")(x)
    x = layers.Reshape((-1, 8))(x)
    model = keras.Model(inputs, layers.Dense(8, name="head")(x))
    channels = find_channels(model)
    small = cut(model, channels, keep(channels, np.ones(channels.total), 0.5))
    sizes = {name: small.get_layer(name).output.shape[-1] for name in ("odd", "even", "head")}
    assert sizes == {"odd": 8, "even": 4, "head": 8}


def test_the_two_sides_of_an_addition_go_together() -> None:
    channels = find_channels(network("slim-gru"))
    model = network("slim-gru")
    scores = np.random.default_rng(1).random(channels.total)
    small = cut(model, channels, keep(channels, scores, 0.5))
    sides = [small.get_layer(f"stem2{side}_norm").output.shape[-1] for side in ("b", "_short")]
    assert sides == [8, 8]


def test_layers_keep_a_multiple_and_never_nothing() -> None:
    model = network("slim-gru")
    channels = find_channels(model)
    for fraction in (0.3, 0.9):
        small = cut(model, channels, keep(channels, np.ones(channels.total), fraction))
        for layer in small.layers:
            if layer.weights and layer.name != "head":
                assert layer.output.shape[-1] >= MULTIPLE
                assert layer.output.shape[-1] % MULTIPLE == 0


def test_importance_is_the_loss_that_a_gate_would_cost() -> None:
    """Against gates that are really there, for one batch, in a network small enough to try."""
    from train.loss import CtcLoss

    inputs = keras.Input((8, None, 1))
    x = layers.Conv2D(6, (8, 4), strides=(8, 4), activation="relu", name="conv")(inputs)
    sequence = layers.Reshape((-1, 6), name="steps")(x)
    model = randomise(keras.Model(inputs, layers.Dense(5, name="head")(sequence)))
    channels = find_channels(model)
    rng = np.random.default_rng(5)
    x = rng.random((3, 8, 40, 1)).astype(np.float32)
    classes = np.array([[0, 1], [2, 3], [1, -1]], np.int32)
    scores = measure_importance(model, channels, [(x, classes)])

    kernel, bias = model.get_layer("head").get_weights()

    def loss(gate: Any) -> float:
        model.get_layer("head").set_weights([kernel * gate[:, None], bias])
        return float(CtcLoss()(classes, model(x)))

    ids = channels.roots(channels.outputs["conv"])
    for c in range(6):
        up, down = np.ones(6, np.float32), np.ones(6, np.float32)
        up[c], down[c] = 1.01, 0.99
        slope = (loss(up) - loss(down)) / 0.02
        assert scores[ids[c]] == pytest.approx(slope**2, rel=0.05, abs=1e-4)


def test_units_are_also_read_by_their_own_recurrence() -> None:
    model = network("own")
    channels = find_channels(model)
    model.get_layer("between").set_weights(
        [np.zeros_like(w) for w in model.get_layer("between").get_weights()]
    )
    rng = np.random.default_rng(6)
    batch = (rng.random((2, 16, 64, 1)).astype(np.float32), np.array([[1, 2], [3, 4]], np.int32))
    scores = measure_importance(model, channels, [batch])
    assert scores[channels.roots(channels.units["lstm"][0])].max() == 0  # cut off from the loss
    assert scores[channels.roots(channels.outputs["between"])].max() == 0  # zero everywhere


def test_the_less_important_go() -> None:
    model = network("slim-gru")
    channels = find_channels(model)
    scores = np.arange(channels.total, dtype=float)
    kept = keep(channels, scores, 0.5)
    roots = channels.roots(channels.outputs["stem1a_conv"])
    assert {int(r) for r in roots if int(r) in kept} == {int(r) for r in sorted(roots)[4:]}
