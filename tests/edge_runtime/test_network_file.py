"""The flatbuffer reader: what it finds in good files, and that bad ones are refused."""

import random
import struct

import pytest

from edge_runtime.bundle import Bundle
from edge_runtime.errors import BundleError
from edge_runtime.flatbuffer import MAX_ELEMENTS, Reader
from edge_runtime.network_file import IDENTIFIER, NetworkFile
from edge_runtime.operator_names import BUILTIN_NAMES, builtin_name
from tests.tiny_models import NAMES, model_path


def network(name: str = "tiny-dynamic") -> bytes:
    return Bundle.open(model_path(name)).network


def test_the_tables_of_a_network_are_read() -> None:
    file = NetworkFile.parse(network())
    assert file.single_input().signature == (1, 48, -1, 1)
    assert file.single_input().shape == (1, 48, 1, 1)
    assert file.single_output().signature == (1, -1, 8)
    assert file.single_output().dtype == "float32"
    assert file.min_runtime == "1.11.0"
    convolution = file.main.operators[0]
    assert (convolution.name, convolution.custom) == ("CONV_2D", False)
    kernel = file.main.tensors[convolution.inputs[1]]
    assert kernel.shape == (3, 48, 4, 1)
    assert kernel.constant_bytes == 3 * 48 * 4 * 4


def test_quantized_tensors_have_scales() -> None:
    file = NetworkFile.parse(network("tiny-int8"))
    assert file.single_input().dtype == "int8"
    assert file.single_input().scales == 1
    kernel = file.main.tensors[file.main.operators[0].inputs[1]]
    assert kernel.scales == 3  # one per channel


def test_loops_name_their_subgraphs() -> None:
    file = NetworkFile.parse(network("tiny-gru"))
    loops = [op for op in file.main.operators if op.name == "WHILE"]
    assert [op.subgraphs for op in loops] == [(1, 2)]
    assert len(file.subgraphs) == 3
    assert "LESS" in [op.name for op in file.subgraphs[1].operators]


def test_operator_names_are_those_of_the_schema() -> None:
    known = {0: "ADD", 3: "CONV_2D", 9: "FULLY_CONNECTED", 32: "CUSTOM", 119: "WHILE"}
    assert {code: builtin_name(code) for code in known} == known
    assert builtin_name(126) == "BATCH_MATMUL"
    assert len(BUILTIN_NAMES) == 210
    assert builtin_name(9999) == "BUILTIN_9999"


@pytest.mark.desktop
def test_the_table_of_operators_is_tensorflow_s() -> None:
    pytest.importorskip("tensorflow")
    from tensorflow.lite.python import schema_py_generated as schema

    numbers = {k: v for k, v in vars(schema.BuiltinOperator).items() if not k.startswith("_")}
    shared = {name: code for name, code in numbers.items() if code < len(BUILTIN_NAMES)}
    assert {name: BUILTIN_NAMES.index(name) for name in shared} == shared


@pytest.mark.parametrize("data", [b"", b"TFL3", b"\0\0\0\0TFL", bytes(100), b"\xff" * 100])
def test_what_is_no_flatbuffer_is_refused(data: bytes) -> None:
    with pytest.raises(BundleError, match="flatbuffer check failed"):
        NetworkFile.parse(data)


@pytest.mark.parametrize("root", [0, 4, 2**31, 2**32 - 1])
def test_a_root_that_leads_nowhere_is_refused(root: int) -> None:
    data = struct.pack("<I", root) + IDENTIFIER + b"\xff" * 64
    with pytest.raises(BundleError, match="flatbuffer check failed"):
        NetworkFile.parse(data)


@pytest.mark.parametrize("name", NAMES)
def test_every_truncation_is_refused_or_harmless(name: str) -> None:
    """No cut makes the reader raise anything but its own error."""
    data = network(name)
    outcomes = set()
    for length in range(0, len(data), 37):
        try:
            NetworkFile.parse(data[:length])
            outcomes.add("read")
        except BundleError:
            outcomes.add("refused")
    assert "refused" in outcomes


