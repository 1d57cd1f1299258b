"""The parts of a TensorFlow Lite file, read without TensorFlow and without trusting it.

``NetworkFile.parse`` walks operators, tensors and buffers of every subgraph and checks that what
refers to something refers to something that exists: the TFLite interpreters trust the file and
would crash. Field numbers are those of TensorFlow's ``schema.fbs``.
"""

from dataclasses import dataclass, field
from math import prod
from typing import Final, Self

from edge_runtime.errors import BundleError
from edge_runtime.flatbuffer import Reader, Table
from edge_runtime.operator_names import CUSTOM, builtin_name

IDENTIFIER: Final = b"TFL3"
MAX_RANK: Final = 8
MAX_SUBGRAPHS: Final = 256

_BITS: Final = {  # in the order of the schema's numbers; 0 bits: no fixed size
    **{"float32": 32, "float16": 16, "int32": 32, "uint8": 8, "int64": 64, "string": 0},
    **{"bool": 8, "int16": 16, "complex64": 64, "int8": 8, "float64": 64, "complex128": 128},
    **{"uint64": 64, "resource": 0, "variant": 0, "uint32": 32, "uint16": 16, "int4": 4},
    **{"bfloat16": 16, "int2": 2, "uint4": 4},
}
TYPE_NAMES: Final = tuple(_BITS)
# Options that name further subgraphs: the union's type number and how many indices they hold.
_SUBGRAPH_OPTIONS: Final = {16: 1, 92: 2, 93: 2, 103: 1}  # Call, If, While, CallOnce
_BATCH_MATMUL_OPTIONS: Final = 101


@dataclass(frozen=True)
class Tensor:
    """One tensor of a subgraph."""

    name: str
    shape: tuple[int, ...]
    """As stored; a dimension that the caller chooses is stored as 1."""
    signature: tuple[int, ...]
    """The shape with -1 where the caller chooses."""
    dtype: str
    constant_bytes: int
    """Bytes of stored data, 0 for a tensor that is computed."""
    buffer: int
    scales: int
    """Number of quantization scales: 0 none, 1 per tensor, more per channel."""


@dataclass(frozen=True)
class Operator:
    """One operator of a subgraph; -1 among the inputs is an optional input left out."""

    name: str
    version: int
    custom: bool
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    subgraphs: tuple[int, ...] = ()
    """Subgraphs it runs: (condition, body) of WHILE, (then, else) of IF."""
    adjoint: tuple[bool, bool] = (False, False)
    """BATCH_MATMUL: whether its operands are transposed."""


