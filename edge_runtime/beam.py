"""CTC prefix beam search with an optional language model.

A prefix is a text that the network may have written up to a time step. Its mass is the probability
of all alignments that give it (Hannun et al., arXiv:1408.2873), times the language model's
probability of the text. Plain Python is faster than numpy here: most time steps leave one or two
classes and a few prefixes worth a look, and the work follows that, where an array operation costs
the same whatever it holds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from edge_runtime.ctc import Logits, softmax
from edge_runtime.prefixes import NONE, ROOT, Prefixes

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


class _Search:
    """The state of one search."""

    def __init__(
        self, steps: "_Steps", model: LanguageModel | None, settings: BeamSettings
    ) -> None:
        self.steps, self.model, self.settings = steps, model, settings
        self.cut, self.reach = math.exp(-settings.margin), math.exp(-settings.reach)
        self.prefixes = Prefixes(steps.classes)
        root = self.prefixes.add(ROOT, NONE, model.start() if model else None, 0.0)
        self.prefixes.blank[root] = self.prefixes.total[root] = 1.0
        self.beam = [root]
        self.log_scale = 0.0
        """Logarithm of what all masses have to be multiplied by."""

    def pass_blank(self, p_blank: float) -> None:
        """A time step that only the blank is likely in leaves the order of the prefixes alone."""
        prefixes = self.prefixes
        for row in self.beam:
            prefixes.blank[row] = prefixes.total[row]
            prefixes.label[row] = 0.0
        self.log_scale += math.log(p_blank)

    def extend(self, step: int, p_blank: float, candidates: Candidates) -> None:
        """Pass the masses on through one time step, and keep the best prefixes."""
        best = self._stay(step, p_blank)
        touched = self.beam.copy()
        if candidates:
            self._grow(step, candidates, best, touched)
        self._prune(touched)

    def _stay(self, step: int, p_blank: float) -> float:
        """Masses of the prefixes that get no new symbol; returns the largest."""
        best = 0.0
        prefixes, probabilities = self.prefixes, self.steps.probabilities
        first, least = step * self.steps.classes, self.settings.last_floor
        for row in self.beam:
            prefixes.next_blank[row] = mass = prefixes.total[row] * p_blank
            label = prefixes.label[row]
            if label:
                p = probabilities[first + prefixes.symbol[row]]
                if p > least:
                    prefixes.next_label[row] = label = label * p
                    mass += label
            if mass > best:
                best = mass
        return best

    def _grow(self, step: int, candidates: Candidates, best: float, touched: list[int]) -> None:
        """Masses of the prefixes with one more symbol; adds to ``touched`` those that are new.

        Args:
            step: the time step.
            candidates: classes of the time step with their probabilities, best first.
            best: the largest mass so far.
            touched: the beam.
        """
        prefixes, children, settings = self.prefixes, self.prefixes.children, self.settings
        next_label, cut, width = prefixes.next_label, self.cut, 2 * settings.width
        floor = best * cut
        for rank, row in enumerate(self.beam, 1):
            total, key = prefixes.total[row], row * prefixes.classes
            # Of sorted prefixes and sorted classes only these pairs can be among the best.
            for symbol, p in candidates[: width // rank]:
                mass = total * p
                if mass < floor:
                    break
                child = children.get(key + symbol)
                if child is None:
                    if mass < best * self.reach:
                        continue
                    if p <= settings.floor and not self._expected(rank, row, symbol):
                        continue
                    child = self._make(row, symbol)
                if child == NONE:
                    continue
                if symbol == prefixes.symbol[row]:
                    mass = prefixes.blank[row] * p
                mass *= prefixes.gain[child]
                if mass < floor:
                    continue
                if mass > best:  # the best are looked at first, so the floor soon stands
                    best, floor = mass, mass * cut
                if next_label[child] == 0.0 == prefixes.next_blank[child]:
                    touched.append(child)
                next_label[child] += mass
                if p > prefixes.peak[child]:
                    prefixes.peak[child], prefixes.step[child] = p, step

    def _expected(self, rank: int, row: int, symbol: int) -> bool:
        """Whether the language model expects a class after one of the best prefixes."""
        if self.model is None or rank > self.settings.expecting:
            return False
        return self.model.expects(self.prefixes.states[row], symbol)

    def _make(self, row: int, symbol: int) -> int:
        prefixes, child = self.prefixes, NONE
        if self.model is None:
            child = prefixes.add(row, symbol, None, 0.0)
        elif (after := self.model.advance(prefixes.states[row], symbol)) is not None:
            child = prefixes.add(row, symbol, *after)
        prefixes.children[row * prefixes.classes + symbol] = child
        return child

    def _prune(self, touched: list[int]) -> None:
        prefixes = self.prefixes
        next_blank, next_label, totals = prefixes.next_blank, prefixes.next_label, prefixes.total
        for row in touched:
            totals[row] = next_blank[row] + next_label[row]
        if len(touched) > 1:
            touched.sort(key=totals.__getitem__, reverse=True)
        best = totals[touched[0]]
        kept = touched[: self.settings.width]
        floor = best * self.cut
        while totals[kept[-1]] < floor:
            kept.pop()
        for row in kept:
            prefixes.blank[row] = blank = next_blank[row] / best
            prefixes.label[row] = label = next_label[row] / best
            totals[row] = blank + label
        for row in touched:
            next_blank[row] = next_label[row] = 0.0
        self.log_scale += math.log(best)
        self.beam = kept

    def finish(self, most: int | None) -> list[Hypothesis]:
        """The kept texts, best first."""
        scored = [(*self._scored(row), row) for row in self.beam]
        scored.sort(key=lambda found: found[0] - found[1], reverse=True)
        return [self._hypothesis(*found) for found in scored[:most]]

    def _scored(self, row: int) -> tuple[float, float]:
        """Log probability and cost of a text."""
        prefixes, cost = self.prefixes, self.prefixes.cost[row]
        log_probability = math.log(max(prefixes.total[row], _TINY)) + self.log_scale + cost
        if self.model is not None:
            cost += self.model.end_cost(prefixes.states[row])
        return log_probability, cost

    def _hypothesis(self, log_probability: float, cost: float, row: int) -> Hypothesis:
        prefixes, path = self.prefixes, self.prefixes.path(row)
        return Hypothesis(
            tuple(prefixes.symbol[row] for row in path),
            tuple(prefixes.step[row] for row in path),
            tuple(prefixes.peak[row] for row in path),
            log_probability,
            cost,
        )


def beam_search(
    logits: Logits,
    blank: int,
    model: LanguageModel | None = None,
    settings: BeamSettings | None = None,
    most: int | None = None,
) -> list[Hypothesis]:
    """The likeliest texts of one line, best first.

    Args:
        logits: float32 (T, classes).
        blank: class index of the CTC blank.
        model: scores texts; without one only the network decides.
        settings: width and pruning.
        most: how many texts are wanted; all that were kept by default.

    Returns:
        At least one hypothesis, at most ``settings.width``.

    Raises:
        ValueError: the logits do not fit the blank.
    """
    if logits.ndim != 2 or not 0 <= blank < logits.shape[1]:
        raise ValueError(f"logits {logits.shape} do not fit a blank at class {blank}")
    settings = settings or BeamSettings()
    steps = _Steps(logits, blank, settings)
    search = _Search(steps, model, settings)
    for step, (p_blank, candidates) in enumerate(steps.rows):
        if candidates is None:
            search.pass_blank(p_blank)
        else:
            search.extend(step, p_blank, candidates)
    return search.finish(most)


class _Steps:
    """What the network says, as the search looks at it."""

    def __init__(self, logits: Logits, blank: int, settings: BeamSettings) -> None:
        self.classes = logits.shape[1]
        probabilities = np.zeros(logits.shape, np.float32)
        if len(logits):
            probabilities = softmax(np.asarray(logits, np.float32))
        blanks = np.maximum(probabilities[:, blank], _TINY)
        probabilities[:, blank] = 0.0
        self.probabilities: Sequence[float] = probabilities.reshape(-1).data
        """Of all classes at all time steps, one after the other; 0 for the blank."""
        self.rows: list[tuple[float, Candidates | None]] = []
        """By time step the blank's probability and the other classes that may begin a symbol, best
        first; None if no class may even go on."""
        # No prefix has more mass than the best of the step before, which gets the blank's share:
        # a class below the margin of that leaves every prefix too far behind. (Not quite that
        # margin, for the sake of rounding.)
        least = np.maximum(settings.last_floor, 0.999 * math.exp(-settings.margin) * blanks)
        at, classes = np.nonzero(probabilities > least[:, None])
        values = probabilities[at, classes]
        order = np.lexsort((-values, at))
        found = list(zip(classes[order].tolist(), values[order].tolist(), strict=True))
        ends = np.cumsum(np.bincount(at, minlength=len(logits))).tolist()
        quiet = (probabilities.max(axis=1, initial=0.0) <= settings.last_floor).tolist()
        start = 0
        for p_blank, end, is_quiet in zip(blanks.tolist(), ends, quiet, strict=True):
            self.rows.append((p_blank, None if is_quiet else found[start:end]))
            start = end
