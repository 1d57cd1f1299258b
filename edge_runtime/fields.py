"""The parts of an address that was read: house number, street, ward, district, province.

Places come from the grammar's reading of the line and carry their official code where the lexicon
knows it. What stands before them is taken apart by the words that Vietnamese addresses use.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from edge_runtime.addresses import AddressGrammar
from edge_runtime.ctc import WordReading
from edge_runtime.lexicon_meta import LEVELS
from edge_runtime.parse import Piece, parse
from edge_runtime.states import AT_PLACE, IN_NUMBERED_KIND, TAG, numbered_kind_of, place_of
from edge_runtime.units import Units

_CODE_DIGITS: Final = (2, 3, 5)
"""Digits of an official code, by level."""
_HOUSE = re.compile(
    r"(?:số nhà|nhà số|số|nhà|sn|no\.?#?)?[\s.:]*"
    r"(?P<number>[a-zđ]?\d[\w/.+-]*(?:\s*[-/]\s*\d\w*)*)(?=[\s,]|$)",
    re.IGNORECASE,
)
_AREA = re.compile(
    r"(?:^|(?<=[\s,]))(?:tổ|ấp|thôn|khu|kp|khóm|xóm|bản|buôn|làng|đội|tdp|kv|kđt|kdc|khối|cụm"
    r"|tiểu khu)(?=[\s.\d])",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:^|(?<=[\s,.]))(?P<kind>phường|quận|[pqf])[\s.]*(?P<number>\d{1,3})[\s,.]*$", re.IGNORECASE
)
_NUMBERED_LEVELS: Final = {"q": "district", "p": "ward", "f": "ward"}


@dataclass(frozen=True)
class Field:
    """One part of an address."""

    text: str
    """As it was read."""
    confidence: float
    """That all of it was read right, 0 to 1."""
    name: str | None = None
    """The official name with its kind, if the lexicon knows the place."""
    code: str | None = None
    """The official code, if the lexicon knows it."""

    def as_dict(self) -> dict[str, Any]:
        """The fields as plain values, the confidence rounded to 4 digits, without what is None."""
        values = {**asdict(self), "confidence": round(self.confidence, 4)}
        return {name: value for name, value in values.items() if value is not None}


def address_fields(
    grammar: AddressGrammar, text: str, words: Sequence[WordReading]
) -> dict[str, Field]:
    """The parts of an address, in reading order: those that were found.

    Args:
        grammar: of the lexicon that the line was read with.
        text: the line.
        words: its words with their confidences.

    Returns:
        Some of ``house_number``, ``street``, ``area`` (hamlet, block), ``ward``, ``district`` and
        ``province``; none for a line that is no address.
    """
    pieces = parse(grammar, text) or []
    spans, units = _places(grammar, pieces)
    head_end = min((start for start, _ in spans.values()), default=len(text))
    head_end = _numbered(text, head_end, spans)
    if not spans:
        return {}
    _head(text[:head_end], spans)
    found = {}
    for name in ("house_number", "street", "area", *reversed(LEVELS)):
        if name in spans:
            start, end = spans[name]
            name_and_code = _official(grammar.units, units.get(name))
            confidence = _confidence(words, text, start, end)
            found[name] = Field(text[start:end], confidence, *name_and_code)
    return found


Spans = dict[str, tuple[int, int]]


def _places(grammar: AddressGrammar, pieces: list[Piece]) -> tuple[Spans, dict[str, int]]:
    """Where the places stand, by level, and which they are."""
    units = grammar.units
    spans: Spans = {}
    last: tuple[int, ...] = ()
    for piece in pieces:
        place = grammar.place(place_of(piece.after).place) if piece.after & TAG == AT_PLACE else ()
        if place:
            last = place
            level = units.level(last[0])
        elif piece.inside & TAG == IN_NUMBERED_KIND:
            around = grammar.place(numbered_kind_of(piece.inside).place)
            level = units.level(around[0]) + 1
        else:
            break
        name = LEVELS[level]
        end = spans[name][1] if name in spans else piece.end
        spans[name] = piece.start, end
    chosen: dict[str, int] = {}
    unit = _newest(units, last)
    while unit is not None:
        chosen[LEVELS[units.level(unit)]] = unit
        unit = units.parent(unit)
    return spans, chosen


def _newest(units: Units, same: tuple[int, ...]) -> int | None:
    """Of places with one name the last listed, which is the one in force; one with a code first."""
    return max(same, key=lambda unit: (units.code(unit) > 0, unit), default=None)


def _numbered(text: str, head_end: int, spans: Spans) -> int:
    """Phường 6, Q5 before the known places: places too, though the lexicon does not list them."""
    while match := _NUMBERED.search(text[:head_end]):
        level = _NUMBERED_LEVELS[match["kind"][0].lower()]
        if level in spans:
            break
        spans[level] = match.start("kind"), match.end("number")
        head_end = match.start()
    return head_end


def _head(head: str, spans: Spans) -> None:
    """Find house number, street and area in what stands before the places."""
    start = 0
    if match := _HOUSE.match(head):
        spans["house_number"] = match.span("number")
        start = match.end()
    area = _AREA.search(head, start)
    for name, low, high in (
        ("street", start, area.start() if area else len(head)),
        ("area", area.start() if area else len(head), len(head)),
    ):
        piece = head[low:high]
        low += len(piece) - len(piece.lstrip(" ,.;-"))
        high -= len(piece) - len(piece.rstrip(" ,.;-"))
        if low < high:
            spans[name] = low, high


def _official(units: Units, unit: int | None) -> tuple[str | None, str | None]:
    if unit is None:
        return None, None
    code = units.code(unit)
    width = _CODE_DIGITS[units.level(unit)]
    return f"{units.kind(unit).name} {units.name(unit)}", f"{code:0{width}d}" if code else None


def _confidence(words: Sequence[WordReading], text: str, start: int, end: int) -> float:
    """The product over the words that a part of the text touches."""
    product, position = 1.0, 0
    for word in words:
        position = text.index(word.text, position)
        if position < end and position + len(word.text) > start:
            product *= word.confidence
        position += len(word.text)
    return product
