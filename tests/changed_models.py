"""Models as a pull request might bring them: fattened, deeper, with other weights, with Flex.

The networks are edited as flatbuffers, by the schema that comes with ai-edge-litert.
"""

from copy import copy, deepcopy
from dataclasses import replace
from typing import Any

import numpy as np

from edge_runtime.bundle import Bundle, pack


def fattened(bundle: Bundle, share: float) -> bytes:
    """The same model with a card that makes the file larger by a share of it."""
    padding = "x" * (round(bundle.file_bytes * share) - len(', "notes": ""') - 4)
    card = replace(bundle.card, training={**bundle.card.training, "notes": padding})
    return pack(bundle.network, card, bundle.charset, bundle.lexicon)


def deeper(bundle: Bundle, layers: int = 1) -> bytes:
    """The same model with a layer that keeps its shape repeated: more work, hardly more bytes."""
    from convert import schema

    model = schema.read(bundle.network)
    graph = model.subgraphs[0]
    place = next(i for i, op in enumerate(graph.operators) if _keeps_shape(model, graph, op))
    for _ in range(layers):
        _repeat(graph, place)
    return pack(schema.write(model), bundle.card, bundle.charset, bundle.lexicon)


def _repeat(graph: Any, place: int) -> None:
    """Put a copy of an operator behind it, with the same weights."""
    first = graph.operators[place]
    made, new = first.outputs[0], len(graph.tensors)
    graph.tensors.append(deepcopy(graph.tensors[made]))
    graph.tensors[-1].name = b"once_more"
    second = copy(first)
    second.inputs = np.array([made, *first.inputs[1:]], np.int32)
    second.outputs = np.array([new], np.int32)
    for later in graph.operators[place + 1 :]:
        later.inputs = _renamed(later.inputs, made, new)
    graph.outputs = _renamed(graph.outputs, made, new)
    graph.operators.insert(place + 1, second)


def shuffled(bundle: Bundle) -> bytes:
    """The same model, every large weight matrix with its values in another order."""
    from convert import schema

    model = schema.read(bundle.network)
    chance = np.random.default_rng(0)
    seen = set()
    for graph in model.subgraphs:
        for operator in graph.operators:
            for tensor in (graph.tensors[i] for i in operator.inputs[1:2] if i >= 0):
                data = model.buffers[tensor.buffer].data
                if data is None or tensor.buffer in seen or tensor.type not in (0, 9):
                    continue  # neither float32 nor int8
                seen.add(tensor.buffer)
                values = np.frombuffer(bytes(data), np.float32 if tensor.type == 0 else np.int8)
                moved = chance.permutation(values).tobytes()
                model.buffers[tensor.buffer].data = np.frombuffer(moved, np.uint8)
    return pack(schema.write(model), bundle.card, bundle.charset, bundle.lexicon)


def with_flex(bundle: Bundle) -> bytes:
    """The same model with its RESHAPE as TensorFlow's own operator, which no device has."""
    from convert import schema

    model = schema.read(bundle.network)
    (code,) = (code for code in model.operatorCodes if code.builtinCode == 22)
    code.builtinCode = code.deprecatedBuiltinCode = 32
    code.customCode = b"FlexReshape"
    for graph in model.subgraphs:
        for operator in graph.operators:
            if model.operatorCodes[operator.opcodeIndex] is code:
                operator.builtinOptions, operator.builtinOptionsType = None, 0
    return pack(schema.write(model), bundle.card, bundle.charset, bundle.lexicon)


def _keeps_shape(model: Any, graph: Any, operator: Any) -> bool:
    """A CONV_2D or FULLY_CONNECTED with weights and as many channels out as in."""
    if model.operatorCodes[operator.opcodeIndex].builtinCode not in (3, 9):
        return False
    given, weights, *_ = (graph.tensors[i] for i in operator.inputs)
    made = graph.tensors[operator.outputs[0]]
    if model.buffers[weights.buffer].data is None:
        return False
    strided = getattr(operator.builtinOptions, "strideW", 1) != 1
    return not strided and list(given.shape) == list(made.shape) and given.type == made.type


def _renamed(indices: Any, old: int, new: int) -> Any:
    return np.array([new if index == old else index for index in indices], np.int32)
