"""The language model of a line, as the beam search asks for it: one class of the network at a time.

A text may be read in several ways at once; what is remembered of it is the set of states with their
costs relative to the cheapest. Such sets are few and return all the time, so each is made once and
knows its successors: the automaton becomes deterministic where a line needs it.
"""

from operator import itemgetter
from typing import Any, Final

from edge_runtime.casing import CaseState, Casing, letter_kind
from edge_runtime.grammar import Anything, State, TextGrammar

MAX_STATES: Final = 4
"""Ways of reading one text that are kept, the cheapest ones."""
MARGIN: Final = 96
"""Ways that cost this much more than the cheapest are dropped, sixteenths of a nat."""
MAX_SETS: Final = 8000
"""Sets remembered before all are forgotten, which bounds the memory of a long run."""


_MISSING: Final[Any] = object()
_COST: Final = itemgetter(1)
_NEVER: Final = 10**6


class StateSet:
    """The ways to read a text: states with their costs above the cheapest."""

    __slots__ = ("final", "items", "next")

    def __init__(self, items: tuple[tuple[State, int], ...]) -> None:
        self.items = items
        self.next: dict[str, tuple[StateSet, int] | None] = {}
        """By symbol: what follows, and the cost of the cheapest way; None if nothing does."""
        self.final: int | None = None
        """Cost of ending here, once it is known."""


Remembered = tuple[StateSet, CaseState]
"""What the model remembers of a text: the ways to read it, and the case of its letters."""


class LineModel:
    """Scores texts from their last symbol to their first. Costs are in nats of the network."""

    def __init__(self, grammar: TextGrammar, symbols: str) -> None:
        """Score texts of ``symbols``, the network's classes without the blank."""
        weights = grammar.weights
        self._grammar = grammar
        self._casing = Casing(weights)
        self._symbols = [(symbol.lower(), letter_kind(symbol)) for symbol in symbols]
        self._unit = weights.scale / 16
        self._bonus = weights.bonus
        self._sets: dict[tuple[tuple[State, int], ...], StateSet] = {}

    def start(self) -> Remembered:
        """What is remembered of the empty text."""
        if len(self._sets) > MAX_SETS:
            self.forget()
        return self._set(self._grammar.starts()), self._casing.start

    def forget(self) -> None:
        """Drop all sets and states; they are made anew where they are needed."""
        self._sets = {}
        self._grammar.forget()

    def advance(self, before: Remembered, symbol: int) -> tuple[Remembered, float] | None:
        """What is remembered with one more class, and the class's cost."""
        ways, case = before
        folded, kind = self._symbols[symbol]
        step = ways.next.get(folded, _MISSING)
        if step is _MISSING:
            step = ways.next[folded] = self._step(ways, folded)
        if step is None:
            return None
        after, cost = step
        case_after, case_cost = case.next[kind] or self._casing.step(case, kind)
        cost += case_cost
        return (after, case_after), cost * self._unit - self._bonus

    def expects(self, before: Remembered, symbol: int) -> bool:
        """Whether the cheapest way goes on inside a word or place with the class."""
        state = before[0].items[0][0]
        arcs = self._grammar.arcs(state, self._symbols[symbol][0])
        return any(not target.open for target, _ in arcs)

    def end_cost(self, before: Remembered) -> float:
        """Cost of the text's ending here; enormous where it cannot."""
        ways, case = before
        if ways.final is None:
            ways.final = min(
                (cost + end for state, cost in ways.items for _, end in self._grammar.ends(state)),
                default=_NEVER,
            )
        return (ways.final + self._casing.end_cost(case)) * self._unit

    def _step(self, ways: StateSet, symbol: str) -> tuple[StateSet, int] | None:
        reached: dict[State, int] = {}
        for state, cost in ways.items:
            arcs = state.arcs.get(symbol)
            if arcs is None:
                arcs = self._grammar.arcs(state, symbol)
            for target, arc_cost in arcs:
                before = reached.get(target)
                if before is None or cost + arc_cost < before:
                    reached[target] = cost + arc_cost
        if not reached:
            return None
        items = sorted(reached.items(), key=_COST)
        best = items[0][1]
        kept = [(s, cost - best) for s, cost in items[:MAX_STATES] if cost - best < MARGIN]
        # Always keep a way on for any text, and the way that leaves all to the network.
        rest = [(s, cost - best) for s, cost in items[len(kept) :] if s.open]
        if rest and not any(state.open for state, _ in kept):
            kept.append(rest[0])
        kept += [item for item in rest if isinstance(item[0].at, Anything) and item not in kept]
        return self._set(tuple(kept)), best

    def _set(self, items: tuple[tuple[State, int], ...]) -> StateSet:
        found = self._sets.get(items)
        if found is None:
            found = self._sets.setdefault(items, StateSet(items))
        return found
