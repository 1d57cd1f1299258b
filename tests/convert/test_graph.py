"""Checkpoints taken apart: precision, softmax, the cut, and layers that are refused by name."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.desktop

import keras  # noqa: E402
from keras import layers  # noqa: E402

from convert import graph  # noqa: E402
from edge_runtime.errors import ConversionError  # noqa: E402
from tests.tiny_networks import randomise, reader, slim  # noqa: E402


def picture(width: int = 64, height: int = 16) -> Any:
    return np.random.default_rng(3).uniform(0, 1, (1, height, width, 1)).astype(np.float32)


def on_steps(*head: Any) -> Any:
    """A picture, a convolution over all rows, and the given layers on its steps."""
    inputs = keras.Input((16, None, 1))
    x = layers.Reshape((-1, 4))(layers.Conv2D(4, (16, 4), strides=(16, 4))(inputs))
    for layer in head:
        x = layer(x)
    return keras.Model(inputs, x)


def test_a_network_of_mixed_precision_is_rebuilt_in_float32() -> None:
    before = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    try:
        trained = slim()
    finally:
        keras.mixed_precision.set_dtype_policy(before)
    copy = graph.reference_model(trained, None)
    assert {layer.compute_dtype for layer in copy.layers} == {"float32"}
    for mine, theirs in zip(copy.weights, trained.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(mine), np.asarray(theirs))
    rounded = np.asarray(trained(picture(), training=False), np.float32)
    exact = np.asarray(copy(picture(), training=False))
    assert 0 < np.abs(rounded - exact).max() < 0.3


@pytest.mark.parametrize("width", [32, 96, 224])
def test_the_export_computes_what_the_reference_computes(width: int) -> None:
    trained = slim()
    expected = np.asarray(trained(picture(width), training=False))
    for make in (graph.reference_model, graph.export_model):
        found = np.asarray(make(trained, None)(picture(width), training=False))
        np.testing.assert_allclose(found, expected, atol=5e-6)


@pytest.mark.parametrize(
    "ending", [[layers.Dense(6, activation="softmax")], [layers.Dense(6), layers.Softmax()]]
)
def test_a_final_softmax_is_left_out(ending: list[Any]) -> None:
    trained = randomise(on_steps(layers.Dense(5, activation="relu"), *ending))
    probabilities = np.asarray(trained(picture()))
    for make in (graph.reference_model, graph.export_model):
        logits = np.asarray(make(trained, None)(picture()))
        assert np.abs(logits.sum(axis=-1) - 1).max() > 0.1
        again = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
        np.testing.assert_allclose(again, probabilities, atol=1e-5)


def test_the_cut_lies_before_the_first_recurrent_layer() -> None:
    model = graph.export_model(slim(), None)
    parts = graph.split(model)
    assert parts is not None
    assert parts.cnn.output_shape == (1, None, 12)
    whole = np.asarray(model(picture()))
    np.testing.assert_allclose(np.asarray(parts.head(parts.cnn(picture()))), whole, atol=1e-6)


def test_a_network_of_convolutions_is_not_cut() -> None:
    assert graph.split(graph.export_model(reader(recurrent=False), None)) is None


def test_a_head_that_looks_back_before_the_cut_is_refused() -> None:
    inputs = keras.Input((16, None, 1))
    early = layers.Conv2D(4, (16, 2), strides=(16, 2), name="early")(inputs)
    steps = layers.Reshape((-1, 8))(early)
    gru = layers.GRU(8, return_sequences=True, name="gru")(layers.Dense(8)(steps))
    model = keras.Model(inputs, layers.Dense(5)(layers.Add()([gru, steps])))
    with pytest.raises(ConversionError, match=r"'gru' also uses .* --precision fp32"):
        graph.split(graph.export_model(randomise(model), None))


def two_sizes() -> Any:
    forward = layers.GRU(4, return_sequences=True)
    backward = layers.GRU(5, return_sequences=True, go_backwards=True)
    return layers.Bidirectional(forward, backward_layer=backward, name="odd")


@pytest.mark.parametrize(
    ("layer", "cure"),
    [
        (lambda: layers.SimpleRNN(4, return_sequences=True, name="odd"), "use GRU or LSTM"),
        (lambda: layers.GRU(4, name="odd"), "return_sequences=True"),
        (
            lambda: layers.Bidirectional(layers.SimpleRNN(4, return_sequences=True), name="odd"),
            "use GRU or LSTM",
        ),
        (
            lambda: layers.RNN(layers.GRUCell(4), return_sequences=True, name="odd"),
            "GRU or LSTM layer",
        ),
        (lambda: layers.Lambda(lambda x: x * 2, name="odd"), "Keras layers"),
        (lambda: keras.Sequential([keras.Input((None, 4)), layers.Dense(4)], name="odd"), "flat"),
        (two_sizes, "both directions the same units"),
    ],
)
def test_a_layer_that_cannot_be_exported_is_named_with_a_cure(layer: Any, cure: str) -> None:
    with pytest.raises(ConversionError, match=f"layer 'odd' .*{cure}"):
        graph.export_model(on_steps(layer(), layers.Dense(5)), None)


def test_other_inputs_than_one_grey_picture_are_refused() -> None:
    colour = keras.Input((16, None, 3))
    model = keras.Model(colour, layers.Conv2D(4, (16, 4))(colour))
    with pytest.raises(ConversionError, match="one grey picture"):
        graph.reference_model(model, None)


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.keras"
    path.write_text("no network")
    with pytest.raises(ConversionError, match=r"text\.keras cannot be loaded as a Keras model"):
        graph.load_checkpoint(path)
