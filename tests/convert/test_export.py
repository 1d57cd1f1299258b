"""Parts converted to files: Keras' numbers at every width, builtins only, one delegate."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.desktop

import keras  # noqa: E402
from keras import layers, ops  # noqa: E402

from convert import graph, operators, schema  # noqa: E402
from convert.describe import describe  # noqa: E402
from convert.export import Job, convert_part  # noqa: E402
from convert.lines import store  # noqa: E402
from convert.precision import Part, Quantization  # noqa: E402
from convert.stitch import stitch  # noqa: E402
from edge_runtime.errors import ConversionError  # noqa: E402
from edge_runtime.runtimes import find_runtime  # noqa: E402
from tests.tiny_networks import reader, save, slim  # noqa: E402

WIDTHS = (32, 96, 256, 64)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random network, and lines to calibrate on."""
    folder = tmp_path_factory.mktemp("export")
    save(slim(), folder / "slim.keras", "abcdefgh")
    rng = np.random.default_rng(0)
    store(folder / "lines.npz", [ink(rng, width) for width in (64, 160, 96)])
    return folder


def ink(rng: np.random.Generator, width: int) -> Any:
    return rng.integers(0, 256, (16, width)).astype(np.uint8)


@pytest.fixture(scope="module")
def converted(folder: Path) -> Any:
    """Converts a part once for all tests of this file."""

    @cache
    def convert(part: str, quantization: Quantization, width: int | None = None) -> bytes:
        target = folder / f"{part}-{quantization}-{width}.tflite"
        wanted = Part(part, quantization)
        job = Job(folder / "slim.keras", wanted, width, folder / "lines.npz", target)
        assert convert_part(job) == target.stat().st_size
        return target.read_bytes()

    return convert


def run(network: bytes, *inputs: Any) -> list[Any]:
    """Outputs of a network for inputs of different widths, in one interpreter."""
    interpreter = find_runtime().interpreter(network, 1)
    (given,), (made,) = interpreter.get_input_details(), interpreter.get_output_details()
    outputs = []
    for x in inputs:
        interpreter.resize_tensor_input(given["index"], x.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(given["index"], x)
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(made["index"]))
    return outputs


def delegated(network: bytes, shape: tuple[int, ...]) -> list[str]:
    """Operators of the main graph as the runtime will run them."""
    interpreter = find_runtime().interpreter(network, 1)
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], shape)
    interpreter.allocate_tensors()
    return [operator["op_name"] for operator in interpreter._get_ops_details()]


def pictures() -> list[Any]:
    rng = np.random.default_rng(1)
    return [ink(rng, width)[None, :, :, None].astype(np.float32) / 255.0 for width in WIDTHS]


def keras_outputs(folder: Path) -> list[Any]:
    model = graph.load_checkpoint(folder / "slim.keras")
    return [np.asarray(model(x, training=False)) for x in pictures()]


def test_a_float_file_equals_keras_at_every_width(converted: Any, folder: Path) -> None:
    found = run(converted("whole", "float32"), *pictures())
    for mine, theirs in zip(found, keras_outputs(folder), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5)


@pytest.mark.parametrize(("quantization", "share"), [("float16", 0.005), ("dynamic", 0.05)])
def test_a_quantized_file_is_near(
    converted: Any, folder: Path, quantization: Quantization, share: float
) -> None:
    found = run(converted("whole", quantization), *pictures())
    for mine, theirs in zip(found, keras_outputs(folder), strict=True):
        error = np.sqrt(np.mean((mine - theirs) ** 2))
        assert 1e-5 * theirs.std() < error < share * theirs.std()


def test_int8_convolutions_and_a_dynamic_head_joined_equal_the_two_in_turn(
    converted: Any, folder: Path
) -> None:
    cnn, head = converted("cnn", "int8"), converted("head", "dynamic")
    model = stitch(cnn, head)
    schema.slim(model, "ink", "logits")
    joined = run(schema.write(model), *pictures())
    in_turn = run(head, *run(cnn, *pictures()))
    for one, other, theirs in zip(joined, in_turn, keras_outputs(folder), strict=True):
        np.testing.assert_array_equal(one, other)
        assert np.sqrt(np.mean((one - theirs) ** 2)) < 0.15 * theirs.std()


@pytest.mark.parametrize(
    ("part", "quantization"),
    [("whole", "float32"), ("whole", "float16"), ("cnn", "int8"), ("head", "dynamic")],
)
def test_the_delegate_stays_on_at_any_width(
    converted: Any, part: str, quantization: Quantization
) -> None:
    network = converted(part, quantization)
    shape = (1, 32, 12) if part == "head" else (1, 16, 128, 1)
    names = delegated(network, shape)
    assert "DELEGATE" in names
    assert "CONV_2D" not in names[names.index("DELEGATE") :]


def test_only_builtins_and_no_dense_layer_with_a_scale_per_channel(converted: Any) -> None:
    parts = [("whole", "float32"), ("whole", "dynamic"), ("cnn", "int8"), ("head", "dynamic")]
    for part, quantization in parts:
        model = schema.read(converted(part, quantization))
        operators.refuse_foreign(model)
        operators.refuse_crashing(model)