@pytest.mark.parametrize("name", NAMES)
def test_flipped_bytes_never_crash_the_reader(name: str) -> None:
    data, generator = network(name), random.Random(name)
    refused = 0
    for _ in range(400):
        spoilt = bytearray(data)
        for _ in range(3):
            spoilt[generator.randrange(8, len(data))] = generator.choice((0, 1, 127, 128, 255))
        try:
            NetworkFile.parse(bytes(spoilt))
        except BundleError:
            refused += 1
    assert refused > 100


@pytest.mark.parametrize(
    ("vtable", "reason"),
    [
        ((4, 4), "it holds no subgraph|schema version"),  # sound, but empty
        ((2, 4), "damaged table"),
        ((5, 4), "damaged table"),
        ((4, 3), "damaged table"),
        ((4, 5000), "5000 bytes at 12 lie outside"),
        ((5000, 4), "5000 bytes at 8 lie outside"),
    ],
)
def test_the_frame_of_a_table_is_checked(vtable: tuple[int, int], reason: str) -> None:
    data = struct.pack("<I4sHHi", 12, IDENTIFIER, *vtable, 4)
    with pytest.raises(BundleError, match=reason):
        NetworkFile.parse(data)


def test_a_vector_that_claims_to_be_endless_is_refused() -> None:
    data = bytearray(network())
    reader = Reader(bytes(data), IDENTIFIER)
    position = reader.root().field(4)  # buffers
    assert position is not None
    at = reader.offset(position)
    data[at : at + 4] = struct.pack("<I", 2**30)
    with pytest.raises(BundleError, match="lie outside"):
        NetworkFile.parse(bytes(data))


def test_tables_that_share_a_huge_vector_are_stopped() -> None:
    """A file of a few kB must not make us read the same megabytes a million times."""
    reader = Reader(network(), IDENTIFIER)
    reader.spend(MAX_ELEMENTS)
    with pytest.raises(BundleError, match="more parts than any real network"):
        reader.root()


def patched(tensor_field: str) -> bytes:
    """tiny-dynamic with one reference of its first operator or tensor led astray."""
    data = bytearray(network())
    reader = Reader(bytes(data), IDENTIFIER)
    graph = next(reader.root().tables(2))
    tables = {"tensor": next(graph.tables(0)), "operator": next(graph.tables(3))}
    kind, _, number = tensor_field.partition(":")
    position = tables[kind].field(int(number))
    assert position is not None
    if kind == "operator" and number in "12":
        position = reader.offset(position) + 4  # first index of the vector
    data[position : position + 4] = struct.pack("<I", 10_000)
    return bytes(data)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("tensor:2", "refers to buffer 10000"),
        ("operator:1", "refers to tensor 10000"),
        ("operator:2", "refers to tensor 10000"),
    ],
)
def test_references_to_nothing_are_refused(place: str, reason: str) -> None:
    with pytest.raises(BundleError, match=reason):
        NetworkFile.parse(patched(place))


def test_a_loop_that_runs_itself_is_refused() -> None:
    data = bytearray(network("tiny-gru"))
    reader = Reader(bytes(data), IDENTIFIER)
    for graph in reader.root().tables(2):
        for operator in graph.tables(3):
            options = operator.table(4)
            if operator.uint8(3) == 93 and options is not None:  # WhileOptions
                position = options.field(1)
                assert position is not None
                data[position : position + 4] = struct.pack("<i", 0)
    with pytest.raises(BundleError, match="calls itself"):
        NetworkFile.parse(bytes(data))


def test_weights_too_short_for_their_shape_are_refused() -> None:
    data = bytearray(network())
    reader = Reader(bytes(data), IDENTIFIER)
    tensors = next(reader.root().tables(2)).tables(0)
    kernel = next(t for t in tensors if t.ints(0) == (3, 48, 4, 1))
    position = kernel.field(0)
    assert position is not None
    at = reader.offset(position) + 4
    data[at : at + 4] = struct.pack("<i", 4)
    with pytest.raises(BundleError, match=r"has 2304 bytes of data, its shape .* needs 3072"):
        NetworkFile.parse(bytes(data))
