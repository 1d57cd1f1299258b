"""Addresses, read backwards: province, district, ward, each optional, then any text.

After "Hồ Chí Minh" the kinds of a province may follow ("Tp"), one of its districts, a district with
a number for a name ("Quận 8"), or any text; after a district its wards, and so on. Once in the
text, a line stays there. Two places of one name in one place (a town and the district around it, a
province before and since July 2025) are read as one, and what lies in either may follow.
"""

import math
from itertools import count, islice
from typing import Final

from edge_runtime.entries import Entries
from edge_runtime.grammar import (
    ANY_DIGIT,
    SIGNS,
    SPACE,
    TextGrammar,
    sixteenths,
)
from edge_runtime.lexicon import Lexicon
from edge_runtime.lexicon_meta import LEVELS, Weights
from edge_runtime.states import (
    AT_PLACE,
    IN_NAME,
    IN_NUMBER,
    IN_NUMBERED_KIND,
    TAG,
    Arc,
    State,
    at_place,
    in_name,
    in_number,
    in_numbered_kind,
    name_of,
    number_of,
    numbered_kind_of,
    pairs,
    place_of,
)
from edge_runtime.units import Units

Entry = tuple[str, float, "Place"]
"""A name, its weight, and the places that bear it."""
Place = tuple[int, ...]
"""The places whose name was just read; () at the end of the line."""
_MAX_DIGITS: Final = 3
MAX_LISTS: Final = 600
"""Lists of names that are remembered; when there are more, all are forgotten but the first, which
is the longest, and the one that every line begins with."""
_MOST_LOST, _LEAST_KEPT = 3, 2
"""Letters that a picture's edge may take from the last word, and those that must be left."""
_KIND = -1
"""Marks the entries that are kinds and not places."""


