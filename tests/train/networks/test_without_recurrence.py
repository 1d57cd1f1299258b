"""The families without recurrence: shapes, sizes, widths, saving, plain TFLite."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.desktop

import keras  # noqa: E402

from edge_runtime.errors import RecipeError  # noqa: E402
from train.networks.cnn import CnnConfig, build_cnn  # noqa: E402
from train.networks.conv_attention import (  # noqa: E402
    ConvAttentionConfig,
    build_conv_attention,
)

Array = npt.NDArray[np.float32]
TINY_STEM: dict[str, Any] = {"height": 32, "first": 4, "stages": (4, 6, 8), "features": 16}
TINY: dict[str, Any] = {
    "cnn": CnnConfig(**TINY_STEM),
    "conv_attention": ConvAttentionConfig(**TINY_STEM, blocks=2, heads=2),
}
FULL: dict[str, Any] = {"cnn": CnnConfig(), "conv_attention": ConvAttentionConfig()}
BUILD: dict[str, Any] = {"cnn": build_cnn, "conv_attention": build_conv_attention}
families = pytest.mark.parametrize("family", list(TINY))


def lines(width: int, rows: int = 32, count: int = 1) -> Array:
    return np.random.default_rng(width).random((count, rows, width, 1), np.float32)


def settle(network: Any) -> None:
    """Give batch normalisation and biases other values than the ones they start with."""
    rng = np.random.default_rng(5)
    for weight in network.weights:
        if "seed_generator" not in weight.path:
            value = np.asarray(weight)
            weight.assign(value + 0.2 * (rng.random(value.shape) - 0.5).astype(value.dtype))


@pytest.mark.parametrize(("family", "count"), [("cnn", 1_420_252), ("conv_attention", 1_013_836)])
def test_parameters_of_the_default_size(family: str, count: int) -> None:
    assert BUILD[family](FULL[family], 100).count_params() == count


@families
def test_four_columns_make_one_step_at_any_width(family: str) -> None:
    network = BUILD[family](TINY[family], 7)
    for width in (8, 12, 64, 260):
        logits = np.asarray(network(lines(width)))
        assert logits.shape == (1, width // 4, 7)
        assert logits.dtype == np.float32


@families
def test_logits_stay_float32_in_half_precision(family: str) -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = BUILD[family](TINY[family], 7)
        assert np.asarray(network(lines(64))).dtype == np.float32
    finally:
        keras.config.set_dtype_policy(before)


@families
def test_saving_needs_no_classes_of_the_projects_own(family: str, tmp_path: Path) -> None:
    network = BUILD[family](TINY[family], 7)
    settle(network)
    network.save(tmp_path / "network.keras")
    again = keras.saving.load_model(tmp_path / "network.keras")
    x = lines(64)
    np.testing.assert_array_equal(np.asarray(again(x)), np.asarray(network(x)))
    bare = type(network).from_config(network.get_config())
    bare.set_weights(network.get_weights())
    np.testing.assert_array_equal(np.asarray(bare(x)), np.asarray(network(x)))


@families
def test_every_step_learns(family: str) -> None:
    """One step of descent changes every trainable weight: nothing is cut off from the loss."""
    network = BUILD[family](TINY[family], 7)
    network.compile(keras.optimizers.SGD(1.0), "mse", jit_compile=False)
    before = [np.asarray(w).copy() for w in network.trainable_weights]
    target = np.random.default_rng(2).random((4, 24, 7), np.float32)
    network.train_on_batch(lines(96, count=4), target)
    same = [
        w.path
        for w, old in zip(network.trainable_weights, before, strict=True)
        if np.array_equal(np.asarray(w), old)
    ]
    # A bias on every key shifts all scores of a query alike, which the softmax takes out.
    assert [path for path in same if "_k/bias" not in path] == []


def test_position_matters_to_attention_alone() -> None:
    """Without sinusoids and neighbours, equal columns would give equal steps."""
    network = build_conv_attention(TINY["conv_attention"], 7)
    logits = np.asarray(network(np.ones((1, 32, 400, 1), np.float32)))[0]
    assert np.abs(logits[40] - logits[60]).max() > 1e-4


def test_a_step_of_the_convolutional_family_sees_far_but_not_everything() -> None:
    keras.utils.set_random_seed(1)  # with so few channels some weights leave all of them silent
    network = build_cnn(TINY["cnn"], 7)
    settle(network)
    x = lines(800)
    other = x.copy()
    other[:, :, 400:404] = 1.0 - other[:, :, 400:404]
    changed = np.abs(np.asarray(network(x)) - np.asarray(network(other)))[0].max(axis=1)
    reached = np.flatnonzero(changed > 0)
    assert reached.min() < 80
    assert reached.max() > 120
    assert 60 <= reached.max() - reached.min() + 1 <= 80


def test_heads_that_do_not_divide_are_refused() -> None:
    with pytest.raises(RecipeError, match="multiple of heads = 5"):
        ConvAttentionConfig(features=144, heads=5)


@families
@pytest.mark.parametrize("width", [64, None])
def test_converts_to_builtin_operators(family: str, width: int | None) -> None:
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    network = BUILD[family](TINY[family], 7)
    settle(network)
    call = tf.function(lambda x: network(x, training=False))
    concrete = call.get_concrete_function(tf.TensorSpec((1, 32, width, 1), tf.float32))
    frozen = convert_variables_to_constants_v2(concrete)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    interpreter = Interpreter(model_content=converter.convert(), num_threads=1)
    x = lines(64)
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], x.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    logits = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    np.testing.assert_allclose(logits, np.asarray(network(x)), atol=1e-3)


@pytest.mark.parametrize("family", ["cnn", "conv_attention"])
def test_trains_on_batches_of_several_widths(family: str) -> None:
    network = BUILD[family](TINY[family], 7)
    network.compile(loss="mse", optimizer="sgd")
    for width in (96, 192, 160):
        image = np.zeros((2, TINY[family].height, width, 1), np.float32)
        network.train_on_batch(image, np.zeros((2, width // 4, 7), np.float32))
