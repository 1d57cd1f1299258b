"""Flatbuffers joined, slimmed and listed; on the committed tiny networks, without TensorFlow."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

pytest.importorskip("flatbuffers")
pytest.importorskip("ai_edge_litert")

from convert import operators, schema
from convert.stitch import stitch
from edge_runtime.bundle import Bundle
from edge_runtime.errors import ConversionError
from edge_runtime.network_file import NetworkFile
from tests.tiny_models import NAMES, model_path


def network(name: str) -> bytes:
    return Bundle.open(model_path(name)).network


def run(data: bytes, x: Any) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=data, num_threads=1)
    (given,), (made,) = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.resize_tensor_input(given["index"], x.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(made["index"])


def picture(name: str) -> Any:
    width = 256 if name == "tiny-fixed" else 96
    x = np.random.default_rng(0).uniform(0, 1, (1, 48, width, 1)).astype(np.float32)
    return (x * 127).astype(np.int8) if name == "tiny-int8" else x


@pytest.mark.parametrize("name", NAMES)
def test_a_slimmed_file_computes_the_same_and_is_smaller(name: str) -> None:
    before = network(name)
    model = schema.read(before)
    schema.slim(model, "ink", "logits")
    after = schema.write(model)
    assert len(after) < len(before)
    np.testing.assert_array_equal(run(after, picture(name)), run(before, picture(name)))


@pytest.mark.parametrize("name", NAMES)
def test_slimming_drops_metadata_and_names_only_the_interface(name: str) -> None:
    model = schema.read(network(name))
    schema.slim(model, "ink", "logits")
    found = NetworkFile.parse(schema.write(model))
    assert found.metadata == {}
    names = Counter(tensor.name for graph in found.subgraphs for tensor in graph.tensors)
    assert {key for key in names if key} == {"ink", "logits"}
    assert found.single_input().name == "ink"
    assert found.single_output().name == "logits"
    signature = schema.read(schema.write(model)).signatureDefs
    assert [bytes(s.signatureKey) for s in signature] == [b"serving_default"]


def test_constant_data_is_aligned() -> None:
    model = schema.read(network("tiny-gru"))
    schema.slim(model, "ink", "logits")
    data = schema.write(model)
    root = schema.generated.Model.GetRootAsModel(data, 0)
    places = [
        root.Buffers(i).DataAsNumpy().__array_interface__["data"][0]
        for i in range(root.BuffersLength())
        if root.Buffers(i).DataLength()
    ]
    start = np.frombuffer(data, np.uint8).__array_interface__["data"][0]
    assert len(places) > 3
    assert {(place - start) % schema.ALIGNMENT for place in places} == {0}


def test_equal_constants_and_operator_codes_are_stored_once() -> None:
    model = schema.read(network("tiny-gru"))
    twice = len(model.buffers)
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            if model.buffers[tensor.buffer].data is not None:
                copy = schema.generated.BufferT()
                copy.data = model.buffers[tensor.buffer].data
                model.buffers.append(copy)
                tensor.buffer = len(model.buffers) - 1
    model.operatorCodes = model.operatorCodes * 2
    assert len(model.buffers) > twice
    schema.slim(model, "ink", "logits")
    codes = [(schema.operator_name(c), c.version) for c in model.operatorCodes]
    assert len(codes) == len(set(codes))
    assert len(model.buffers) <= twice


def test_loops_find_their_subgraphs_after_joining() -> None:
    """The second file's loop must not run the first file's body."""
    first, second = network("tiny-gru"), network("tiny-gru")
    tail = schema.read(second)
    main = tail.subgraphs[0]
    given, made = main.tensors[main.inputs[0]], main.tensors[main.outputs[0]]
    assert len(given.shape) != len(made.shape)
    with pytest.raises(ConversionError, match="do not fit"):
        stitch(first, second)
    joined = schema.read(first)
    shift = len(joined.subgraphs)
    moved = schema.read(stitch_on_itself())
    calls = [
        (operator.builtinOptions.condSubgraphIndex, operator.builtinOptions.bodySubgraphIndex)
        for operator in moved.subgraphs[0].operators
        if isinstance(operator.builtinOptions, schema.generated.WhileOptionsT)
    ]
    assert calls == [(1, 2), (shift, shift + 1)]


def stitch_on_itself() -> bytes:
    """tiny-gru behind itself, its input declared to be like its output."""
    head = schema.read(network("tiny-gru"))
    main = head.subgraphs[0]
    given, made = main.tensors[main.inputs[0]], main.tensors[main.outputs[0]]
    given.shape, given.shapeSignature = made.shape, made.shapeSignature
    return schema.write(stitch(network("tiny-gru"), schema.write(head)))


def test_every_operator_is_listed_loops_included() -> None:
    listed = operators.list_operators(network("tiny-gru"))
    parsed = NetworkFile.parse(network("tiny-gru"))
    assert listed == Counter(o.name for graph in parsed.subgraphs for o in graph.operators)
    assert listed["WHILE"] == 1


def test_a_custom_operator_is_refused_by_name() -> None:
    model = schema.read(network("tiny-dynamic"))
    operators.refuse_foreign(model)
    code = model.operatorCodes[0]
    code.customCode = b"FlexErfinv"
    code.builtinCode = code.deprecatedBuiltinCode = schema.generated.BuiltinOperator.CUSTOM
    with pytest.raises(ConversionError, match=r"FlexErfinv .*is not a TFLite builtin"):
        operators.refuse_foreign(schema.read(schema.write(model)))


def test_a_dense_layer_with_a_scale_per_channel_is_refused() -> None:
    model = schema.read(network("tiny-int8"))
    operators.refuse_crashing(model)
    graph = model.subgraphs[0]
    dense = next(
        operator
        for operator in graph.operators
        if schema.operator_name(model.operatorCodes[operator.opcodeIndex]) == "FULLY_CONNECTED"
    )
    quantization = graph.tensors[dense.inputs[1]].quantization
    quantization.scale = np.full(8, 0.1, np.float32)
    quantization.zeroPoint = np.zeros(8, np.int64)
    with pytest.raises(ConversionError, match="scale per channel"):
        operators.refuse_crashing(model)


def test_other_bytes_are_refused() -> None:
    with pytest.raises(ConversionError, match="not a TFLite file"):
        schema.read(b"PK\3\4" + bytes(100))
