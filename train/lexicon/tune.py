"""Learns the weights of a lexicon on lines that neither network nor report has seen.

    python -m train.lexicon.tune MODEL --lexicon FILE -o weights.toml \\
        --lines data/kalapa/training_data:dev-lines --lines data/cinnamon/train:dev-lines \\
        --free prose/

Each weight is moved up and down as long as fewer errors are expected, a few rounds with ever
smaller steps. Free text must only not get worse than the network reads it.
"""

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
import numpy as np

from edge_runtime.atomic import write_atomically
from edge_runtime.beam import BeamSettings, beam_search
from edge_runtime.bundle import Bundle
from edge_runtime.charset import Charset
from edge_runtime.ctc import Logits, greedy
from edge_runtime.decoder import Decoder
from edge_runtime.lexicon import Lexicon
from edge_runtime.lexicon_meta import Weights
from edge_runtime.metrics import edit_distance
from train.lexicon.lines import Lines, parse_sets

STEPS: dict[str, float] = {
    "scale": 0.12, "bonus": 0.4, "typed": 0.15, "other_kind": 0.05, "bare_district": 0.05,
}  # fmt: skip
"""First step of a weight; of those not named here 0.8."""
BOUNDS = {"scale": (0.1, 2.0), "typed": (0.02, 0.98), "other_kind": (0.001, 1.0),
          "bare_district": (0.0, 1.0), "free": (2.0, 30.0)}  # fmt: skip
FIXED = ("small", "capital", "inner_capital", "inner_small", "comma", "style")
"""Left alone: learnt on addresses, the weights of case cost free text 0.4 points of CER."""
FREE_WEIGHT, FREE_TOLERANCE = 1.0, 0.1
"""What a point of CER above the network's weighs on free text, and how much of it is no matter."""


@cache
def _distance(reference: str, reading: str) -> int:
    return edit_distance(reference, reading)


def count_errors(decoder: Decoder, lines: Sequence[tuple[str, Logits]]) -> tuple[float, float]:
    """Edits of the best texts, and those to be expected over all texts in the beam."""
    counted = expected = 0.0
    for label, logits in lines:
        found = beam_search(logits[::-1], decoder.charset.blank, decoder.model, BeamSettings())
        scores = np.array([hypothesis.score for hypothesis in found])
        shares = np.exp(scores - scores.max())
        texts = (decoder.charset.decode(h.symbols[::-1]) for h in found)
        edits = np.array([_distance(label, " ".join(text.split())) for text in texts])
        counted += float(edits[0])
        expected += float(shares @ edits) / float(shares.sum())
    return counted, expected


_SHARED: dict[str, Any] = {}
"""What the worker processes inherit."""


def _errors(task: tuple[Weights, str, int, int]) -> tuple[float, float]:
    weights, name, start, end = task
    lexicon = _SHARED["lexicon"]
    decoder = Decoder(
        _SHARED["charset"], replace(lexicon, meta=replace(lexicon.meta, weights=weights))
    )
    return count_errors(decoder, _SHARED["sets"][name][start:end])


class Objective:
    """Expected errors in percent of the characters, over all sets of lines."""

    def __init__(
        self, charset: Charset, lexicon: Lexicon, sets: dict[str, Lines], workers: int
    ) -> None:
        """Sets whose name begins with ``free`` must only not get worse."""
        _SHARED.update(charset=charset, lexicon=lexicon, sets=sets)
        self._sizes = {name: len(lines) for name, lines in sets.items()}
        self._letters = {name: sum(len(t) for t, _ in lines) for name, lines in sets.items()}
        self._network = {
            name: sum(_distance(t, greedy(x, charset).text) for t, x in lines)
            for name, lines in sets.items()
        }
        self._pool = ProcessPoolExecutor(workers, get_context("fork"))
        self._workers = workers
        self.percent: dict[str, float] = {}
        """Of each set, when it was last asked."""

    def close(self) -> None:
        """End the processes."""
        self._pool.shutdown(cancel_futures=True)

    def __call__(self, weights: Weights) -> float:
        """What is to be made small."""
        tasks = [
            (weights, name, start, min(start + 20, size))
            for name, size in self._sizes.items()
            for start in range(0, size, 20)
        ]
        totals = dict.fromkeys(self._sizes, 0.0)
        for task, errors in zip(tasks, self._pool.map(_errors, tasks), strict=True):
            # Half of each: small moves are seen, and a narrow wrong first place still counts.
            free = task[1].startswith("free")
            totals[task[1]] += errors[0] if free else 0.5 * sum(errors)
        self.percent = {name: 100 * totals[name] / self._letters[name] for name in totals}
        return sum(self._cost(name) for name in totals)

    def _cost(self, name: str) -> float:
        if not name.startswith("free"):
            return self.percent[name]
        network = 100 * self._network[name] / self._letters[name]
        return FREE_WEIGHT * max(0.0, self.percent[name] - network - FREE_TOLERANCE)


