"""Places inside places, and their layout as a lexicon's sections."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edge_runtime.errors import LexiconError
from edge_runtime.lexicon_meta import LEVELS, Kind
from train.lexicon.words import Arrays, cost_byte

MAX_UNITS = 500_000


@dataclass
class Unit:
    """A place: province, district or ward."""

    name: str
    """Without its kind, as it is to be shown."""
    kind: Kind
    code: int = 0
    """Official code; 0 if it is not known."""
    spellings: list[tuple[str, float]] = field(default_factory=list)
    """Other ways to write the name, each with its weight against 1 for the name."""
    inside: list["Unit"] = field(default_factory=list)

    def find(self, name: str, kind: Kind, fold: Any) -> "Unit | None":
        """The place inside that has this name, of this kind if there are several."""
        same = [unit for unit in self.inside if fold(unit.name) == fold(name)]
        exact = [unit for unit in same if unit.kind == kind]
        return next(iter(exact or same), None)


def walk(units: Iterable[Unit]) -> Iterator[Unit]:
    """All places, the outer ones before what is inside them."""
    for unit in units:
        yield unit
        yield from walk(unit.inside)


def unit_sections(provinces: list[Unit], kinds: tuple[Kind, ...]) -> Arrays:
    """The sections of places.

    Raises:
        LexiconError: a place lies in a smaller one, or there are too many.
    """
    rows, first, position = [provinces], [0], 0
    units: list[Unit] = []
    while position < len(rows):  # grows while it is walked: outer places before inner ones
        units += rows[position]
        rows += [unit.inside for unit in rows[position]]
        first.append(len(units))
        position += 1
    if len(units) > MAX_UNITS:
        raise LexiconError(f"{len(units)} places are more than {MAX_UNITS}")
    texts: dict[str, int] = {}
    names, name_text, name_cost = [0], [], []
    for unit in units:
        for name, weight in {unit.name: 1.0, **dict(reversed(unit.spellings))}.items():
            name_text.append(texts.setdefault(name, len(texts)))
            name_cost.append(cost_byte(-math.log(weight)))
        names.append(len(name_text))
    blobs = [text.encode("utf-8") for text in texts]
    return {
        "unit.first": np.array(first, np.uint32),
        "unit.kind": np.array([kinds.index(unit.kind) for unit in units], np.uint8),
        "unit.code": np.array([unit.code for unit in units], np.uint32),
        "unit.names": np.array(names, np.uint32),
        "name.text": np.array(name_text, np.uint32),
        "name.cost": np.array(name_cost, np.uint8),
        "text.first": np.cumsum([0, *map(len, blobs)]).astype(np.uint32),
        "text.bytes": np.frombuffer(b"".join(blobs), np.uint8),
    }


def check_levels(provinces: Iterable[Unit]) -> None:
    """Refuse a place that lies in a smaller one or in none of the level above.

    Raises:
        LexiconError: naming the place.
    """
    for unit in walk(provinces):
        for inner in unit.inside:
            if inner.kind.level <= unit.kind.level:
                raise LexiconError(
                    f"{inner.kind.name} {inner.name} ({LEVELS[inner.kind.level]}) cannot lie in"
                    f" {unit.kind.name} {unit.name} ({LEVELS[unit.kind.level]})"
                )
