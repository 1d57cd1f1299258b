"""Runs a network on one line: ink picture in, logits per time step out.

There is one interpreter; its input is resized when the width of the lines changes, or a fresh one
is made where the runtime cannot do that. Holding several interpreters of different widths was
measured and left out: a resize costs about 0.7 ms where the inference takes 3 (a fresh interpreter
4 of 40), and every further one holds its own copy of the packed weights, for which a board with
512 MB has better uses.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.card import Card
from edge_runtime.errors import InferenceError
from edge_runtime.native_log import quiet_native_log
from edge_runtime.runtimes import Runtime, find_runtime

Ink = npt.NDArray[np.uint8]
Logits = npt.NDArray[np.float32]

MAX_THREADS: Final = 64
DEFAULT_THREADS: Final = 4
"""Cores of the boards this is for; more threads than that do not pay for one line."""

_QUANTIZED: Final = (np.uint8, np.int8, np.int16)


def open_network(
    network: bytes, card: Card, *, threads: int | None = None, runtime: str | None = None
) -> "Network":
    """Load a network.

    Args:
        network: the flatbuffer; ``Bundle`` has verified it.
        card: widths, layout and time stride of the network.
        threads: threads per inference; by default one per core, four at most.
        runtime: name of the TFLite runtime, by default the best that is installed.

    Raises:
        RuntimeMissingError: no usable runtime.
        InferenceError: the runtime refuses the network.
    """
    return Network(network, card, find_runtime(runtime), default_threads(threads))


def default_threads(threads: int | None = None) -> int:
    """The number of threads asked for, or one per usable core, four at most.

    Raises:
        InferenceError: not between 1 and 64.
    """
    if threads is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return min(DEFAULT_THREADS, cores or 1)
    if not 1 <= threads <= MAX_THREADS:
        raise InferenceError(f"{threads} threads: give a number from 1 to {MAX_THREADS}")
    return threads


class Network:
    """A network that is ready to run.

    Safe to share between threads: runs take turns. Threads that are to run at the same time need a
    network each.
    """

    def __init__(self, network: bytes, card: Card, runtime: Runtime, threads: int) -> None:
        """Load the network; see ``open_network``."""
        self.card = card
        self.runtime = runtime
        self.threads = threads
        self._lock = Lock()
        self._width = 0  # of the allocated input, 0 before the first run
        self._resized = False
        self._network = network
        with _translated(runtime, "cannot load this network"), quiet_native_log():
            interpreter = runtime.interpreter(network, threads)
            self._input = interpreter.get_input_details()[0]
            self._output = interpreter.get_output_details()[0]
        self._interpreter: Any = interpreter
        self._table = _input_table(self._input)

    @property
    def height(self) -> int:
        """Rows the network takes, pixels."""
        return int(self._input["shape"][1])

    def run(self, ink: Ink) -> Logits:
        """Run the network on one line.

        Args:
            ink: uint8 (H, W), white ink on black; wider than the card's ``max_width`` is squeezed.

        Returns:
            float32 (T, C + 1) logits of the time steps that belong to the line, not to its padding.

        Raises:
            InferenceError: the picture does not fit the network, or the runtime fails.
        """
        if ink.dtype != np.uint8 or ink.ndim != 2 or ink.shape[0] != self.height or not ink.size:
            raise InferenceError(
                f"the network takes uint8 ({self.height}, W), not {ink.dtype} {ink.shape}"
            )
        line = squeeze(ink, self.card.max_width)
        with self._lock:
            logits = self._invoke(self._padded(line))
        steps = -(-line.shape[1] // self.card.time_stride)
        return logits[: max(1, min(steps, len(logits)))]

    def _padded(self, line: Ink) -> npt.NDArray[np.generic]:
        """The network's input (1, H, W, 1): black on the right, in the input's number format."""
        canvas = np.zeros((line.shape[0], padded_width(self.card, line.shape[1])), np.uint8)
        canvas[:, : line.shape[1]] = line
        return np.asarray(self._table[canvas][None, :, :, None])

    def _invoke(self, batch: npt.NDArray[np.generic]) -> Logits:
        width, stride = batch.shape[2], self.card.time_stride
        with _translated(self.runtime, f"failed at width {width}"):
            interpreter = self._allocated(batch.shape)
            interpreter.set_tensor(self._input["index"], batch)
            interpreter.invoke()
            output = interpreter.get_tensor(self._output["index"])
        if output.ndim != 3 or abs(output.shape[1] * stride - width) > 2 * stride:
            raise InferenceError(f"the network gave {output.shape} for a width of {width} pixels")
        self._interpreter, self._width = interpreter, width
        return _dequantized(output[0], self._output)

    def _allocated(self, shape: tuple[int, ...]) -> Any:
        """An interpreter whose input has this shape: as it is, resized, or a new one."""
        # Nothing is kept until it has worked: after a failure an interpreter is not to be trusted.
        interpreter, self._interpreter = self._interpreter, None
        if interpreter is not None and shape[2] == self._width:
            return interpreter
        with quiet_native_log():
            if interpreter is None or (self._width and not self.runtime.resizes):
                interpreter = self.runtime.interpreter(self._network, self.threads)
            if self.card.layout == "dynamic":
                interpreter.resize_tensor_input(self._input["index"], list(shape))
            interpreter.allocate_tensors()
        return interpreter


def padded_width(card: Card, width: int) -> int:
    """Width of the network's input for a line of ``width`` pixels."""
    if card.layout == "fixed":
        return card.max_width
    padded = -(-width // card.width_multiple) * card.width_multiple
    return min(max(padded, card.min_width), card.max_width)


def squeeze(ink: Ink, max_width: int) -> Ink:
    """Narrow a line that is wider than the network can take; others are returned as they are."""
    if ink.shape[1] <= max_width:
        return ink
    size = (max_width, ink.shape[0])
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8)


def _input_table(details: dict[str, Any]) -> npt.NDArray[np.generic]:
    """What each ink value 0 to 255 becomes in the network's number format.

    Raises:
        InferenceError: a number format this program cannot feed.
    """
    values = np.arange(256, dtype=np.float32) / 255.0
    kind = details["dtype"]
    if kind == np.float32:
        return values
    scale, zero = details["quantization"]
    if kind not in _QUANTIZED or not scale > 0:
        raise InferenceError(f"the network's input is {np.dtype(kind)} without a scale")
    limits = np.iinfo(kind)
    return np.asarray(np.clip(np.round(values / scale) + zero, limits.min, limits.max), kind)


def _dequantized(output: npt.NDArray[Any], details: dict[str, Any]) -> Logits:
    """Logits as float32, whatever the network's number format."""
    if output.dtype == np.float32:
        return np.asarray(output, np.float32)
    scale, zero = details["quantization"]
    if output.dtype not in _QUANTIZED or not scale > 0:
        raise InferenceError(f"the network's output is {output.dtype} without a scale")
    return np.asarray((output.astype(np.float32) - np.float32(zero)) * np.float32(scale))


@contextmanager
def _translated(runtime: Runtime, what: str) -> Iterator[None]:
    """Turn what a runtime raises into an InferenceError of one line."""
    try:
        yield
    except (ValueError, RuntimeError, TypeError, SystemError, IndexError) as error:
        reason = " ".join(str(error).split())[:300]
        raise InferenceError(f"{runtime.name} {runtime.version} {what}: {reason}") from error
    except MemoryError as error:
        raise InferenceError(f"{runtime.name} {runtime.version} {what}: out of memory") from error
