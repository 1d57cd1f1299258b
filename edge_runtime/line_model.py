"""The language model of a line, as the beam search asks for it: one class of the network at a time.

A text may be read in several ways at once; what is remembered of it is the set of states with their
costs relative to the cheapest. Such sets are few and return all the time, so where each leads is
found once: the automaton becomes deterministic where a line needs it.

All that is remembered are tuples of integers in a few dictionaries. Python's cyclic garbage
collection stops looking at such tuples after it has met them once, so that what is remembered
costs no line anything.
"""

from typing import Any, Final, NamedTuple

from edge_runtime.casing import CaseState, Casing, letter_kind
from edge_runtime.grammar import SYMBOL_BITS, TextGrammar
from edge_runtime.states import ANYTHING, State, is_open

MAX_STATES: Final = 4
"""Ways of reading one text that are kept, the cheapest ones."""
MARGIN: Final = 96
"""Ways that cost this much more than the cheapest are dropped, sixteenths of a nat."""
MAX_SETS: Final = 8000
"""Sets remembered before all are forgotten, which bounds the memory of a long run."""

Ways = tuple[int, ...]
"""The ways to read a text: a state, its cost above the cheapest, the next state, its cost, ..."""
Remembered = tuple[Ways, CaseState]
"""What the model remembers of a text: the ways to read it, and the case of its letters."""

_MISSING: Final[Any] = object()
_NEVER: Final = 10**6


class _Class(NamedTuple):
    """A class of the network."""

    symbol: str
    """In small letters."""
    after: dict[Ways, tuple[Ways, int] | None]
    """What follows each set, and the cost of the cheapest way; None if nothing does. Classes that
    differ in case share one."""
    kind: int
    case_after: dict[CaseState, tuple[CaseState, int]]
    """The same for the case of letters, shared by classes of one kind."""


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
        ways = tuple(number for arc in self._grammar.starts() for number in arc)
        return ways, self._casing.start

    def forget(self) -> None:
        """Drop all that is remembered; it is found anew where it is needed.

        A text that is being read by another thread stays valid.
        """
        self._grammar.forget()
        self._sets, self._final = {}, {}
        after: dict[str, Any] = {}
        case_after: dict[int, Any] = {}
        self._classes = [
            _Class(
                folded := symbol.lower() if len(symbol.lower()) == 1 else symbol,
                after.setdefault(folded, {}),
                kind := letter_kind(symbol),
                case_after.setdefault(kind, {}),
            )
            for symbol in self._symbols
        ]

    def advance(self, before: Remembered, symbol: int) -> tuple[Remembered, float] | None:
        """What is remembered with one more class, and the class's cost."""
        ways, case = before
        folded, known, kind, case_known = self._classes[symbol]
        step = known.get(ways, _MISSING)
        if step is _MISSING:
            step = known[ways] = self._step(ways, folded)
        if step is None:
            return None
        case_step = case_known.get(case)
        if case_step is None:
            case_step = case_known[case] = self._casing.step(case, kind)
        cost: int = step[1] + case_step[1]
        return (step[0], case_step[0]), cost * self._unit - self._bonus

    def expects(self, before: Remembered, symbol: int) -> bool:
        """Whether the cheapest way goes on inside a word or place with the class."""
        arcs = self._grammar.arcs(before[0][0], self._classes[symbol].symbol)
        return any(not is_open(target) for target, _ in arcs)

    def end_cost(self, before: Remembered) -> float:
        """Cost of the text's ending here; enormous where it cannot."""
        ways, case = before
        final = self._final.get(ways)
        if final is None:
            final = self._final[ways] = min(
                (
                    cost + end
                    for state, cost in _pairs(ways)
                    for _, end in self._grammar.ends(state)
                ),
                default=_NEVER,
            )
        return (final + self._casing.end_cost(case)) * self._unit

    def _step(self, ways: Ways, symbol: str) -> tuple[Ways, int] | None:
        reached: dict[State, int] = {}
        known, code = self._grammar.known, ord(symbol)
        for state, cost in _pairs(ways):
            arcs = known.get(state << SYMBOL_BITS | code)
            if arcs is None:
                arcs = self._grammar.arcs(state, symbol)
            for target, arc_cost in arcs:
                arc_cost += cost
                if target not in reached or arc_cost < reached[target]:
                    reached[target] = arc_cost
        if not reached:
            return None
        ordered = sorted(reached, key=reached.__getitem__)
        best = reached[ordered[0]]
        kept: list[int] = []
        some_open = False
        for number, state in enumerate(ordered):
            cost = reached[state] - best
            # Always keep a way on for any text, and the way that leaves all to the network.
            if number >= MAX_STATES or cost >= MARGIN:
                if some_open and state != ANYTHING:
                    continue
                if not is_open(state):
                    continue
            some_open = some_open or is_open(state)
            kept += (state, cost)
        found = tuple(kept)
        return self._sets.setdefault(found, found), best


def _pairs(ways: Ways) -> Any:
    """The states of a set with their costs."""
    numbers = iter(ways)
    return zip(numbers, numbers, strict=True)