class AddressGrammar(TextGrammar):
    """Addresses that the lexicon knows, and any other text."""

    def __init__(self, lexicon: Lexicon, weights: Weights | None = None) -> None:
        """Use the lexicon's own weights unless others are given."""
        super().__init__(lexicon, weights)
        self.units = Units(lexicon)
        self._numbers: dict[Place, int] = {}
        self._places: dict[int, Place] = {}
        """Places by their numbers in states; no more than the lexicon has."""
        self._free_number = count()
        self._entries: dict[State, Entries[Place]] = {}
        self._kinds = [self._numbered_kinds(level) for level in range(len(LEVELS) + 1)]
        self._followers |= {
            AT_PLACE: self._begin_place,
            IN_NAME: self._in_name,
            IN_NUMBER: self._in_number,
            IN_NUMBERED_KIND: self._in_numbered_kind,
        }
        self._enders |= {
            IN_NAME: self._end_name,
            IN_NUMBER: self._end_number,
            IN_NUMBERED_KIND: self._end_numbered_kind,
        }

    def starts(self) -> tuple[Arc, ...]:
        """The end of a line, with the costs of the ways to begin there."""
        return ((self._state((), True), 0), *super().starts()[1:])

    def place(self, number: int) -> Place:
        """The place that states have by a number."""
        return self._places[number]

    def _state(self, place: Place, typed: bool) -> State:
        number = self._numbers.get(place)
        if number is None:
            number = next(self._free_number)  # of two threads that come here at once one wins
            self._places[number] = place
            number = self._numbers.setdefault(place, number)
        return at_place(number, typed)

    def _level(self, place: Place) -> int:
        """Level of the places that may come next; 0 at the end of the line."""
        return self.units.level(place[0]) + 1 if place else 0

    def _begin_place(self, state: State, symbol: str) -> list[Arc]:
        if symbol == " ":
            return [(state, SPACE)]
        if symbol in SIGNS:
            return [(state, self.sign_cost(state, symbol))]
        number = place_of(state).place
        level, weights = self._level(self._places[number]), self.weights
        arcs: list[Arc] = []
        entries = self._entries_at(state)
        low, high = entries.narrow(symbol, 0, len(entries))
        if low < high:
            cost = sixteenths(weights.tree[level]) + entries.cost(0, len(entries), low, high)
            arcs.append((in_name(state, low, high, 1), cost))
        if symbol.isdecimal() and len(self._kinds[level]):
            cost = sixteenths(weights.number[level]) + ANY_DIGIT
            arcs.append((in_number(number, int(f"1{symbol}"), False), cost))
        leave = sixteenths(weights.leave[level])
        begin = pairs(self.arcs(self.text, symbol))
        return arcs + [(after, cost + leave) for after, cost in begin]

    def sign_cost(self, state: State, symbol: str) -> int:
        """Cost of a sign between words or places."""
        if state & TAG == AT_PLACE and symbol in ",.":
            return self._boundary_sign
        return super().sign_cost(state, symbol)

    def _in_name(self, state: State, symbol: str) -> list[Arc]:
        arcs = self._after_end(state, symbol)
        at, low, high, length = name_of(state)
        entries = self._entries_at(at)
        prefix = entries.names[low][:length] + symbol
        new_low, new_high = entries.narrow(prefix, low, high)
        if new_low < new_high:
            cost = entries.cost(low, high, new_low, new_high)
            arcs.append((in_name(at, new_low, new_high, length + 1), cost))
        return arcs

    def _end_name(self, state: State) -> list[Arc]:
        at, low, high, length = name_of(state)
        typed = at_place(place_of(at).place, True)
        return [
            (typed if target[0] == _KIND else self._state(target, False), cost)
            for target, cost in self._entries_at(at).complete(length, low, high)
        ]

    def _in_number(self, state: State, symbol: str) -> list[Arc]:
        number, digits, closed = number_of(state)
        if symbol.isdecimal():
            read = str(digits)[1:]
            if closed or len(read) >= _MAX_DIGITS:
                return []
            return [(in_number(number, int(f"1{symbol}{read}"), False), ANY_DIGIT)]
        if symbol in " .":
            return [(in_number(number, digits, True), 0)]
        kinds = self._kinds[self._level(self._places[number])]
        low, high = kinds.narrow(symbol, 0, len(kinds))
        if low == high:
            return []
        cost = kinds.cost(0, len(kinds), low, high)
        return [(in_numbered_kind(number, digits, low, high, 1), cost)]

    def _end_number(self, state: State) -> list[Arc]:
        return []  # a number alone names no place

    def _in_numbered_kind(self, state: State, symbol: str) -> list[Arc]:
        arcs = self._after_end(state, symbol)
        number, digits, low, high, length = numbered_kind_of(state)
        kinds = self._kinds[self._level(self._places[number])]
        new_low, new_high = kinds.narrow(kinds.names[low][:length] + symbol, low, high)
        if new_low < new_high:
            after = in_numbered_kind(number, digits, new_low, new_high, length + 1)
            arcs.append((after, kinds.cost(low, high, new_low, new_high)))
        return arcs

    def _end_numbered_kind(self, state: State) -> list[Arc]:
        number, digits, low, high, length = numbered_kind_of(state)
        place = self._places[number]
        found = self._kinds[self._level(place)].complete(length, low, high)
        return [(self._numbered(place, digits), cost) for _, cost in found]

    def _numbered(self, place: Place, digits: int) -> State:
        """The place with that number, or any text if the lexicon knows none."""
        number = str(int(str(digits)[1:]))
        inside = [child for unit in place for child in self.units.children(unit)]
        found = tuple(child for child in inside if self.units.name(child) == number)
        return self._state(found, True) if found else self.text

    def _numbered_kinds(self, level: int) -> Entries[None]:
        kinds = [kind for kind in self.units.kinds if kind.level == level and kind.numbered]
        return Entries((form, weight, None) for kind in kinds for form, weight in kind.forms)

    def _entries_at(self, state: State) -> Entries[Place]:
        found = self._entries.get(state)
        if found is None:
            if len(self._entries) >= MAX_LISTS:
                self._entries = dict(islice(self._entries.items(), 1))
            number, typed = place_of(state)
            names = self._names_at(self._places[number], typed)
            found = self._entries[state] = Entries(names)
        return found

    def _names_at(self, place: Place, typed: bool) -> list[Entry]:
        """Names of the places inside, and kinds of the place itself."""
        names: dict[tuple[str, int], dict[int, float]] = {}
        for unit, share in self._inside(place):
            level = self.units.level(unit)
            for name, cost in self.units.names(unit):
                if not name.isdigit():
                    same = names.setdefault((name.lower(), level), {})
                    same.setdefault(unit, share * math.exp(-cost / 16))
        rows = [(name, max(same.values()), tuple(same)) for (name, _), same in names.items()]
        if not place:
            rows += self._cut_off(rows)
        if not place or typed:
            return rows
        forms = self._forms(place)
        kinds = self.weights.typed[self._level(place)] if rows else 1.0
        total, forms_total = sum(row[1] for row in rows), sum(weight for _, weight in forms)
        rows = [(name, weight / total * (1 - kinds), units) for name, weight, units in rows]
        return rows + [(form, weight / forms_total * kinds, (_KIND,)) for form, weight in forms]

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
