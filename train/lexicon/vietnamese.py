"""What is particular to Vietnamese: kinds of places, tone marks, abbreviations."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from edge_runtime.charset import normalize_text
from edge_runtime.errors import LexiconError
from edge_runtime.lexicon_meta import Kind
from train.lexicon.units import Unit
from train.synth.corpus import clean
from train.synth.tones import new_placement, old_placement

_USUAL_KIND = ("Tỉnh", "Huyện", "Xã")
"""By level: what a place is whose kind is not given."""
_OTHER_TONE = 0.4
"""Weight of a name with its tones placed in the other way."""
_INITIALS = 0.01
"""Weight of a name's first letters, as in Q PN for Quận Phú Nhuận."""
_DASH = re.compile(r"\s*-\s*")


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("vietnam.toml").read_text(encoding="utf-8"))


@cache
def kinds() -> tuple[Kind, ...]:
    """The kinds of Vietnamese places."""
    return tuple(
        Kind(k["name"], k["level"], tuple(k["forms"].items()), k.get("numbered", False))
        for k in _table()["kind"]
    )


def head_phrases() -> dict[str, float]:
    """What stands before the places of an address, with its share of the lines."""
    return dict(_table()["heads"]["phrases"])


def fold(name: str) -> str:
    """A name as names are compared: small letters, new tone places, no dashes."""
    return normalize_text(_DASH.sub(" ", new_placement(name.lower())))


def split_kind(full: str, level: int) -> tuple[Kind, str]:
    """Kind and name of a place such as ``Huyện An Phú``; the usual kind if none is written.

    Raises:
        LexiconError: nothing is left of the name.
    """
    text = clean(full)
    found = [k for k in kinds() if k.level == level and fold(text).startswith(fold(k.name) + " ")]
    kind = found[0] if found else next(k for k in kinds() if k.name == _USUAL_KIND[level])
    name = text[len(kind.name) + 1 :] if found else text
    if not name:
        raise LexiconError(f"{full!r} is no name of a place")
    return kind, str(int(name)) if name.isdecimal() else name


def add_unit(outer: Unit, full: str, level: int, code: int = 0) -> Unit:
    """The place with that name inside another, made if it is not there.

    A place without a code is taken for one of the same name that has another kind: a district that
    has become a town since the list was written.
    """
    kind, name = split_kind(full, level)
    unit = outer.find(name, kind, fold)
    if unit is None or (unit.kind != kind and code and unit.code and unit.code != code):
        unit = Unit(name, kind, code, spellings(name, level))
        outer.inside.append(unit)
    unit.code = code or unit.code
    return unit


def spellings(name: str, level: int) -> list[tuple[str, float]]:
    """Other ways to write a place's name."""
    found: dict[str, float] = dict(_table()["spellings"].get(name, {}))
    if "-" in name:
        found |= {_DASH.sub(dash, name): 1.0 for dash in (" ", "-", " - ")}
    for text in (name, *found):
        for other in (new_placement(text), old_placement(text)):
            found = {other: _OTHER_TONE, **found}
    initials = "".join(word[0] for word in name.split())
    if len(initials) > 1 and level < 2:
        found = {initials: _INITIALS, **found}
    found.pop(name, None)
    return list(found.items())


def word_spellings(word: str) -> list[tuple[str, float]]:
    """A word with its tone in the new and in the old place."""
    old = old_placement(word)
    return [(word, 1.0)] if old == word else [(word, 0.7), (old, 0.3)]


def words_of(text: str) -> list[str]:
    """The words of a text as they are counted: small letters, new tone places, no punctuation."""
    pieces = (piece.strip(".,;:()\"'!?-") for piece in new_placement(clean(text).lower()).split())
    return [piece for piece in pieces if piece]
