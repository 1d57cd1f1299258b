"""CTC prefix beam search with an optional language model.

A prefix is a text that the network may have written up to a time step. Its mass is the probability
of all alignments that give it (Hannun et al., arXiv:1408.2873), times the language model's
probability of the text. Plain Python is faster than numpy here: most time steps leave one or two
classes and a few prefixes worth a look, and the work follows that, where an array operation costs
the same whatever it holds.
"""

import math
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from edge_runtime.ctc import Logits, softmax

States = Any
"""What a language model remembers of a text."""
Candidates = list[tuple[int, float]]
_TINY: Final = 1e-30


class LanguageModel(Protocol):
    """Scores texts symbol by symbol. Costs are negative log probabilities in nats."""

    def start(self) -> States:
        """What is remembered of the empty text."""

    def advance(self, before: States, symbol: int) -> tuple[States, float] | None:
        """What is remembered with one more symbol, and its cost; None where it cannot follow."""

    def expects(self, before: States, symbol: int) -> bool:
        """Whether the symbol is among the few that are likely next."""

    def end_cost(self, before: States) -> float:
        """Cost of the text's ending here, beside that of its symbols."""


@dataclass(frozen=True)
class BeamSettings:
    """How much is looked at. The defaults lose nothing against a search ten times as wide."""

    width: int = 16
    """Prefixes kept after each time step."""
    margin: float = 9.0
    """Prefixes this many nats behind the best are dropped."""
    reach: float = 8.0
    """A prefix gets a new symbol only if that leaves it no further behind, before its cost."""
    floor: float = 1e-3
    """Classes below this probability are not looked at in a time step, unless"""
    last_floor: float = 1e-6
    """they are above this one and the language model expects them"""
    expecting: int = 4
    """after one of the best prefixes, this many."""


@dataclass(frozen=True)
class Hypothesis:
    """One text that the network may have written."""

    symbols: tuple[int, ...]
    """Its classes in order, without blanks."""
    steps: tuple[int, ...]
    """The time step at which each symbol was likeliest to begin."""
    peaks: tuple[float, ...]
    """The network's probability of each symbol at that time step."""
    log_probability: float
    """Log probability of the text: of those of its alignments that were looked at."""
    cost: float
    """The language model's cost of the whole text; 0 without one."""

    @property
    def score(self) -> float:
        """What the search ranks by, in nats."""
        return self.log_probability - self.cost


class _Prefix:
    """A node in the tree of prefixes. Masses are relative to the best prefix of the time step."""

    __slots__ = (
        *("parent", "symbol", "children", "states", "cost", "gain"),
        *("blank", "label", "next_blank", "next_label", "step", "peak"),
    )

    def __init__(self, parent: "_Prefix | None", symbol: int, states: States, cost: float) -> None:
        self.parent = parent
        self.symbol = symbol
        self.children: dict[int, _Prefix | None] = {}
        """None for a symbol that the language model excludes."""
        self.states = states
        self.cost: float = parent.cost + cost if parent else 0.0
        self.gain = math.exp(min(-cost, 50.0))
        """The language model's factor for the symbol."""
        self.blank = self.label = 0.0
        """Mass of the alignments that end with a blank, with the symbol."""
        self.next_blank = self.next_label = 0.0
        self.step, self.peak = 0, 0.0
        """The time step that added most, and the class's probability there."""


_MISSING: Final[Any] = object()