def test_batch_normalisation_is_folded_into_the_convolutions(converted: Any) -> None:
    counts = operators.list_operators(converted("cnn", "int8"))
    assert counts["CONV_2D"] == 4
    assert set(counts) <= {"CONV_2D", "ADD", "QUANTIZE", "DEQUANTIZE", "RESHAPE"}
    assert counts["ADD"] == 1


def test_the_convolutions_of_a_mixed_file_are_int8(converted: Any) -> None:
    model = schema.read(converted("cnn", "int8"))
    (graph_of_cnn,) = model.subgraphs
    for operator in graph_of_cnn.operators:
        if schema.operator_name(model.operatorCodes[operator.opcodeIndex]) == "CONV_2D":
            kinds = [
                graph_of_cnn.tensors[i].type for i in (*operator.inputs[:2], operator.outputs[0])
            ]
            assert kinds == [schema.generated.TensorType.INT8] * 3


def test_the_weights_in_the_loops_of_a_mixed_file_are_int8(converted: Any) -> None:
    model = schema.read(converted("head", "dynamic"))
    kinds = schema.generated.TensorType
    for body in model.subgraphs[1:]:
        for operator in body.operators:
            if schema.operator_name(model.operatorCodes[operator.opcodeIndex]) != "FULLY_CONNECTED":
                continue
            x, weights = (body.tensors[i].type for i in operator.inputs[:2])
            assert (x, weights) == (kinds.FLOAT32, kinds.INT8)


def test_both_directions_share_one_loop(converted: Any) -> None:
    assert operators.list_operators(converted("head", "dynamic"))["WHILE"] == 2


def test_a_fixed_width_takes_any_number_of_steps(converted: Any, folder: Path) -> None:
    """150 columns are 37.5 steps, no multiple of what a loop does in a turn."""
    x = pictures()[2][:, :, :148]
    (found,) = run(converted("whole", "float32", 148), x)
    model = graph.load_checkpoint(folder / "slim.keras")
    np.testing.assert_allclose(found, np.asarray(model(x, training=False)), atol=1e-5)


def test_a_network_is_described(folder: Path) -> None:
    found = describe(folder / "slim.keras")
    assert (found.height, found.width, found.classes) == (16, None, 9)
    assert (found.steps, found.probe_width, found.has_head) == (256, 1024, True)


def test_an_operation_without_a_builtin_is_named_with_its_layer(tmp_path: Path) -> None:
    inputs = keras.Input((16, None, 1))
    x = layers.Conv2D(4, (16, 4), strides=(16, 4), name="bands")(inputs)
    x = layers.Reshape((-1, 4))(ops.erfinv(ops.tanh(x)))
    path = save(keras.Model(inputs, layers.Dense(9)(x)), tmp_path / "odd.keras")
    job = Job(path, Part("whole", "float32"), None, None, tmp_path / "odd.tflite")
    with pytest.raises(ConversionError, match=r"operation Erfinv.* has no TFLite builtin"):
        convert_part(job)
    assert not (tmp_path / "odd.tflite").exists()


def test_int8_without_lines_is_refused(folder: Path, tmp_path: Path) -> None:
    job = Job(folder / "slim.keras", Part("cnn", "int8"), None, None, tmp_path / "a.tflite")
    with pytest.raises(ConversionError, match="calibration"):
        convert_part(job)


def test_a_network_of_convolutions_has_no_head(tmp_path: Path) -> None:
    path = save(reader(recurrent=False), tmp_path / "plain.keras")
    job = Job(path, Part("head", "dynamic"), None, None, tmp_path / "a.tflite")
    with pytest.raises(ConversionError, match="no separate head"):
        convert_part(job)


def test_a_network_of_convolutions_is_int8_throughout_with_float_ends(tmp_path: Path) -> None:
    path = save(reader(recurrent=False), tmp_path / "plain.keras")
    rng = np.random.default_rng(2)
    blocks = [np.repeat(np.repeat(rng.integers(0, 2, (6, 16)), 8, 0), 8, 1) * 255 for _ in range(4)]
    lines = store(tmp_path / "lines.npz", [block.astype(np.uint8) for block in blocks])
    job = Job(path, Part("whole", "int8"), None, lines, tmp_path / "plain.tflite")
    convert_part(job)
    network = (tmp_path / "plain.tflite").read_bytes()
    assert set(operators.list_operators(network)) <= {
        *("QUANTIZE", "CONV_2D", "ADD", "RESHAPE", "FULLY_CONNECTED", "DEQUANTIZE")
    }
    operators.refuse_crashing(schema.read(network))
    model = graph.load_checkpoint(path)
    for block in blocks:
        x = (block[None, :, :, None] / 255.0).astype(np.float32)
        (found,) = run(network, x)
        expected = np.asarray(model(x))
        assert np.abs(found - expected).max() < 0.03 * np.abs(expected).max()