@dataclass(frozen=True)
class Subgraph:
    """One function of the file; number 0 is the network, others are loop bodies and conditions."""

    name: str
    tensors: tuple[Tensor, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operators: tuple[Operator, ...]


@dataclass(frozen=True)
class NetworkFile:
    """A TensorFlow Lite file, taken apart."""

    size: int
    """Bytes."""
    subgraphs: tuple[Subgraph, ...]
    min_runtime: str
    """The oldest TensorFlow that has all operators, as the converter noted it; may be empty."""
    metadata: dict[str, int] = field(default_factory=dict)
    """Bytes of each metadata entry by name."""

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Take the bytes of a network apart.

        Raises:
            BundleError: not a TensorFlow Lite file, or damaged; the message names the check.
        """
        model = Reader(data, IDENTIFIER).root()
        if model.uint32(0) != 3:
            raise _bad(f"schema version {model.uint32(0)} is not 3")
        buffers = [_buffer_size(table) for table in model.tables(4)]
        codes = [_operator_code(table) for table in model.tables(1)]
        subgraphs = tuple(_subgraph(table, buffers, codes) for table in model.tables(2))
        if not 1 <= len(subgraphs) <= MAX_SUBGRAPHS:
            raise _bad(f"it holds {len(subgraphs)} subgraphs, 1 to {MAX_SUBGRAPHS} are possible")
        _check_calls(subgraphs)
        metadata, min_runtime = _metadata(model, buffers)
        return cls(len(data), subgraphs, min_runtime, metadata)

    @property
    def main(self) -> Subgraph:
        """The network itself."""
        return self.subgraphs[0]

    def single_input(self) -> Tensor:
        """The network's input.

        Raises:
            BundleError: it has none or several.
        """
        return _single(self.main, self.main.inputs, "input")

    def single_output(self) -> Tensor:
        """The network's output.

        Raises:
            BundleError: it has none or several.
        """
        return _single(self.main, self.main.outputs, "output")


def _bad(reason: str) -> BundleError:
    return BundleError(f"flatbuffer check failed: {reason}")


def _single(graph: Subgraph, indices: tuple[int, ...], role: str) -> Tensor:
    if len(indices) != 1:
        raise BundleError(f"network check failed: {len(indices)} {role}s, a line reader has one")
    return graph.tensors[indices[0]]


def _buffer_size(table: Table) -> int:
    if table.uint64(1) > 1:
        raise _bad("weights outside the flatbuffer (a file over 2 GB) are not supported")
    return table.bytes_length(0)


def _operator_code(table: Table) -> tuple[str, int, bool]:
    """Name, version and whether it is custom; old files keep the number in a signed byte."""
    code = max(table.int8(0), table.int32(3))
    if code == CUSTOM:
        return table.string(1) or "CUSTOM", table.int32(2, 1), True
    return builtin_name(code), table.int32(2, 1), False


def _subgraph(table: Table, buffers: list[int], codes: list[tuple[str, int, bool]]) -> Subgraph:
    tensors = tuple(_tensor(t, buffers) for t in table.tables(0))
    operators = tuple(_operator(t, codes, len(tensors)) for t in table.tables(3))
    inputs, outputs = table.ints(1), table.ints(2)
    _check_indices((*inputs, *outputs), len(tensors), optional=False)
    return Subgraph(table.string(4), tensors, inputs, outputs, operators)


def _tensor(table: Table, buffers: list[int]) -> Tensor:
    shape, kind, buffer = table.ints(0), table.int8(1), table.uint32(2)
    if not 0 <= kind < len(TYPE_NAMES):
        raise _bad(f"tensor type {kind} is unknown")
    if buffer >= len(buffers):
        raise _bad(f"a tensor refers to buffer {buffer} of {len(buffers)}")
    if len(shape) > MAX_RANK or any(not 0 <= side < 2**31 for side in shape):
        raise _bad(f"a tensor has the shape {shape[:MAX_RANK]}")
    quantization = table.table(4)
    tensor = Tensor(
        name=table.string(3),
        shape=shape,
        signature=table.ints(7) or shape,
        dtype=TYPE_NAMES[kind],
        constant_bytes=buffers[buffer],
        buffer=buffer,
        scales=len(quantization.array(2, "<f4")) if quantization else 0,
    )
    _check_data(tensor, sparse=table.field(6) is not None)
    return tensor


def _check_data(tensor: Tensor, *, sparse: bool) -> None:
    """Stored data must fill its shape: the interpreters read that much whatever is there."""
    bits = _BITS[tensor.dtype]
    needed = (prod(tensor.shape) * bits + 7) // 8
    if tensor.constant_bytes and bits and not sparse and tensor.constant_bytes < needed:
        raise _bad(
            f"tensor {tensor.name!r} has {tensor.constant_bytes} bytes of data, its shape"
            f" {list(tensor.shape)} needs {needed}"
        )


def _operator(table: Table, codes: list[tuple[str, int, bool]], tensors: int) -> Operator:
    index = table.uint32(0)
    if index >= len(codes):
        raise _bad(f"an operator refers to operator code {index} of {len(codes)}")
    name, version, custom = codes[index]
    inputs, outputs = table.ints(1), table.ints(2)
    _check_indices((*inputs, *table.ints(8)), tensors, optional=True)
    _check_indices(outputs, tensors, optional=False)
    kind, options = table.uint8(3), table.table(4)
    table.table(12)  # newer options: only that they lie inside the file
    count = _SUBGRAPH_OPTIONS.get(kind, 0)
    called = tuple(options.int32(i) for i in range(count)) if options else ()
    adjoint = (False, False)
    if options and kind == _BATCH_MATMUL_OPTIONS:
        adjoint = (bool(options.int8(0)), bool(options.int8(1)))
    return Operator(name, version, custom, inputs, outputs, called, adjoint)


def _check_indices(indices: tuple[int, ...], tensors: int, *, optional: bool) -> None:
    lowest = -1 if optional else 0
    for index in indices:
        if not lowest <= index < tensors:
            raise _bad(f"an operator or subgraph refers to tensor {index} of {tensors}")


def _check_calls(subgraphs: tuple[Subgraph, ...]) -> None:
    """A subgraph may call only ones that exist, and never itself in a circle."""
    for graph in subgraphs:
        for operator in graph.operators:
            for called in operator.subgraphs:
                if not 0 <= called < len(subgraphs):
                    raise _bad(f"{operator.name} runs subgraph {called} of {len(subgraphs)}")
    done: set[int] = set()

    def visit(index: int, above: frozenset[int]) -> None:
        if index in above:
            raise _bad(f"subgraph {index} calls itself")
        if index in done:
            return
        for operator in subgraphs[index].operators:
            for called in operator.subgraphs:
                visit(called, above | {index})
        done.add(index)

    for index in range(len(subgraphs)):
        visit(index, frozenset())


def _metadata(model: Table, buffers: list[int]) -> tuple[dict[str, int], str]:
    """Sizes of the metadata entries, and the runtime version one of them holds."""
    sizes: dict[str, int] = {}
    versions: dict[int, str] = {}
    for entry in model.tables(6):
        name, buffer = entry.string(0), entry.uint32(1)
        if buffer >= len(buffers):
            raise _bad(f"metadata {name!r} refers to buffer {buffer} of {len(buffers)}")
        sizes[name] = buffers[buffer]
        if name == "min_runtime_version":
            versions[buffer] = ""
    for index, table in enumerate(model.tables(4)):
        if index in versions and buffers[index] <= 64:
            text = table.bytes_at(0).rstrip(b"\0")
            return sizes, text.decode("ascii", "replace")
    return sizes, ""
