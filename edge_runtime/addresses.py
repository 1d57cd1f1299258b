"""Addresses, read backwards: province, district, ward, each optional, then any text.

After "Hồ Chí Minh" the kinds of a province may follow ("Tp"), one of its districts, a district with
a number for a name ("Quận 8"), or any text; after a district its wards, and so on. Once in the
text, a line stays there. Two places of one name in one place (a town and the district around it, a
province before and since July 2025) are read as one, and what lies in either may follow.
"""

import math
from typing import Any, Final, NamedTuple

from edge_runtime.entries import Entries
from edge_runtime.grammar import (
    ANY_DIGIT,
    SIGNS,
    SPACE,
    Arc,
    BetweenWords,
    State,
    TextGrammar,
    sixteenths,
)
from edge_runtime.lexicon import Lexicon
from edge_runtime.lexicon_meta import LEVELS, Weights
from edge_runtime.units import Units

Entry = tuple[str, float, "Place"]
"""A name, its weight, and the places that bear it."""
Place = tuple[int, ...]
"""The places whose name was just read; () at the end of the line."""
_MAX_DIGITS = 3
MAX_LISTS: Final = 200
"""Lists of names that are remembered; all are forgotten when there are more."""
_MOST_LOST, _LEAST_KEPT = 3, 2
"""Letters that a picture's edge may take from the last word, and those that must be left."""
_KIND = -1
"""Marks the entries that are kinds and not places."""


class AtPlace(NamedTuple):
    """Between words, left of a place's name."""

    place: Place
    typed: bool
    """Whether its kind was read, too."""


class InName(NamedTuple):
    """Inside the name of a place, or of the kind of the place that was just read."""

    at: AtPlace
    low: int
    high: int
    prefix: str


class InNumber(NamedTuple):
    """Inside or left of a number that may be the name of a place."""

    place: Place
    digits: str
    closed: bool
    """Whether a space or a full stop ended it."""


class InNumberedKind(NamedTuple):
    """Inside the kind of a place with a number for a name."""

    place: Place
    digits: str
    low: int
    high: int
    prefix: str