class _Search:
    """The state of one search."""

    def __init__(self, blank: int, model: LanguageModel | None, settings: BeamSettings) -> None:
        self.blank, self.model, self.settings = blank, model, settings
        self.cut, self.reach = math.exp(-settings.margin), math.exp(-settings.reach)
        root = _Prefix(None, -1, model.start() if model else None, 0.0)
        root.blank = 1.0
        self.beam, self.made = [root], [root]
        self.log_scale = 0.0
        """Logarithm of what all masses have to be multiplied by."""

    def pass_blank(self, p_blank: float) -> None:
        """A time step that only the blank is likely in leaves the order of the prefixes alone."""
        for prefix in self.beam:
            prefix.blank += prefix.label
            prefix.label = 0.0
        self.log_scale += math.log(p_blank)

    def extend(self, step: int, p_blank: float, candidates: Candidates) -> None:
        """Pass the masses on through one time step, and keep the best prefixes."""
        best = self._stay(p_blank, dict(candidates))
        touched = list(self.beam)
        floor, width = best * self.cut, 2 * self.settings.width
        for rank, prefix in enumerate(self.beam, 1):
            total = prefix.blank + prefix.label
            # Of sorted prefixes and sorted classes only these pairs can be among the best.
            for symbol, p in candidates[: width // rank]:
                if total * p < floor:
                    break
                child = prefix.children.get(symbol, _MISSING)
                if child is _MISSING:
                    if total * p < best * self.reach or not self._worth(rank, prefix, symbol, p):
                        continue
                    child = self._make(prefix, symbol)
                if child is None:
                    continue
                mass = (prefix.blank if symbol == prefix.symbol else total) * p * child.gain
                if mass < floor:
                    continue
                if mass > best:  # the best are looked at first, so the floor soon stands
                    best, floor = mass, mass * self.cut
                if child.next_label == 0.0 == child.next_blank:
                    touched.append(child)
                child.next_label += mass
                if p > child.peak:
                    child.peak, child.step = p, step
        self._prune(touched)

    def _stay(self, p_blank: float, probabilities: dict[int, float]) -> float:
        """Masses of the prefixes that get no new symbol; returns the largest."""
        best = 0.0
        for prefix in self.beam:
            prefix.next_blank = (prefix.blank + prefix.label) * p_blank
            if prefix.symbol in probabilities:
                prefix.next_label = prefix.label * probabilities[prefix.symbol]
            best = max(best, prefix.next_blank + prefix.next_label)
        return best

    def _worth(self, rank: int, prefix: _Prefix, symbol: int, p: float) -> bool:
        """Whether a class is worth a look after a prefix."""
        if p > self.settings.floor:
            return True
        if self.model is None or rank > self.settings.expecting:
            return False
        return self.model.expects(prefix.states, symbol)

    def _make(self, parent: _Prefix, symbol: int) -> _Prefix | None:
        child: _Prefix | None = None
        if self.model is None:
            child = _Prefix(parent, symbol, None, 0.0)
        elif (after := self.model.advance(parent.states, symbol)) is not None:
            child = _Prefix(parent, symbol, *after)
        parent.children[symbol] = child
        if child is not None:
            self.made.append(child)
        return child

    def _prune(self, touched: list[_Prefix]) -> None:
        for prefix in touched:
            prefix.blank, prefix.label = prefix.next_blank, prefix.next_label
            prefix.next_blank = prefix.next_label = 0.0
        touched.sort(key=_mass, reverse=True)
        best = _mass(touched[0])
        kept = touched[: self.settings.width]
        while _mass(kept[-1]) < best * self.cut:
            kept.pop()
        for prefix in touched[len(kept) :]:
            prefix.blank = prefix.label = 0.0
        for prefix in kept:
            prefix.blank /= best
            prefix.label /= best
        self.log_scale += math.log(best)
        self.beam = kept

    def finish(self) -> list[Hypothesis]:
        """The kept texts, best first."""
        found = [self._hypothesis(prefix) for prefix in self.beam]
        for prefix in self.made:  # parents and children hold each other: let them go
            prefix.children.clear()
        return sorted(found, key=_score, reverse=True)

    def _hypothesis(self, prefix: _Prefix) -> Hypothesis:
        cost = prefix.cost
        log_probability = math.log(max(_mass(prefix), _TINY)) + self.log_scale + cost
        if self.model is not None:
            cost += self.model.end_cost(prefix.states)
        path = []
        node = prefix
        while node.parent is not None:
            path.append(node)
            node = node.parent
        path.reverse()
        return Hypothesis(
            tuple(node.symbol for node in path),
            tuple(node.step for node in path),
            tuple(node.peak for node in path),
            log_probability,
            cost,
        )


def beam_search(
    logits: Logits,
    blank: int,
    model: LanguageModel | None = None,
    settings: BeamSettings | None = None,
) -> list[Hypothesis]:
    """The likeliest texts of one line, best first.

    Args:
        logits: float32 (T, classes).
        blank: class index of the CTC blank.
        model: scores texts; without one only the network decides.
        settings: width and pruning.

    Returns:
        At least one hypothesis, at most ``settings.width``.

    Raises:
        ValueError: the logits do not fit the blank.
    """
    if logits.ndim != 2 or not 0 <= blank < logits.shape[1]:
        raise ValueError(f"logits {logits.shape} do not fit a blank at class {blank}")
    settings = settings or BeamSettings()
    search = _Search(blank, model, settings)
    for step, (p_blank, candidates) in enumerate(_steps(logits, blank, settings)):
        if candidates:
            search.extend(step, p_blank, candidates)
        else:
            search.pass_blank(p_blank)
    return search.finish()


def _steps(logits: Logits, blank: int, settings: BeamSettings) -> list[tuple[float, Candidates]]:
    """For each time step the blank's probability and the other classes worth a look, best first."""
    if not len(logits):
        return []
    probabilities = softmax(np.asarray(logits, np.float32))
    blanks = np.maximum(probabilities[:, blank], _TINY).tolist()
    probabilities[:, blank] = 0.0
    rows, columns = np.nonzero(probabilities > settings.last_floor)
    values = probabilities[rows, columns]
    order = np.lexsort((-values, rows))
    steps: list[tuple[float, Candidates]] = [(p_blank, []) for p_blank in blanks]
    found = zip(rows[order].tolist(), columns[order].tolist(), values[order].tolist(), strict=True)
    for row, column, value in found:
        steps[row][1].append((column, value))
    return steps


def _mass(prefix: _Prefix) -> float:
    return prefix.blank + prefix.label


def _score(hypothesis: Hypothesis) -> float:
    return hypothesis.score
