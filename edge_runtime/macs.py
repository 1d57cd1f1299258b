"""Counts multiply-accumulates of a network at a given width.

Shapes come from the TFLite runtime itself, without delegates: it knows what every tensor becomes
once the width is set, and how often a loop really turns. Not counted are loops within loops, and
loops that end by something else than a counter.
"""

from dataclasses import dataclass
from math import prod
from typing import Any, Final

import numpy as np

from edge_runtime.errors import InferenceError
from edge_runtime.native_log import quiet_native_log
from edge_runtime.network_file import NetworkFile, Operator, Subgraph
from edge_runtime.runtimes import Runtime

_INTEGERS: Final = ("int32", "int64")

Shapes = dict[int, tuple[int, ...]]
"""Shape of each tensor of a subgraph by its index."""


@dataclass(frozen=True)
class MacCount:
    """Multiply-accumulates of one inference."""

    width: int
    """Width of the input, pixels."""
    by_operator: dict[str, int]
    """Operators that multiply, loops included, most first."""

    @property
    def total(self) -> int:
        """Of the whole network."""
        return sum(self.by_operator.values())


def count_macs(network: bytes, width: int, runtime: Runtime) -> MacCount:
    """Count the multiply-accumulates of one inference.

    Args:
        network: a verified flatbuffer with one (1, H, W, 1) input.
        width: W; a network of fixed width must be that wide.
        runtime: the TFLite runtime to ask for shapes.

    Raises:
        InferenceError: the runtime cannot run the network at this width.
    """
    file = NetworkFile.parse(network)
    try:
        with quiet_native_log():
            interpreter = _prepared(network, width, runtime)
        counts: dict[str, int] = {}
        _count(file, 0, 1, interpreter, counts)
    except (ValueError, RuntimeError) as error:
        raise InferenceError(f"{runtime.name} cannot run width {width}: {error}") from error
    return MacCount(width, dict(sorted(counts.items(), key=lambda item: -item[1])))


def _prepared(network: bytes, width: int, runtime: Runtime) -> Any:
    """An interpreter that has run once: only then are all shapes and turns of loops known."""
    interpreter = runtime.interpreter(network, 1, plain=True)
    details = interpreter.get_input_details()[0]
    shape = [*details["shape"][:2], width, *details["shape"][3:]]
    if list(details["shape"]) != shape:
        interpreter.resize_tensor_input(details["index"], shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(details["index"], np.zeros(shape, details["dtype"]))
    interpreter.invoke()
    return interpreter


def _count(
    file: NetworkFile, index: int, times: int, interpreter: Any, counts: dict[str, int]
) -> None:
    """Add the operators of a subgraph that runs ``times`` times."""
    graph = file.subgraphs[index]
    shapes = _shapes(graph, index, interpreter)
    for operator in graph.operators:
        macs = operator_macs(operator, shapes) * times
        if macs:
            counts[operator.name] = counts.get(operator.name, 0) + macs
        if operator.name == "WHILE" and index == 0:
            turns = _turns(file, operator, shapes, interpreter)
            _count(file, operator.subgraphs[1], times * turns, interpreter, counts)


def _shapes(graph: Subgraph, index: int, interpreter: Any) -> Shapes:
    """Shapes as they are at run time; those of a loop's body as the file has them."""
    shapes = {i: tensor.shape for i, tensor in enumerate(graph.tensors)}
    if index == 0:
        for details in interpreter.get_tensor_details():
            if details["index"] in shapes:
                shapes[details["index"]] = tuple(int(side) for side in details["shape"])
    return shapes


def _turns(file: NetworkFile, operator: Operator, shapes: Shapes, interpreter: Any) -> int:
    """How often a loop turned: by how much its counter, an integer that goes up by one, grew."""
    turns = 0
    for variable in _counters(file, operator):
        before, after = operator.inputs[variable], operator.outputs[variable]
        if file.main.tensors[before].dtype in _INTEGERS and prod(shapes[before]) == 1:
            turns = max(turns, _value(interpreter, after) - _value(interpreter, before))
    return turns


def _counters(file: NetworkFile, operator: Operator) -> list[int]:
    """Positions of the loop variables that the condition looks at and the body computes anew.

    The others are not to be read: what a body passes on unchanged, like the limit of the counter,
    ai-edge-litert does not copy out of the loop, and its tensor holds whatever the memory held.
    """
    condition, body = (file.subgraphs[index] for index in operator.subgraphs)
    compared = {tensor for step in condition.operators for tensor in step.inputs}
    variables = zip(condition.inputs, body.inputs, body.outputs, strict=True)
    return [
        position
        for position, (looked_at, start, end) in enumerate(variables)
        if looked_at in compared and start != end
    ]


def _value(interpreter: Any, index: int) -> int:
    """The integer that a tensor of one element holds."""
    return int(interpreter.get_tensor(index).reshape(-1)[0])


def operator_macs(operator: Operator, shapes: Shapes) -> int:
    """Multiply-accumulates of one operator; 0 for those that only move or add numbers."""
    rule = _RULES.get(operator.name)
    return rule(operator, shapes) if rule else 0


def _convolution(operator: Operator, shapes: Shapes) -> int:
    """Each output value is a product over rows, columns and channels of the kernel."""
    return prod(shapes[operator.outputs[0]]) * prod(shapes[operator.inputs[1]][1:])


def _depthwise(operator: Operator, shapes: Shapes) -> int:
    return prod(shapes[operator.outputs[0]]) * prod(shapes[operator.inputs[1]][1:3])


def _transposed(operator: Operator, shapes: Shapes) -> int:
    """Each input value is spread over the kernel."""
    kernel = shapes[operator.inputs[1]]
    return prod(shapes[operator.inputs[2]]) * prod(kernel[:3])


def _dense(operator: Operator, shapes: Shapes) -> int:
    return prod(shapes[operator.outputs[0]]) * shapes[operator.inputs[1]][-1]


def _matmul(operator: Operator, shapes: Shapes) -> int:
    left = shapes[operator.inputs[0]]
    return prod(shapes[operator.outputs[0]]) * left[-2 if operator.adjoint[0] else -1]


def _recurrent(operator: Operator, shapes: Shapes) -> int:
    """Every weight matrix is used once per time step."""
    steps = shapes[operator.inputs[0]][1]
    matrices = {i for i in operator.inputs[1:] if i >= 0 and len(shapes[i]) == 2}
    state = {i for i in matrices if shapes[i][0] == shapes[operator.inputs[0]][0]}
    return steps * sum(prod(shapes[i]) for i in matrices - state)


_RULES = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "TRANSPOSE_CONV": _transposed,
    "FULLY_CONNECTED": _dense,
    "BATCH_MATMUL": _matmul,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _recurrent,
    "BIDIRECTIONAL_SEQUENCE_LSTM": _recurrent,
}
