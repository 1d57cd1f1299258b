"""What the header of a lexicon says: its alphabet, kinds of places, weights and sources."""

import math
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Self

from edge_runtime.errors import LexiconError

SCHEMA: Final = 1
LEVELS: Final = ("province", "district", "ward")
_LIMIT: Final = 1000.0
"""No weight is larger than this; it keeps sums finite."""


@dataclass(frozen=True)
class Kind:
    """A kind of place, such as Quận, with what people write for it."""

    name: str
    level: int
    """0 province, 1 district, 2 ward."""
    forms: tuple[tuple[str, float], ...]
    """Spellings in small letters, and how often each is used (relative)."""
    numbered: bool = False
    """Whether places of this kind may have a number for a name."""


@dataclass(frozen=True)
class Weights:
    """What decoding adds to and takes from the network's log probabilities, in nats.

    Four numbers are for the four places of an address, backwards: at the end of the line, after a
    province, after a district, after a ward.
    """

    scale: float = 0.6
    """What one nat of the language model weighs against one of the network."""
    bonus: float = 1.5
    """Given for each character; without it every character makes a text less likely."""
    tree: tuple[float, ...] = (0.5, 0.2, 0.3, 0.3)
    """Cost of a place that the lexicon lists here."""
    leave: tuple[float, ...] = (2.0, 3.0, 2.5, 0.5)
    """Cost of any other text here."""
    number: tuple[float, ...] = (9.0, 4.0, 3.0, 9.0)
    """Cost of a place with a number for a name here."""
    typed: tuple[float, ...] = (0.0, 0.1, 0.35, 0.35)
    """Share of places that are written with their kind."""
    other_kind: float = 0.05
    """Weight of a kind that is not the place's own, against its own."""
    bare_district: float = 0.1
    """Weight of a district without its province at the end of a line, against a province."""
    words: float = 1.0
    """What the cost of a word of the text weighs; places always weigh 1."""
    unknown: float = 4.0
    """Cost of beginning a word that is not in the lexicon."""
    digits: float = 0.5
    """Cost of beginning a number."""
    number_letter: float = 3.0
    """Cost of a letter in a number; a digit costs ln 10."""
    number_sign: float = 1.5
    """Cost of a stroke or another sign in a number."""
    free: float = 8.0
    """Cost of leaving a whole line to the network."""
    sign: float = 3.0
    """Cost of a punctuation mark."""
    boundary_sign: float = 0.3
    """Cost of a comma or full stop between two places."""
    small: tuple[float, ...] = (6.0, 1.2, 6.0, 0.0)
    """Cost of a small first letter in a line in Title Case, in natural case, in capitals, mixed."""
    capital: tuple[float, ...] = (0.0, 0.15, 0.0, 0.0)
    """Cost of a capital first letter in such lines."""
    inner_capital: tuple[float, ...] = (6.0, 4.0, 0.0, 0.0)
    """Cost of a capital letter inside a word in such lines."""
    inner_small: tuple[float, ...] = (0.0, 0.0, 4.0, 0.0)
    """Cost of a small letter inside a word in such lines."""
    comma: tuple[float, ...] = (2.0, 0.0, 0.5, 0.0)
    """Cost of a comma in such lines."""
    style: tuple[float, ...] = (0.0, 0.0, 2.0, 6.0)
    """Cost of a line being in Title Case, in natural case, in capitals, mixed."""

    def __post_init__(self) -> None:
        """Refuse what is not a finite number of the right count."""
        for item in fields(self):
            value = getattr(self, item.name)
            numbers = value if isinstance(value, tuple) else (value,)
            count = len(item.default) if isinstance(item.default, tuple) else 1
            if len(numbers) != count or not all(_is_number(x) for x in numbers):
                raise LexiconError(f"weight check failed: {item.name} is {str(value)[:60]!r}")
        if self.scale <= 0:
            raise LexiconError(f"weight check failed: scale is {self.scale}, not above 0")

    @classmethod
    def from_dict(cls, values: object) -> Self:
        """Weights from plain values; what is not named keeps its default.

        Raises:
            LexiconError: an unknown name, or a value that is no finite number.
        """
        if not isinstance(values, dict):
            raise LexiconError("weight check failed: not a table of names and numbers")
        if unknown := sorted(set(values) - {f.name for f in fields(cls)}):
            raise LexiconError(f"weight check failed: unknown weight {', '.join(unknown)}")
        given: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in values.items()
        }
        return cls(**given)


@dataclass(frozen=True)
class LexiconMeta:
    """The header of a lexicon file."""

    name: str
    alphabet: str
    """The letters of the words in small case; 0 stands for every digit."""
    words: int
    """How many words there are."""
    kinds: tuple[Kind, ...] = ()
    weights: Weights = field(default_factory=Weights)
    sources: tuple[dict[str, str], ...] = ()
    """What it was made from: name, licence, and the notice that has to travel with it."""

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Read a header.

        Raises:
            LexiconError: a field is missing, unknown or not what it has to be.
        """
        if values.get("schema") != SCHEMA:
            raise LexiconError(
                f"schema check failed: schema {values.get('schema')!r}, not {SCHEMA}"
            )
        known = {f.name: f for f in fields(cls)}
        if set(values) - {"schema"} != set(known):
            raise LexiconError("header check failed: it has other fields than it must have")
        name, alphabet, words = values["name"], values["alphabet"], values["words"]
        if not isinstance(name, str) or not isinstance(alphabet, str):
            raise LexiconError("header check failed: name or alphabet is no text")
        if not 0 < len(alphabet) < 254 or len(set(alphabet)) != len(alphabet):
            raise LexiconError("header check failed: the alphabet needs 1 to 253 distinct letters")
        if not isinstance(words, int) or isinstance(words, bool) or words < 0:
            raise LexiconError("header check failed: words is no count")
        return cls(
            name,
            alphabet,
            words,
            tuple(_kind(kind) for kind in _list(values["kinds"], "kinds")),
            Weights.from_dict(values["weights"]),
            tuple(_source(source) for source in _list(values["sources"], "sources")),
        )

    def as_dict(self) -> dict[str, Any]:
        """The fields as plain values, as they are stored."""
        return {"schema": SCHEMA, **asdict(self)}


def _is_number(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and abs(value) <= _LIMIT
    )


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise LexiconError(f"header check failed: {name} is no list")
    return list(value)


def _kind(value: object) -> Kind:
    try:
        kind = Kind(
            value["name"],  # type: ignore[index]
            value["level"],  # type: ignore[index]
            tuple((form, weight) for form, weight in value["forms"]),  # type: ignore[index]
            value["numbered"],  # type: ignore[index]
        )
    except (TypeError, KeyError, ValueError):
        raise LexiconError("header check failed: a kind of place is incomplete") from None
    forms_fit = all(isinstance(f, str) and f and _is_number(w) and w > 0 for f, w in kind.forms)
    fits = isinstance(kind.name, str) and kind.level in range(len(LEVELS))
    if not fits or not kind.forms or not forms_fit or not isinstance(kind.numbered, bool):
        raise LexiconError(f"header check failed: the kind of place {str(kind.name)[:40]!r}")
    return kind


def _source(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(x, str) for x in value.values()):
        raise LexiconError("header check failed: a source is no table of texts")
    return value
