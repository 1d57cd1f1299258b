"""The language model of a line, as the beam search asks for it: one class of the network at a time.

A text may be read in several ways at once; what is remembered of it is the set of states with their
costs relative to the cheapest. Such sets are few and return all the time, so where each leads is
found once: the automaton becomes deterministic where a line needs it.

All that is remembered are tuples of integers in a few dictionaries. Python's cyclic garbage
collection stops looking at such tuples after it has met them once, so that what is remembered
costs no line anything.
"""

from typing import Final, NamedTuple

from edge_runtime.casing import CaseState, Casing, letter_kind
from edge_runtime.grammar import SYMBOL_BITS, TextGrammar
from edge_runtime.states import ANYTHING, Flat, State, flat, is_open, pairs

MAX_STATES: Final = 4
"""Ways of reading one text that are kept, the cheapest ones."""
MARGIN: Final = 96
"""Ways that cost this much more than the cheapest are dropped, sixteenths of a nat."""
MAX_SETS: Final = 8000
"""Sets remembered before all are forgotten, which bounds the memory of a long run."""

Ways = Flat
"""The ways to read a text: states with their costs above the cheapest."""
Remembered = tuple[Ways, CaseState]
"""What the model remembers of a text: the ways to read it, and the case of its letters."""

_NEVER: Final = 10**6


class _Class(NamedTuple):
    """A class of the network. What it remembers of symbols, classes that differ in case share."""

    symbol: str
    """In small letters."""
    after: dict[Ways, Ways]
    """What follows each set; nothing where the symbol cannot follow."""
    cost: dict[Ways, int]
    """The cost of the cheapest way there."""
    kind: int
    case_after: dict[CaseState, CaseState]
    """The same for the case of letters, shared by classes of one kind."""
    case_cost: dict[CaseState, int]


class LineModel:
    """Scores texts from their last symbol to their first. Costs are in nats of the network."""

    def __init__(self, grammar: TextGrammar, symbols: str) -> None:
        """Score texts of ``symbols``, the network's classes without the blank."""
        weights = grammar.weights
        self._grammar = grammar
        self._casing = Casing(weights)
        self._symbols = symbols
        self._unit = weights.scale / 16
        self._bonus = weights.bonus
        self._classes: list[_Class] = []
        self._sets: dict[Ways, Ways] = {}
        """Each set once, by itself."""
        self._final: dict[Ways, int] = {}
        """Costs of ending."""
        self.forget()

    def start(self) -> Remembered:
        """What is remembered of the empty text."""
        if len(self._sets) > MAX_SETS:
            self.forget()
        return flat(self._grammar.starts()), self._casing.start

    def forget(self) -> None:
        """Drop all that is remembered; it is found anew where it is needed.

        A text that is being read by another thread stays valid.
        """
        self._grammar.forget()
        self._sets, self._final = {}, {}
        symbols: dict[str, tuple[dict[Ways, Ways], dict[Ways, int]]] = {}
        cases: dict[int, tuple[dict[CaseState, CaseState], dict[CaseState, int]]] = {}
        classes = []
        for symbol in self._symbols:
            folded, kind = symbol.lower(), letter_kind(symbol)
            if len(folded) != 1:  # İ has no small letter of one code point
                folded = symbol
            after, cost = symbols.setdefault(folded, ({}, {}))
            case_after, case_cost = cases.setdefault(kind, ({}, {}))
            classes.append(_Class(folded, after, cost, kind, case_after, case_cost))
        self._classes = classes

    def advance(self, before: Remembered, symbol: int) -> tuple[Remembered, float] | None:
        """What is remembered with one more class, and the class's cost."""
        ways, case = before
        folded, known, costs, kind, case_known, case_costs = self._classes[symbol]
        after = known.get(ways)
        if after is None:
            after, costs[ways] = self._step(ways, folded)
            known[ways] = after  # after its cost, for the sake of other threads
        if not after:
            return None
        case_after = case_known.get(case)
        if case_after is None:
            case_after, case_costs[case] = self._casing.step(case, kind)
            case_known[case] = case_after
        cost = costs[ways] + case_costs[case]
        return (after, case_after), cost * self._unit - self._bonus

    def expects(self, before: Remembered, symbol: int) -> bool:
        """Whether the cheapest way goes on inside a word or place with the class."""
        arcs = self._grammar.arcs(before[0][0], self._classes[symbol].symbol)
        return any(not is_open(target) for target in arcs[::2])

    def end_cost(self, before: Remembered) -> float:
        """Cost of the text's ending here; enormous where it cannot."""
        ways, case = before
        final = self._final.get(ways)
        if final is None:
            costs = [
                cost + end for state, cost in pairs(ways) for end in self._grammar.ends(state)[1::2]
            ]
            final = self._final[ways] = min(costs, default=_NEVER)
        return (final + self._casing.end_cost(case)) * self._unit

    def _step(self, ways: Ways, symbol: str) -> tuple[Ways, int]:
        """What follows a set, and the cost of the cheapest way there; () if nothing does."""
        reached: dict[State, int] = {}
        known, code = self._grammar.known, ord(symbol)
        for state, cost in pairs(ways):
            arcs = known.get(state << SYMBOL_BITS | code)
            if arcs is None:
                arcs = self._grammar.arcs(state, symbol)
            for at in range(0, len(arcs), 2):
                target, total = arcs[at], cost + arcs[at + 1]
                if target not in reached or total < reached[target]:
                    reached[target] = total
        if not reached:
            return (), 0
        kept, best = _cheapest(reached)
        return self._sets.setdefault(kept, kept), best


def _cheapest(reached: dict[State, int]) -> tuple[Ways, int]:
    """The states that are kept, the cheapest first, and the cost of the cheapest.

    A way on for any text is always kept, and the way that leaves all to the network.
    """
    ordered = sorted(reached, key=reached.__getitem__)
    best = reached[ordered[0]]
    kept: list[int] = []
    some_open = False
    for number, state in enumerate(ordered):
        cost, is_way_on = reached[state] - best, is_open(state)
        among_best = number < MAX_STATES and cost < MARGIN
        if among_best or state == ANYTHING or (is_way_on and not some_open):
            kept += (state, cost)
            some_open = some_open or is_way_on
    return tuple(kept), best
