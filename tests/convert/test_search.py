"""Layers that int8 spoils are found and kept in higher precision."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("tensorflow")
pytestmark = [pytest.mark.desktop, pytest.mark.timeout(900)]

from keras import Model, layers  # noqa: E402

from convert import graph, ranges, schema  # noqa: E402
from convert.describe import describe  # noqa: E402
from convert.export import Job, convert_part, quantize  # noqa: E402
from convert.lines import store  # noqa: E402
from convert.operators import list_operators  # noqa: E402
from convert.precision import Part, refuse_too_long  # noqa: E402
from convert.ranges import METHODS, Ranges  # noqa: E402
from convert.search import short_name, tensors_by_layer  # noqa: E402
from edge_runtime.cli import cli  # noqa: E402
from edge_runtime.errors import ConversionError  # noqa: E402
from edge_runtime.recognizer import Recognizer  # noqa: E402
from tests.tiny_models import write_picture  # noqa: E402
from tests.tiny_networks import reader, save, slim  # noqa: E402

TEXTS = ("xa1 đx", "xx", "xa1x", "x1ax", "xộ x", "xxx", "x a1 x", "x1a ộx")
LOUD = 3000.0


def loud_reader() -> Any:
    """Reads in Keras; in int8 one channel that nobody reads leaves no steps for the others."""
    plain = reader(recurrent=False)
    x = plain.get_layer("sum").output
    count = int(x.shape[-1])
    loud = layers.Conv2D(count + 1, 1, name="loud")
    quiet = layers.Conv2D(count, 1, name="quiet")
    x = layers.Reshape((-1, count), name="steps")(quiet(loud(x)))
    head = layers.Dense(8, name="head")
    model = Model(plain.input, head(x), name="loud_reader")
    identity = np.eye(count, dtype=np.float32)
    silence = np.zeros((count, 1), np.float32)
    kernel = np.hstack([identity, silence])[None, None]
    loud.set_weights([kernel, np.array([*[0.0] * count, LOUD], np.float32)])
    quiet.set_weights([np.vstack([identity, silence.T])[None, None], np.zeros(count, np.float32)])
    head.set_weights(plain.get_layer("head").get_weights())
    return model


@pytest.mark.slow
@pytest.mark.usefixtures("in_process")
def test_the_layers_that_int8_spoils_stay_float_and_the_others_do_not(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    lines.mkdir()
    rows = []
    for i, text in enumerate(TEXTS):
        write_picture(lines / f"{i}.png", text)
        rows.append(f"{i}.png\t{text}\n")
    (lines / "labels.tsv").write_text("".join(rows), encoding="utf-8")
    checkpoint = save(loud_reader(), tmp_path / "loud.keras")
    target = tmp_path / "loud.tflite"
    arguments = ["convert", str(checkpoint), "-o", str(target), "--calibration", str(lines)]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    assert "looking for layers to keep in higher precision" in result.stderr
    recognizer = Recognizer(target, threads=1)
    for i, text in enumerate(TEXTS):
        assert recognizer.read_file(lines / f"{i}.png").text == text
    precision = recognizer.bundle.card.precision
    assert precision["network"] == "int8"
    assert {precision["loud"], precision["quiet"]} == {"float32"}
    assert "bands" not in precision
    assert "head" not in precision


NETWORK: list[str] = []
"""Names of the layers of the network that ``calibrated`` is made of."""


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Ranges]:
    """A small CNN, calibrated on noise of three widths."""
    folder = tmp_path_factory.mktemp("search")
    rng = np.random.default_rng(0)
    inks = [rng.integers(0, 256, (16, width)).astype(np.uint8) for width in (64, 160, 96)]
    lines = store(folder / "lines.npz", inks)
    model = slim()
    checkpoint = save(model, folder / "slim.keras", "abcdefgh")
    NETWORK[:] = describe(checkpoint).layers
    target = folder / "cnn.tflite"
    job = Job(checkpoint, Part("cnn", "int8"), None, lines, target, study=True)
    convert_part(job)
    return job.calibrated.read_bytes(), Ranges.load(job.ranges)


def test_every_operator_of_the_convolutions_has_a_layer(calibrated: tuple[bytes, Ranges]) -> None:
    found = tensors_by_layer(calibrated[0], NETWORK)
    operators = sum(list_operators(calibrated[0]).values())
    assert sum(map(len, found.values())) == operators
    assert {name for name in NETWORK if "conv" in name} <= set(found)


def test_a_layer_that_is_kept_is_float_in_the_file(calibrated: tuple[bytes, Ranges]) -> None:
    data, seen = calibrated
    found = tensors_by_layer(data, NETWORK)
    everything = frozenset(tensor for tensors in found.values() for tensor in tensors)
    assert "QUANTIZE" not in list_operators(quantize(data, seen, "min-max", floats=everything))
    conv = next(name for name in NETWORK if "conv" in name)
    files = [quantize(data, seen, "min-max", floats=frozenset(f)) for f in ((), found[conv])]
    assert [int8_convolutions(file) for file in files] == [4, 3]


def int8_convolutions(file: bytes) -> int:
    model = schema.read(file)
    (graph_,) = model.subgraphs
    kernels = [
        graph_.tensors[operator.inputs[1]].type
        for operator in graph_.operators
        if schema.operator_name(model.operatorCodes[operator.opcodeIndex]) == "CONV_2D"
    ]
    return kernels.count(schema.generated.TensorType.INT8)


def test_ranges_are_those_of_the_activations(calibrated: tuple[bytes, Ranges]) -> None:
    _, seen = calibrated
    assert seen.low.shape == seen.high.shape == (3, len(seen.names))
    assert (seen.low <= seen.high).all()
    given = seen.names.index("ink") if "ink" in seen.names else 0
    assert seen.high[:, given].max() <= 1.0
    assert seen.counts.sum(axis=(0, 2)).min() > 0


def test_each_method_gives_another_range_inside_the_widest(
    calibrated: tuple[bytes, Ranges],
) -> None:
    _, seen = calibrated
    widest = ranges.choose(seen, "min-max")
    for method in METHODS:
        low, high = ranges.choose(seen, method)
        assert (low >= widest[0] - 1e-6).all()
        assert (high <= widest[1] + 1e-6).all()
    few = ranges.choose(seen, "min-max", lines=1)
    assert (few[1] <= widest[1]).all()


def outlier() -> Ranges:
    """One activation: a bell of values, and a single one far outside."""
    values = np.append(np.random.default_rng(1).normal(0, 1, 100_000), 100.0)
    counts = np.histogram(values, ranges.BINS, (values.min(), values.max()))[0]
    low, high = np.array([[values.min()]]), np.array([[values.max()]])
    return Ranges(("a",), np.array([0]), low, high, counts[None, None].astype(np.int32))


def test_percentile_and_mse_cut_an_outlier_off() -> None:
    seen = outlier()
    assert ranges.choose(seen, "min-max")[1][0] == 100.0
    assert 3 < ranges.choose(seen, "percentile")[1][0] < 6
    assert ranges.choose(seen, "mse")[1][0] < 100.0


def test_names_are_those_of_keras_layers() -> None:
    layers_ = ["stem0_conv", "stem0_norm", "head"]
    long = "cnn_1/stem0_relu_1/Relu;cnn_1/stem0_norm_1/add;cnn_1/stem0_conv_1/convolution"
    assert short_name(long, layers_) == "stem0_conv"
    assert short_name("Identity", layers_) == "Identity"
    assert short_name("cnn_1/conv2d_1/Relu", ["conv2d", "conv2d_1"]) == "conv2d"
    assert short_name("cnn/conv2d_1/Relu", ["conv2d_1"]) == "conv2d_1"


def test_pieces_of_the_head_in_turn_are_the_head() -> None:
    model = graph.reference_model(slim(), None)
    pieces = graph.pieces(model)
    assert len(pieces) == 3
    parts = graph.split(model)
    assert parts is not None
    features = np.random.default_rng(2).random((1, 16, parts.head.input_shape[-1]), np.float32)
    x = features
    for piece in pieces.values():
        x = piece(x)
    np.testing.assert_allclose(x, parts.head(features), atol=1e-6)


def test_a_fixed_width_is_known_in_every_piece() -> None:
    pieces = graph.pieces(graph.export_model(slim(), 64))
    shapes = [
        shape for piece in pieces.values() for shape in (piece.input_shape, piece.output_shape)
    ]
    assert {shape[1] for shape in shapes} == {16}


def test_a_recurrence_too_long_to_be_written_out_is_refused_with_its_size() -> None:
    refuse_too_long(240, 2)
    with pytest.raises(ConversionError, match=r"666 steps, about 1332 kB.*mixed"):
        refuse_too_long(333, 2)