def moves(weights: Weights, shrink: float) -> Iterator[tuple[str, int, float]]:
    """Every number among the weights that is learnt, and its step."""
    for name, value in asdict(weights).items():
        if name in FIXED:
            continue
        step = STEPS.get(name, 0.8) * shrink
        for index in range(len(value) if isinstance(value, tuple) else 1):
            yield name, index, step


def moved(weights: Weights, name: str, index: int, step: float) -> Weights:
    """Weights with one number changed, within its bounds."""
    low, high = BOUNDS.get(name, (-20.0, 20.0))
    value = getattr(weights, name)
    numbers = list(value) if isinstance(value, tuple) else [value]
    numbers[index] = round(min(high, max(low, numbers[index] + step)), 4)
    change: dict[str, Any] = {name: tuple(numbers) if isinstance(value, tuple) else numbers[0]}
    return replace(weights, **change)


def search(objective: Objective, weights: Weights, rounds: int) -> Weights:
    """Coordinate descent; every improvement is told on stderr."""
    best = objective(weights)
    click.echo(f"{best:.4f} {_shown(objective)}", err=True)
    for shrink in 0.5 ** np.arange(rounds):
        for name, index, step in moves(weights, float(shrink)):
            for direction in (step, -step):
                candidate = moved(weights, name, index, direction)
                improved = False
                while candidate != weights and (cost := objective(candidate)) < best - 1e-4:
                    weights, best, improved = candidate, cost, True
                    click.echo(f"{best:.4f} {name}[{index}] {_shown(objective)}", err=True)
                    candidate = moved(weights, name, index, direction)
                if improved:
                    break
    return weights


def _shown(objective: Objective) -> str:
    return "  ".join(f"{name} {percent:.2f}" for name, percent in objective.percent.items())


def as_toml(weights: Weights, comment: str) -> str:
    """Weights as ``read_weights`` reads them."""
    rows = [f"{name} = {json.dumps(value)}" for name, value in asdict(weights).items()]
    return f"# {comment}\n" + "\n".join(rows) + "\n"


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--lexicon", required=True, type=click.Path(path_type=Path))
@click.option("--lines", "lines", multiple=True, required=True, metavar="DIR:PART")
@click.option("--free", multiple=True, metavar="DIR", help="Lines that are no addresses.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--workers", default=os.cpu_count() or 1, show_default=True)
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path))
def main(
    model: Path,
    lexicon: Path,
    lines: tuple[str, ...],
    free: tuple[str, ...],
    rounds: int,
    workers: int,
    out: Path,
) -> None:
    """Learn the weights of a lexicon for MODEL."""
    opened = Lexicon.open(lexicon)
    sets = parse_sets(model, lines)
    for name, read in parse_sets(model, [f"{folder}:all" for folder in free]).items():
        sets[f"free:{name}"] = read
    charset = Bundle.open(model).charset
    objective = Objective(charset, opened, sets, workers)
    try:
        weights = search(objective, opened.meta.weights, rounds)
    finally:
        objective.close()
    name = f"Learnt by train/lexicon/tune.py with {model.name} on {', '.join(sets)}."
    write_atomically(out, as_toml(weights, name))


if __name__ == "__main__":
    main()
