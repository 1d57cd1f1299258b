"""Which operators a .tflite file uses; refuses all that a plain TFLite runtime does not have."""

from collections import Counter
from typing import Any

from convert import schema
from edge_runtime.errors import ConversionError


def list_operators(data: bytes) -> Counter[str]:
    """Number of uses of each operator in all subgraphs, loops included.

    Args:
        data: a .tflite file.

    Raises:
        ConversionError: the bytes are no TFLite flatbuffer.
    """
    return count_operators(schema.read(data))


def count_operators(model: schema.Model) -> Counter[str]:
    """The same for a file that has been read already."""
    names = [schema.operator_name(code) for code in model.operatorCodes]
    return Counter(names[o.opcodeIndex] for graph in model.subgraphs for o in graph.operators)


def refuse_foreign(model: schema.Model) -> None:
    """Let only builtin operators pass.

    Raises:
        ConversionError: a custom or Select TF operator is used; named with the tensor it makes.
    """
    foreign = {
        i: schema.operator_name(code)
        for i, code in enumerate(model.operatorCodes)
        if code.customCode
    }
    for graph in model.subgraphs:
        for operator in graph.operators:
            if operator.opcodeIndex in foreign:
                raise ConversionError(
                    f"operator {foreign[operator.opcodeIndex]} (makes {_output(graph, operator)})"
                    " is not a TFLite builtin: no device could run the file"
                )


def refuse_crashing(model: schema.Model) -> None:
    """Let no int8 dense layer pass that has a scale per channel.

    tflite-runtime 2.14 crashes on one on ARM, where no message would tell why.

    Raises:
        ConversionError: there is one.
    """
    for graph in model.subgraphs:
        for operator in graph.operators:
            name = schema.operator_name(model.operatorCodes[operator.opcodeIndex])
            if name != "FULLY_CONNECTED":
                continue
            quantization = graph.tensors[operator.inputs[1]].quantization
            if quantization is not None and _scales(quantization) > 1:
                raise ConversionError(
                    f"the dense layer that makes {_output(graph, operator)} has a scale per"
                    " channel, which crashes older runtimes: use another version of TensorFlow"
                )


def _scales(quantization: Any) -> int:
    return 0 if quantization.scale is None else len(quantization.scale)


def _output(graph: Any, operator: Any) -> str:
    name = graph.tensors[operator.outputs[0]].name
    return name.decode() if isinstance(name, bytes) else str(name or "an unnamed tensor")