class AddressGrammar(TextGrammar):
    """Addresses that the lexicon knows, and any other text."""

    def __init__(self, lexicon: Lexicon, weights: Weights | None = None) -> None:
        """Use the lexicon's own weights unless others are given."""
        super().__init__(lexicon, weights)
        self.units = Units(lexicon)
        self._entries: dict[AtPlace, Entries[Place]] = {}
        self._kinds = [self._numbered_kinds(level) for level in range(len(LEVELS) + 1)]
        self._followers |= {
            AtPlace: self._begin_place,
            InName: self._in_name,
            InNumber: self._in_number,
            InNumberedKind: self._in_numbered_kind,
        }
        self._enders |= {
            InName: self._end_name,
            InNumber: self._end_number,
            InNumberedKind: self._end_numbered_kind,
        }

    def starts(self) -> tuple[Arc, ...]:
        """The end of a line, with the costs of the ways to begin there."""
        return ((self.state(AtPlace((), True)), 0), *super().starts()[1:])

    def _level(self, place: Place) -> int:
        """Level of the places that may come next; 0 at the end of the line."""
        return self.units.level(place[0]) + 1 if place else 0

    def _begin_place(self, at: AtPlace, symbol: str) -> list[Arc]:
        if symbol == " ":
            return [(self.state(at), SPACE)]
        if symbol in SIGNS:
            return [(self.state(at), self.sign_cost(at, symbol))]
        level, weights = self._level(at.place), self.weights
        arcs: list[Arc] = []
        entries = self._entries_at(at)
        low, high = entries.narrow(symbol, 0, len(entries))
        if low < high:
            cost = sixteenths(weights.tree[level]) + entries.cost(0, len(entries), low, high)
            arcs.append((self.state(InName(at, low, high, symbol)), cost))
        if symbol.isdigit() and len(self._kinds[level]):
            cost = sixteenths(weights.number[level]) + ANY_DIGIT
            arcs.append((self.state(InNumber(at.place, symbol, False)), cost))
        leave = sixteenths(weights.leave[level])
        text = self.state(BetweenWords(self.words.boundary))
        return arcs + [(state, cost + leave) for state, cost in self.arcs(text, symbol)]

    def sign_cost(self, at: Any, symbol: str) -> int:
        """Cost of a sign between words or places."""
        if isinstance(at, AtPlace) and symbol in ",.":
            return self._boundary_sign
        return super().sign_cost(at, symbol)

    def _in_name(self, at: InName, symbol: str) -> list[Arc]:
        arcs = self._after_end(at, symbol)
        entries, prefix = self._entries_at(at.at), at.prefix + symbol
        low, high = entries.narrow(prefix, at.low, at.high)
        if low < high:
            cost = entries.cost(at.low, at.high, low, high)
            arcs.append((self.state(InName(at.at, low, high, prefix)), cost))
        return arcs

    def _end_name(self, at: InName) -> list[Arc]:
        found = self._entries_at(at.at).complete(at.prefix, at.low, at.high)
        typed = AtPlace(at.at.place, True)
        return [
            (self.state(typed if target[0] == _KIND else AtPlace(target, False)), cost)
            for target, cost in found
        ]

    def _in_number(self, at: InNumber, symbol: str) -> list[Arc]:
        if symbol.isdigit():
            if at.closed or len(at.digits) >= _MAX_DIGITS:
                return []
            return [(self.state(InNumber(at.place, symbol + at.digits, False)), ANY_DIGIT)]
        if symbol in " .":
            return [(self.state(InNumber(at.place, at.digits, True)), 0)]
        kinds = self._kinds[self._level(at.place)]
        low, high = kinds.narrow(symbol, 0, len(kinds))
        if low == high:
            return []
        state = self.state(InNumberedKind(at.place, at.digits, low, high, symbol))
        return [(state, kinds.cost(0, len(kinds), low, high))]

    def _end_number(self, at: InNumber) -> list[Arc]:
        return []  # a number alone names no place

    def _in_numbered_kind(self, at: InNumberedKind, symbol: str) -> list[Arc]:
        arcs = self._after_end(at, symbol)
        kinds, prefix = self._kinds[self._level(at.place)], at.prefix + symbol
        low, high = kinds.narrow(prefix, at.low, at.high)
        if low < high:
            state = self.state(InNumberedKind(at.place, at.digits, low, high, prefix))
            arcs.append((state, kinds.cost(at.low, at.high, low, high)))
        return arcs

    def _end_numbered_kind(self, at: InNumberedKind) -> list[Arc]:
        kinds = self._kinds[self._level(at.place)]
        return [
            (self._numbered(at.place, at.digits), cost)
            for _, cost in kinds.complete(at.prefix, at.low, at.high)
        ]

    def _numbered(self, place: Place, digits: str) -> State:
        """The place with that number, or any text if the lexicon knows none."""
        number = str(int(digits))
        inside = [child for unit in place for child in self.units.children(unit)]
        found = tuple(child for child in inside if self.units.name(child) == number)
        return self.state(AtPlace(found, True) if found else BetweenWords(self.words.boundary))

    def _numbered_kinds(self, level: int) -> Entries[None]:
        kinds = [kind for kind in self.units.kinds if kind.level == level and kind.numbered]
        return Entries((form, weight, None) for kind in kinds for form, weight in kind.forms)

    def _entries_at(self, at: AtPlace) -> Entries[Place]:
        found = self._entries.get(at)
        if found is None:
            if len(self._entries) >= MAX_LISTS:
                self._entries = {}
            found = self._entries[at] = Entries(self._names_at(at))
        return found

    def _names_at(self, at: AtPlace) -> list[Entry]:
        """Names of the places inside, and kinds of the place itself."""
        names: dict[tuple[str, int], dict[int, float]] = {}
        for unit, share in self._inside(at.place):
            level = self.units.level(unit)
            for name, cost in self.units.names(unit):
                if not name.isdigit():
                    same = names.setdefault((name.lower(), level), {})
                    same.setdefault(unit, share * math.exp(-cost / 16))
        rows = [(name, max(same.values()), tuple(same)) for (name, _), same in names.items()]
        if not at.place:
            rows += self._cut_off(rows)
        if not at.place or at.typed:
            return rows
        forms = self._forms(at.place)
        typed = self.weights.typed[self._level(at.place)] if rows else 1.0
        total, forms_total = sum(row[1] for row in rows), sum(weight for _, weight in forms)
        rows = [(name, weight / total * (1 - typed), units) for name, weight, units in rows]
        return rows + [(form, weight / forms_total * typed, (_KIND,)) for form, weight in forms]

    def _cut_off(self, rows: list[Entry]) -> list[Entry]:
        """Provinces whose last letters or words lie outside the picture."""
        weight = self.weights.cut_off
        if weight <= 0:
            return []
        cut: dict[str, dict[int, float]] = {}
        for name, share, units in rows:
            if self.units.level(units[0]) == 0:
                ends = {len(name) - lost for lost in range(1, _MOST_LOST + 1)}
                ends |= {at for at, letter in enumerate(name) if letter == " "}
                for end in ends:
                    if end >= _LEAST_KEPT and name[end - 1] != " ":
                        same = cut.setdefault(name[:end], {})
                        same.update(dict.fromkeys(units, share * weight))
        return [(name, max(same.values()), tuple(same)) for name, same in cut.items()]

    def _inside(self, place: Place) -> list[tuple[int, float]]:
        """The places that may come next, with their weights."""
        if place:
            return [(child, 1.0) for unit in place for child in self.units.children(unit)]
        provinces = [(unit, 1.0) for unit in self.units.children(None)]
        bare = self.weights.bare_district
        if bare <= 0:
            return provinces
        children = [child for unit, _ in provinces for child in self.units.children(unit)]
        return provinces + [(child, bare) for child in children if self.units.level(child) == 1]

    def _forms(self, place: Place) -> list[tuple[str, float]]:
        """What may be written for the kind of a place: mostly its own, sometimes another."""
        own = {self.units.kind(unit) for unit in place}
        level = self.units.level(place[0])
        return [
            (form, weight * (1.0 if kind in own else self.weights.other_kind))
            for kind in self.units.kinds
            if kind.level == level
            for form, weight in kind.forms
        ]
