"""Costs before training: the rule of each layer, and against what a converted network counts."""

from math import prod
from typing import Any

import pytest

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.desktop

from keras import Input, Model, layers  # noqa: E402

from edge_runtime.bundle import Bundle  # noqa: E402
from edge_runtime.errors import RecipeError  # noqa: E402
from edge_runtime.macs import count_macs  # noqa: E402
from edge_runtime.runtimes import find_runtime  # noqa: E402
from train.networks import build_network, resolve_config  # noqa: E402
from train.recipe import recipe_from_dict  # noqa: E402
from train.tune.costs import answer, int8_bytes  # noqa: E402
from train.tune.layer_macs import layer_macs  # noqa: E402

TINY: dict[str, Any] = {"height": 32, "first": 4, "stages": (4, 6, 8), "features": 16}
WIDTH = 128


def test_the_rule_of_each_layer() -> None:
    picture = Input((8, None, 2))
    x = layers.Conv2D(6, 3, strides=2, padding="same", name="conv")(picture)
    x = layers.Conv2D(6, 1, groups=3, name="grouped")(x)
    x = layers.DepthwiseConv2D(5, padding="same", name="depthwise")(x)
    x = layers.SeparableConv2D(10, 3, padding="same", name="separable")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Reshape((-1, 40))(layers.Permute((2, 1, 3))(x))
    x = layers.Bidirectional(layers.GRU(7, return_sequences=True), name="bigru")(x)
    x = layers.LSTM(9, return_sequences=True, name="lstm")(x)
    x = layers.MultiHeadAttention(2, 5, name="attention")(x, x)
    model = Model(picture, layers.Dense(11, name="head")(x))
    steps = 16
    assert layer_macs(model, 2 * steps) == {
        "conv": 4 * steps * 9 * 2 * 6,
        "grouped": 4 * steps * 2 * 6,
        "depthwise": 4 * steps * 25 * 6,
        "separable": 4 * steps * (9 * 6 + 6 * 10),
        "bigru": steps * 2 * (40 * 21 + 7 * 21),
        "lstm": steps * (14 * 36 + 9 * 36),
        "attention": steps * 4 * 9 * 10 + 2 * steps * steps * 10,
        "head": steps * 9 * 11,
    }


def test_a_layer_of_unknown_cost_is_named() -> None:
    picture = Input((8, None, 2))
    x = layers.Conv2DTranspose(3, 2, name="wider")(picture)
    with pytest.raises(RecipeError, match=r"'wider' \(Conv2DTranspose\): its cost is not known"):
        layer_macs(Model(picture, x), 16)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("family", "more"), [("cnn", {}), ("conv-attention", {"blocks": 2, "heads": 2})]
)
def test_a_converted_network_costs_the_same(family: str, more: dict[str, Any]) -> None:
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    model = build_network(family, resolve_config(family, None, TINY | more), 20)
    function = tf.function(lambda x: model(x, training=False)).get_concrete_function(
        tf.TensorSpec((1, 32, WIDTH, 1), tf.float32)
    )
    frozen = convert_variables_to_constants_v2(function)
    network = tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert()
    counted = count_macs(network, WIDTH, find_runtime("ai-edge-litert")).total
    assert sum(layer_macs(model, WIDTH).values()) == pytest.approx(counted, rel=0.03)


def test_so_does_the_shipped_one_with_its_loops(root_dir: Any) -> None:
    bundle = Bundle.open(root_dir / "edge_runtime" / "models" / "vi-line.tflite")
    card = bundle.card
    network = {"family": "slim-gru", "size": "base"}
    recipe = {"network": network, "preprocessing": {"height": 56, "max_width": card.max_width}}
    assert recipe_from_dict(recipe).network.size == "base"
    (costs,) = answer({"charset": None, "recipes": [recipe]})["costs"]
    counted = count_macs(bundle.network, card.max_width, find_runtime("ai-edge-litert")).total
    assert costs["width"] == card.max_width
    assert costs["macs"] == pytest.approx(counted, rel=0.03)
    assert costs["bytes"] == pytest.approx(len(bundle.network), rel=0.05)


def test_a_size_that_cannot_be_built_is_an_answer() -> None:
    network = {"family": "conv-attention", "config": {"features": 15}}
    (costs,) = answer({"charset": None, "recipes": [{"network": network}]})["costs"]
    assert "must be even and a multiple of heads" in costs["error"]


def test_bytes_of_matrices_and_vectors() -> None:
    picture = Input((None, 4))
    x = layers.GRU(5, return_sequences=True)(picture)
    model = Model(picture, layers.BatchNormalization()(layers.Dense(3)(x)))
    matrices = prod((4, 15)) + prod((5, 15)) + prod((5, 3))
    assert int8_bytes(model) == matrices + 4 * (2 * 15 + 3 + 3)
