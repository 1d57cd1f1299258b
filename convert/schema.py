"""TFLite flatbuffers as Python objects: read, slim down, write.

The generated classes come with ai-edge-litert and with TensorFlow; the former imports much faster.
"""

from functools import partial
from importlib import import_module
from typing import Any

import flatbuffers  # type: ignore[import-untyped]
import numpy as np

from edge_runtime.errors import ConversionError, RuntimeMissingError

Model = Any
"""A mutable ``ModelT``."""

ALIGNMENT = 16
"""Bytes on which the schema wants constant data to start; the generated writer ignores it."""


def _generated() -> Any:
    for name in (
        "ai_edge_litert.schema_py_generated",
        "tensorflow.lite.python.schema_py_generated",
    ):
        try:
            return import_module(name)
        except ModuleNotFoundError:
            continue
    raise RuntimeMissingError("converting needs TensorFlow: pip install 'edge-htr[desktop]'")


generated = _generated()


class SharingBuilder(flatbuffers.Builder):  # type: ignore[misc]
    """Writes equal vectors of numbers once: shapes and zero points repeat hundreds of times."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._places: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, values: Any) -> int:  # noqa: N802 - the generated code calls it
        """Return the offset of an equal vector, written now or before."""
        key = (values.dtype.str, values.tobytes())
        if key not in self._places:
            self._places[key] = int(super().CreateNumpyVector(values))
        return self._places[key]


def read(data: bytes) -> Model:
    """Parse a .tflite file.

    Raises:
        ConversionError: the bytes are no TFLite flatbuffer.
    """
    if data[4:8] != b"TFL3":
        raise ConversionError("the converter's result is not a TFLite file")
    return generated.ModelT.InitFromObj(generated.Model.GetRootAsModel(data, 0))


def write(model: Model) -> bytes:
    """Serialise, with constant data aligned."""
    for buffer in model.buffers:
        if buffer.data is not None and len(buffer.data):
            buffer.Pack = partial(_pack_aligned, bytes(buffer.data))
    builder = SharingBuilder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _pack_aligned(data: bytes, builder: Any) -> int:
    """Write one buffer with its data on an aligned address, as mapped files need it."""
    builder.StartVector(1, len(data), ALIGNMENT)
    builder.head -= len(data)
    builder.Bytes[builder.head : builder.head + len(data)] = data
    vector = builder.EndVector()
    generated.BufferStart(builder)
    generated.BufferAddData(builder, vector)
    return int(generated.BufferEnd(builder))


def operator_name(code: Any) -> str:
    """Name of an operator code as the schema spells it, or the custom operator's own name."""
    if code.customCode:
        text = code.customCode
        return text.decode() if isinstance(text, bytes) else str(text)
    # Old writers fill only the 8-bit field, where 127 stands for "see the other one".
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    return _NAMES.get(number, f"operator {number}")


_NAMES: dict[int, str] = {
    value: name for name, value in vars(generated.BuiltinOperator).items() if name.isupper()
}


def slim(model: Model, inputs: str, outputs: str) -> None:
    """Drop what no runtime needs: names, statistics, metadata, doubles; name input and output.

    Args:
        model: changed in place.
        inputs: name for the network's input tensor.
        outputs: name for the network's output tensor.
    """
    model.metadata = model.metadataBuffer = None  # it describes the parts, not the joined file
    model.description = None
    for graph in model.subgraphs:
        graph.name = None
        for tensor in graph.tensors:
            _slim_tensor(tensor)
        for operator in graph.operators:
            operator.debugMetadataIndex = -1
    main = model.subgraphs[0]
    main.tensors[main.inputs[0]].name = inputs
    main.tensors[main.outputs[0]].name = outputs
    model.signatureDefs = [_signature(main, inputs, outputs)]
    _share_buffers(model)
    _share_operator_codes(model)


def _slim_tensor(tensor: Any) -> None:
    tensor.name = None
    quantization = tensor.quantization
    if quantization is not None:
        quantization.min = quantization.max = None  # left by calibration, read by nobody
        if quantization.scale is None and quantization.details is None:
            tensor.quantization = None
    signature = tensor.shapeSignature
    if signature is not None and np.array_equal(signature, tensor.shape):
        tensor.shapeSignature = None


def _signature(main: Any, inputs: str, outputs: str) -> Any:
    signature = generated.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = "serving_default", 0
    signature.inputs = [_tensor_map(inputs, main.inputs[0])]
    signature.outputs = [_tensor_map(outputs, main.outputs[0])]
    return signature


def _tensor_map(name: str, tensor: int) -> Any:
    entry = generated.TensorMapT()
    entry.name, entry.tensorIndex = name, tensor
    return entry


def _share_buffers(model: Model) -> None:
    """Keep each distinct constant once; buffer 0 is the empty one of all activations."""
    kept, places = [model.buffers[0]], {b"": 0}
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            data = model.buffers[tensor.buffer].data
            content = b"" if data is None else bytes(data)
            if content not in places:
                places[content] = len(kept)
                kept.append(model.buffers[tensor.buffer])
            tensor.buffer = places[content]
    model.buffers = kept


def _share_operator_codes(model: Model) -> None:
    """Keep each operator and version once."""
    kept: list[Any] = []
    places: dict[tuple[str, int], int] = {}
    for graph in model.subgraphs:
        for operator in graph.operators:
            code = model.operatorCodes[operator.opcodeIndex]
            key = (operator_name(code), code.version)
            if key not in places:
                places[key] = len(kept)
                kept.append(code)
            operator.opcodeIndex = places[key]
    model.operatorCodes = kept
