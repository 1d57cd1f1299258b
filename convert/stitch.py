"""Joins the CNN's and the head's .tflite into one file, so that each is quantized in its own way.

The head's input is fed by the CNN's output; both are float32 there. Whatever a file refers to by
number (tensors, buffers, operator codes, the subgraphs of loops) is moved behind what the CNN has.
"""

from typing import Any

import numpy as np

from convert import schema
from edge_runtime.errors import ConversionError

_SUBGRAPH_FIELDS = (
    "condSubgraphIndex",
    "bodySubgraphIndex",
    "thenSubgraphIndex",
    "elseSubgraphIndex",
    "initSubgraphIndex",
    "decompositionSubgraphIndex",
)


def stitch(*files: bytes) -> schema.Model:
    """Join files in order, each one's output to the next one's input.

    Args:
        *files: .tflite files with one input and one output; what meets has the same type and
            number of dimensions.

    Returns:
        The joined model, not yet slimmed or written.

    Raises:
        ConversionError: two neighbours do not fit.
    """
    first, *others = map(schema.read, files)
    for other in others:
        _append(first, other)
    return first


def _append(first: schema.Model, second: schema.Model) -> None:
    """Let ``second`` go on where ``first`` ends, in place."""
    main, tail = first.subgraphs[0], second.subgraphs[0]
    _check_seam(main, tail)
    _move_references(first, second)
    seam = {int(tail.inputs[0]): int(main.outputs[0])}
    shift = len(main.tensors)

    def moved(indices: Any) -> Any:
        if indices is None:
            return None
        return [seam.get(int(i), int(i) + shift) if i >= 0 else int(i) for i in indices]

    for operator in tail.operators:
        operator.inputs = moved(operator.inputs)
        operator.outputs = moved(operator.outputs)
        operator.intermediates = moved(operator.intermediates)
    main.outputs = moved(tail.outputs)
    main.tensors += tail.tensors
    main.operators += tail.operators
    first.buffers += second.buffers
    first.operatorCodes += second.operatorCodes
    first.subgraphs += second.subgraphs[1:]
    first.signatureDefs = None


def _check_seam(main: Any, tail: Any) -> None:
    if len(main.outputs) != 1 or len(tail.inputs) != 1:
        raise ConversionError("CNN and head must meet in exactly one tensor")
    left, right = main.tensors[main.outputs[0]], tail.tensors[tail.inputs[0]]
    if left.type != right.type or not np.array_equal(_signature(left), _signature(right)):
        raise ConversionError(
            f"CNN and head do not fit: {_signature(left)} type {left.type} against"
            f" {_signature(right)} type {right.type}"
        )


def _signature(tensor: Any) -> list[int]:
    """Shape with -1 where it may vary."""
    shape = tensor.shape if tensor.shapeSignature is None else tensor.shapeSignature
    return [int(size) for size in shape]


def _move_references(first: Any, second: Any) -> None:
    """Let all of ``second`` point behind the parts of ``first``."""
    buffers, codes = len(first.buffers), len(first.operatorCodes)
    graphs = len(first.subgraphs) - 1  # the head's main graph becomes part of the CNN's
    for graph in second.subgraphs:
        for tensor in graph.tensors:
            tensor.buffer += buffers
        for operator in graph.operators:
            operator.opcodeIndex += codes
            for options in (operator.builtinOptions, operator.builtinOptions2):
                _move_subgraphs(options, graphs)


def _move_subgraphs(options: Any, shift: int) -> None:
    for field in _SUBGRAPH_FIELDS:
        if hasattr(options, field):
            setattr(options, field, getattr(options, field) + shift)
