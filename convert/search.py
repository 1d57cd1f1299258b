"""Finds out what each layer's quantization costs, and keeps the worst in higher precision.

An int8 convolution can stay float32, a piece of the head float16. Both are tried on real lines of
the training part that were not calibrated on, against what Keras reads there. Layers are ranked by
the logit error that each causes when it alone is quantized: it is smooth, where the CER of a few
hundred lines moves in steps of chance.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from convert import schema
from convert.export import quantize
from convert.join import join
from convert.lines import Line, fetch
from convert.parity import Parity, compare
from convert.precision import Quantization
from convert.ranges import METHODS, Method, Ranges, choose
from edge_runtime.card import Card
from edge_runtime.charset import Charset
from edge_runtime.interpreter import open_network

HIGHER: Final[Quantization] = "float16"
"""What a piece of the head is stored in when int8 weights cost too much."""
SIZES: Final = (8, 32)
"""Numbers of calibration lines that are compared with all of them."""


@dataclass(frozen=True)
class SearchJob:
    """What there is to choose from, all of it made by ``export``."""

    calibrated: Path
    """The convolutions, float, with ranges."""
    ranges: Path
    pieces: dict[str, dict[Quantization, Path]]
    """Each piece of the head in int8 ("dynamic") and in ``HIGHER``, in order."""
    layers: tuple[str, ...]
    """Keras' layers with weights, to name what is found."""
    card: Card
    symbols: str
    lines: tuple[Line, ...]
    keras: Path
    """Stored logits of Keras on these lines."""
    method: Method | None
    """How ranges are chosen; None: the method that does best on these lines."""
    limit: float
    """Accepted rise of the CER, as a fraction."""
    study: bool
    """Measure every layer and compare calibrations, also where the limit holds anyway."""
    target: Path
    """Where the network goes."""


@dataclass(frozen=True)
class Cost:
    """What one choice costs on the lines of the search."""

    logit_error: float
    drift: float
    """Edits to Keras' reading per character of it."""
    cer_loss: float | None
    """Rise of the CER, as a fraction; None without labels."""

    @property
    def loss(self) -> float:
        """What the limit is compared with."""
        return self.drift if self.cer_loss is None else self.cer_loss


