"""Time by operator and by part of the network.

None of the TFLite runtimes shows its profiler to Python. So the network is cut after each operator
of its main graph, each cut is timed as a network of its own, and an operator's time is what the
longer cut takes more. The delegate works on each cut as it does on the whole, but may join
operators across a cut differently; the figures rank parts, they are no clock of single kernels.
"""

from collections.abc import Callable, Sequence
from struct import pack_into
from time import perf_counter
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edge_runtime.errors import InferenceError
from edge_runtime.flatbuffer import Reader, Table
from edge_runtime.native_log import quiet_native_log
from edge_runtime.network_file import IDENTIFIER, NetworkFile, Operator
from edge_runtime.runtimes import Runtime

MOST_CUTS: Final = 64
"""An unrolled network has hundreds of operators: so many cuts are spread over it."""
_WARM_UP: Final = 2
_TIMED: Final = 12
_TURNS: Final = 2
_CONVOLUTIONS: Final = ("CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "AVERAGE_POOL_2D")
_RECURRENT: Final = (
    "WHILE",
    "UNIDIRECTIONAL_SEQUENCE_LSTM",
    "BIDIRECTIONAL_SEQUENCE_LSTM",
    "UNIDIRECTIONAL_SEQUENCE_RNN",
)


def cut(network: bytes, operators: int) -> bytes:
    """The network that ends after its first ``operators`` operators.

    The file stays as it is but for three numbers: how many operators run, and which one tensor is
    the output.

    Raises:
        BundleError: the file is damaged.
        InferenceError: the file cannot be cut there.
    """
    graph = next(Reader(network, IDENTIFIER).root().tables(2))
    file = NetworkFile.parse(network).main
    if not 1 <= operators <= len(file.operators):
        raise InferenceError(f"cannot cut after operator {operators} of {len(file.operators)}")
    shorter = bytearray(network)
    outputs, count = _vector(graph, 2), _vector(graph, 3)
    pack_into("<I", shorter, count, operators)
    pack_into("<I", shorter, outputs, 1)
    pack_into("<i", shorter, outputs + 4, file.operators[operators - 1].outputs[0])
    return bytes(shorter)


def _vector(table: Table, field: int) -> int:
    """Byte position of a vector's length."""
    position = table.field(field)
    if position is None:
        raise InferenceError("the network has no operators or no output")
    return table.reader.offset(position)


def profile(
    network: bytes,
    width: int,
    runtime: Runtime,
    threads: int,
    clock: Callable[[], float] = perf_counter,
) -> dict[str, Any]:
    """Time every operator of the main graph, or groups of them where there are many.

    Args:
        network: the flatbuffer.
        width: of the line, pixels; what the network takes.
        runtime: the TFLite runtime.
        threads: threads per inference.
        clock: seconds, for tests.

    Returns:
        ``method``, ``width``, ``total_ms``, ``operators`` (index of the last one, name, ms) in the
        order of the network, and ``parts`` and ``by_operator`` (name to ms), largest first.

    Raises:
        InferenceError: the runtime cannot run a cut.
    """
    operators = NetworkFile.parse(network).main.operators
    ends = _ends(operators)
    best = np.full(len(ends), np.inf)
    for _ in range(_TURNS):  # in turns: a disturbance does not fall on one cut alone
        for i, end in enumerate(ends):
            best[i] = min(best[i], _fastest(cut(network, end), width, runtime, threads, clock))
    # A longer network is never faster: what looks so is noise, and would give negative times.
    until = np.minimum.accumulate(best[::-1])[::-1]
    took = np.diff(until, prepend=0.0)
    parts = _parts(operators)
    rows = [
        {"index": end - 1, "name": operators[end - 1].name, "part": parts[end - 1], "ms": float(ms)}
        for end, ms in zip(ends, took, strict=True)
    ]
    return {
        "method": "network cut after each operator, differences of the fastest of"
        f" {_TIMED * _TURNS} runs; no TFLite runtime has a profiler for Python",
        "width": width,
        "total_ms": float(until[-1]),
        "operators": rows,
        "parts": _sums(rows, "part"),
        "by_operator": _sums(rows, "name"),
    }


def _ends(operators: Sequence[Operator]) -> list[int]:
    """After how many operators the network is cut, the whole of it last."""
    every = range(1, len(operators) + 1)
    if len(every) <= MOST_CUTS:
        return list(every)
    parts = _parts(operators)
    borders = {i for i in range(1, len(parts)) if parts[i] != parts[i - 1]}
    spread = np.linspace(1, len(operators), MOST_CUTS - len(borders)).round().astype(int)
    return sorted(borders | set(spread.tolist()))


def _parts(operators: Sequence[Operator]) -> list[str]:
    """The part that each operator belongs to: convolutions, recurrence, or what is behind."""
    names = [operator.name for operator in operators]
    loops = [i for i, name in enumerate(names) if name in _RECURRENT]
    before = loops[0] if loops else len(names)
    convolved = max((i for i in range(before) if names[i] in _CONVOLUTIONS), default=-1)
    last = loops[-1] if loops else convolved
    return [
        "convolutions" if i <= convolved else "recurrence" if i <= last else "head"
        for i in range(len(names))
    ]


def _sums(rows: Sequence[dict[str, Any]], key: str) -> dict[str, float]:
    sums: dict[str, float] = {}
    for row in rows:
        sums[row[key]] = sums.get(row[key], 0.0) + row["ms"]
    return dict(sorted(sums.items(), key=lambda item: -item[1]))


def _fastest(
    network: bytes, width: int, runtime: Runtime, threads: int, clock: Callable[[], float]
) -> float:
    """Milliseconds of the fastest run of one cut."""
    try:
        with quiet_native_log():
            interpreter = runtime.interpreter(network, threads)
            entry = interpreter.get_input_details()[0]
            shape = [1, int(entry["shape"][1]), width, 1]
            if list(entry["shape"]) != shape:
                interpreter.resize_tensor_input(entry["index"], shape)
            interpreter.allocate_tensors()
        interpreter.set_tensor(entry["index"], _grey(shape, entry["dtype"]))
        for _ in range(_WARM_UP):
            interpreter.invoke()
        fastest = np.inf
        for _ in range(_TIMED):
            start = clock()
            interpreter.invoke()
            fastest = min(fastest, clock() - start)
    except (ValueError, RuntimeError) as error:
        raise InferenceError(f"{runtime.name} cannot run a part of this network: {error}") from None
    return float(fastest) * 1e3


def _grey(shape: Sequence[int], kind: Any) -> npt.NDArray[Any]:
    """Something else than zeros: some kernels are faster with those."""
    values = np.linspace(0, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)
    return values if kind == np.float32 else (values * 100).astype(kind)
