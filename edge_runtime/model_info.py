"""What is inside a model file, as plain values: card, operators, tensors, work, size by part."""

from collections import Counter
from typing import Any

from edge_runtime.bundle import CHARSET, LEXICON, Bundle
from edge_runtime.interpreter import padded_width
from edge_runtime.macs import count_macs
from edge_runtime.network_file import NetworkFile, Tensor
from edge_runtime.runtimes import find_runtime


def describe(
    bundle: Bundle, *, width: int | None = None, runtime: str | None = None
) -> dict[str, Any]:
    """Everything that ``edge-htr info`` shows.

    Args:
        bundle: an opened model.
        width: the line width to count the work for, pixels; by default the widest.
        runtime: the TFLite runtime that says the shapes.

    Raises:
        RuntimeMissingError: no usable TFLite runtime.
        InferenceError: the runtime cannot run the network.
    """
    file = NetworkFile.parse(bundle.network)
    wanted = padded_width(bundle.card, width or bundle.card.max_width)
    macs = count_macs(bundle.network, wanted, find_runtime(runtime))
    return {
        "path": str(bundle.path),
        "bytes": bundle.file_bytes,
        "card": bundle.card.as_dict(),
        "symbols": len(bundle.charset),
        "min_runtime_version": file.min_runtime,
        "input": _tensor(file.single_input()),
        "output": _tensor(file.single_output()),
        "operators": operator_counts(file),
        "custom_operators": sorted(_custom(file)),
        "tensors": tensor_counts(file),
        "macs": {"width": macs.width, "total": macs.total, "by_operator": macs.by_operator},
        "size_by_part": size_parts(bundle, file),
    }


def operator_counts(file: NetworkFile) -> dict[str, int]:
    """How often each operator stands in the file, loop bodies included; most first."""
    names = Counter(op.name for graph in file.subgraphs for op in graph.operators)
    return dict(names.most_common())


def tensor_counts(file: NetworkFile) -> dict[str, int]:
    """Number of tensors by number format, and how many of all are constants."""
    tensors = [tensor for graph in file.subgraphs for tensor in graph.tensors]
    formats = Counter(tensor.dtype for tensor in tensors)
    constants = sum(1 for tensor in tensors if tensor.constant_bytes)
    return {"all": len(tensors), "constant": constants, **dict(formats.most_common())}


def size_parts(bundle: Bundle, file: NetworkFile) -> dict[str, int]:
    """Bytes of the file by what they are for; they add up to the file's size.

    Weights are counted for the first operator that uses them, once each.
    """
    parts: Counter[str] = Counter()
    seen: set[int] = set()
    for graph in file.subgraphs:
        for operator in graph.operators:
            for index in operator.inputs:
                tensor = graph.tensors[index] if index >= 0 else None
                if tensor and tensor.constant_bytes and tensor.buffer not in seen:
                    seen.add(tensor.buffer)
                    parts[f"{operator.name} {tensor.dtype}"] += tensor.constant_bytes
    parts["structure"] = len(bundle.network) - sum(parts.values())
    parts[CHARSET] = len(bundle.charset.symbols.encode("utf-8"))
    if bundle.lexicon is not None:
        parts[LEXICON] = len(bundle.lexicon)
    parts["card and archive"] = bundle.file_bytes - sum(parts.values())
    return dict(parts.most_common())


def _custom(file: NetworkFile) -> set[str]:
    return {op.name for graph in file.subgraphs for op in graph.operators if op.custom}


def _tensor(tensor: Tensor) -> dict[str, Any]:
    return {"name": tensor.name, "shape": list(tensor.signature), "dtype": tensor.dtype}