@dataclass
class Found:
    """What a search found out."""

    method: Method
    lines: int
    everything: Cost
    """With every layer quantized."""
    chosen: Cost
    """As it was written."""
    kept: list[str] = field(default_factory=list)
    """Layers that stay in higher precision, in the order of their cost."""
    layers: dict[str, Cost] = field(default_factory=dict)
    """Each layer when it alone is quantized."""
    calibration: list[dict[str, Any]] = field(default_factory=list)
    """Cost of each method with each number of lines."""
    activations: list[dict[str, Any]] = field(default_factory=list)
    """The range of each activation by each method."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def search(job: SearchJob) -> Found:
    """Choose, and write the network to ``job.target``; for a child process."""
    trial = _Trial(job)
    method = job.method or "min-max"
    calibration = []
    if job.study or job.method is None:
        calibration = trial.compare_calibrations()
        if job.method is None:
            full = [row for row in calibration if row["lines"] == trial.available]
            method = min(full, key=lambda row: row["logit_error"])["method"]
    trial.method = method
    everything = trial.cost(frozenset())
    found = Found(method, len(job.lines), everything, everything, calibration=calibration)
    found.activations = trial.activations()
    if job.study or everything.loss > job.limit:
        names = list(trial.names)
        found.layers = {name: trial.cost(frozenset(names) - {name}) for name in names}
        found.kept, found.chosen = _fall_back(trial, found.layers, everything, job.limit)
    job.target.write_bytes(trial.network(frozenset(found.kept)))
    return found


def _fall_back(
    trial: "_Trial", layers: dict[str, Cost], everything: Cost, limit: float
) -> tuple[list[str], Cost]:
    """The fewest of the worst layers in higher precision with which the limit holds."""
    kept: list[str] = []
    cost = everything
    ranked = sorted(layers, key=lambda name: -layers[name].logit_error)
    for name in ranked:
        if cost.loss <= limit:
            break
        kept.append(name)
        cost = trial.cost(frozenset(kept))
    for name in kept[:-1]:  # perhaps the later ones alone were enough
        fewer = [one for one in kept if one != name]
        without = trial.cost(frozenset(fewer))
        if cost.loss <= limit and without.loss <= limit:
            kept, cost = fewer, without
    return kept, cost


class _Trial:
    """Builds and measures networks with some layers in higher precision."""

    def __init__(self, job: SearchJob) -> None:
        self._job = job
        self._calibrated = job.calibrated.read_bytes()
        self._ranges = Ranges.load(job.ranges)
        self._keras = fetch(job.keras)
        self._charset = Charset(job.symbols)
        self._tensors = tensors_by_layer(self._calibrated, job.layers)
        self.method: Method = "min-max"

    @property
    def names(self) -> Iterable[str]:
        """Layers that can be quantized or not: of the convolutions, then pieces of the head."""
        return (*self._tensors, *self._job.pieces)

    @property
    def available(self) -> int:
        """Calibration lines."""
        return len(self._ranges.low)

    def network(self, kept: frozenset[str], lines: int | None = None) -> bytes:
        """The joined network with these layers in higher precision."""
        floats = frozenset(t for name in kept for t in self._tensors.get(name, ()))
        first = quantize(self._calibrated, self._ranges, self.method, lines=lines, floats=floats)
        rest = [
            files[HIGHER if name in kept else "dynamic"].read_bytes()
            for name, files in self._job.pieces.items()
        ]
        return join([first, *rest])

    def cost(self, kept: frozenset[str], lines: int | None = None) -> Cost:
        """What the network costs on the lines of the search."""
        opened = open_network(self.network(kept, lines), self._job.card, threads=1)
        logits = [opened.run(line.ink) for line in self._job.lines]
        parity: Parity = compare(self._job.lines, self._keras, logits, self._charset)
        return Cost(parity.logit_error, parity.drift, parity.cer_loss)

    def compare_calibrations(self) -> list[dict[str, Any]]:
        """Cost of each method with a few, some and all calibration lines."""
        rows = []
        for lines in (*(size for size in SIZES if size < self.available), self.available):
            for self.method in METHODS:
                cost = self.cost(frozenset(), lines)
                rows.append({"lines": lines, "method": self.method, **asdict(cost)})
        return rows

    def activations(self) -> list[dict[str, Any]]:
        """The range of each activation by each method, for the report."""
        if self._ranges.counts.shape[2] == 0:
            return []
        chosen = {method: choose(self._ranges, method) for method in METHODS}
        return [
            {
                "name": short_name(name, self._job.layers),
                **{m: [float(np.round(end[i], 4)) for end in chosen[m]] for m in METHODS},
            }
            for i, name in enumerate(self._ranges.names)
        ]


def tensors_by_layer(calibrated: bytes, layers: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """What each Keras layer's operators make, by the names of the tensors."""
    graph = schema.read(calibrated).subgraphs[0]
    found: dict[str, tuple[str, ...]] = {}
    for operator in graph.operators:
        tensor = graph.tensors[operator.outputs[0]].name.decode()
        name = short_name(tensor, layers)
        found[name] = (*found.get(name, ()), tensor)
    return found


def short_name(tensor: str, layers: Iterable[str]) -> str:
    """The Keras layer that a tensor's long name speaks of, else the name's first part.

    TensorFlow writes ``stem_1/conv_1/convolution``: a number behind each name of Keras.
    """
    words = [word for word in tensor.replace(";", "/").split("/") if word]
    numbered = {word.rpartition("_")[0] for word in words if word.rpartition("_")[2].isdigit()}
    for names in (numbered, set(words)):
        found = next((layer for layer in layers if layer in names), None)
        if found is not None:
            return found
    return words[0]
