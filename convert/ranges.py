"""The ranges of activations: seen on calibration lines, chosen by a method, put into a file.

int8 has 256 values for the whole range of an activation. The widest range that was ever seen
(min-max) cuts nothing off; a narrower one (percentile, MSE) cuts rare values off and gives all
others finer steps. TensorFlow's quantizer knows min-max alone, but takes what ranges the calibrated
file holds: here they are measured and replaced.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from convert import schema
from edge_runtime.runtimes import find_runtime

Method = Literal["min-max", "percentile", "mse"]
METHODS: Final = ("min-max", "percentile", "mse")
BINS: Final = 2048
OUTSIDE: Final = 5e-5
"""Share of values cut off at either end by ``percentile``: it keeps 99.99 %."""
MAX_TENSORS: Final = 256
"""With more activations than this no histograms are kept: an unrolled recurrence has thousands."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ranges:
    """What N activations were seen to be on L lines."""

    names: tuple[str, ...]
    tensors: npt.NDArray[np.int64]
    """(N,): the activations' numbers in the calibrated file."""
    low: Values
    """(L, N): smallest value on each line."""
    high: Values
    counts: npt.NDArray[np.int32]
    """(L, N, BINS): histogram between the smallest and the largest value of all lines; (L, N, 0)
    if there are too many activations."""

    def save(self, path: Path) -> None:
        """Write as ``.npz``."""
        np.savez_compressed(
            path,
            names=np.array(self.names),
            tensors=self.tensors,
            low=self.low,
            high=self.high,
            counts=self.counts,
        )

    @classmethod
    def load(cls, path: Path) -> "Ranges":
        """Read what ``save`` wrote."""
        with np.load(path) as file:
            names = tuple(str(name) for name in file["names"])
            return cls(names, file["tensors"], file["low"], file["high"], file["counts"])


def collect(
    calibrated: bytes, lines: Sequence[npt.NDArray[np.float32]], *, histograms: bool
) -> Ranges:
    """Run a calibrated, still float file on lines and look at every activation.

    Args:
        calibrated: from TensorFlow's calibrator: it marks the activations that have a range.
        lines: float32 (1, H, W, 1), of one or several widths.
        histograms: also how often each value occurs, which percentile and MSE need.
    """
    graph = schema.read(calibrated).subgraphs[0]
    numbers = [i for i, tensor in enumerate(graph.tensors) if _has_range(tensor)]
    names = tuple(_name(graph.tensors[i]) for i in numbers)
    ends = [_seen(calibrated, numbers, line, _ends) for line in lines]
    low, high = (np.array([[pair[k] for pair in line] for line in ends]) for k in (0, 1))
    counts = np.zeros((len(lines), len(numbers), 0), np.int32)
    if histograms and len(numbers) <= MAX_TENSORS:
        frames = list(zip(low.min(axis=0), high.max(axis=0), strict=True))

        def histogram(position: int, values: Any) -> Any:
            return np.histogram(values, BINS, frames[position])[0].astype(np.int32)

        counts = np.array([_seen(calibrated, numbers, line, histogram) for line in lines])
    return Ranges(names, np.array(numbers), low, high, counts)


def _has_range(tensor: Any) -> bool:
    quantization = tensor.quantization
    return quantization is not None and quantization.min is not None and len(quantization.min) > 0


def _name(tensor: Any) -> str:
    return tensor.name.decode() if isinstance(tensor.name, bytes) else str(tensor.name)


def _ends(_: int, values: Any) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _seen(calibrated: bytes, numbers: Sequence[int], line: Any, look: Any) -> list[Any]:
    """What ``look(position, values)`` says of each activation on one line."""
    interpreter = find_runtime().interpreter(calibrated, 1, plain=True)
    given = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(given, line.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given, line)
    interpreter.invoke()
    return [look(position, interpreter.get_tensor(i)) for position, i in enumerate(numbers)]


def choose(ranges: Ranges, method: Method, lines: int | None = None) -> tuple[Values, Values]:
    """The range of each activation.

    Args:
        ranges: as collected.
        method: how; ``min-max`` where no histograms were kept.
        lines: use the first so many lines alone, as if there were no others.

    Returns:
        float64 (N,) lower and (N,) upper ends.
    """
    low, high = ranges.low[:lines].min(axis=0), ranges.high[:lines].max(axis=0)
    if method == "min-max" or ranges.counts.shape[2] == 0:
        return low, high
    frames = (ranges.low.min(axis=0), ranges.high.max(axis=0))
    counts = ranges.counts[:lines].sum(axis=0)
    narrow = _percentile if method == "percentile" else _least_error
    for i in range(len(low)):
        edges = np.linspace(frames[0][i], frames[1][i], BINS + 1)
        low[i], high[i] = narrow(counts[i], edges, low[i], high[i])
    return low, high


def _percentile(counts: Any, edges: Values, low: float, high: float) -> tuple[float, float]:
    share = np.cumsum(counts) / max(1, counts.sum())
    first, last = np.searchsorted(share, (OUTSIDE, 1 - OUTSIDE))
    # Zero is where most values of a ReLU are: it stays representable in any case.
    return max(low, min(0.0, float(edges[first]))), min(high, float(edges[min(last + 1, BINS)]))


def _least_error(counts: Any, edges: Values, low: float, high: float) -> tuple[float, float]:
    """The range, of 60 that shrink evenly, with the least mean square error of 256 values."""
    centres = (edges[:-1] + edges[1:]) / 2
    # Exact zeros, which a ReLU makes in plenty, cost nothing: int8 always represents zero.
    weights = np.where((edges[:-1] <= 0) & (edges[1:] >= 0), 0, counts)
    best, found = np.inf, (low, high)
    for share in np.linspace(0.4, 1.0, 61):
        bottom, top = low * share, high * share
        cut = np.clip(centres, bottom, top) - centres
        step = (max(top, 0.0) - min(bottom, 0.0)) / 255
        error = float((weights * np.where(cut == 0, step**2 / 12, cut**2)).sum())
        if error < best:
            best, found = error, (bottom, top)
    return found


def put_in(calibrated: bytes, ranges: Ranges, low: Values, high: Values) -> bytes:
    """The calibrated file with these ranges."""
    model = schema.read(calibrated)
    for number, bottom, top in zip(ranges.tensors, low, high, strict=True):
        quantization = model.subgraphs[0].tensors[number].quantization
        quantization.min, quantization.max = [float(bottom)], [float(top)]
    return schema.write(model)
