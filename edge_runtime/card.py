"""The card of a model: everything the runtime must know about a network, as checked JSON.

A card travels inside the model file (``bundle.py``). Reading it is strict: a field that is missing,
unknown or of the wrong type is refused, because a guess there would silently misread lines.
"""

import json
from dataclasses import asdict, dataclass, field, fields
from types import NoneType
from typing import Any, Final, Self, get_args, get_origin, get_type_hints

from edge_runtime.errors import BundleError

SCHEMA: Final = 1
LAYOUTS: Final = ("dynamic", "fixed")


@dataclass(frozen=True, kw_only=True)
class Card:
    """What ``card.json`` says, schema 1.

    Raises:
        BundleError: a value is impossible (sizes, layout, hashes).
    """

    schema: int = SCHEMA
    """Version of this list of fields."""
    name: str
    """Short name of the model, e.g. ``vi-line``."""
    architecture: dict[str, Any]
    """Family and settings the network was built from, e.g. ``{"family": "slim-gru", ...}``."""
    charset_sha256: str = ""
    """SHA-256 of ``charset.txt``; filled in when the bundle is written."""
    preprocessing: dict[str, Any]
    """Every constant between picture and network, see ``Preprocessing.as_dict``."""
    layout: str
    """``dynamic``: the input's width is chosen per line; ``fixed``: lines are padded to one."""
    width_multiple: int
    """The input's width is a multiple of this, pixels."""
    min_width: int
    """Narrowest input, pixels."""
    max_width: int
    """Widest input, pixels; longer lines are squeezed to it."""
    time_stride: int
    """Pixels of the input per time step of the output."""
    precision: dict[str, str]
    """Number format of each part of the network, e.g. ``{"cnn": "int8", "head": "dynamic"}``."""
    training: dict[str, Any]
    """Where the network comes from: data sets, split, recipe, epochs, checkpoint."""
    metrics: list[dict[str, Any]]
    """Measured accuracy: each with the data's name, n, cer and its interval."""
    network_sha256: str = ""
    """SHA-256 of the network's bytes; filled in when the bundle is written."""
    network_bytes: int = 0
    """Length of the network; filled in when the bundle is written."""
    tool_version: str
    """Version of edge-htr that made the file."""
    calibration: dict[str, list[float]] = field(default_factory=dict)
    """Shift and inverse temperature of each kind of confidence, see ``calibration.py``."""
    runtime: str
    """What can run the network, e.g. ``ai-edge-litert>=2.1 or tflite-runtime==2.14``."""
    created: str
    """When it was made, ISO 8601 in UTC."""

    def __post_init__(self) -> None:
        """Refuse values no network can have."""
        if self.schema != SCHEMA:
            raise _bad(f"schema {self.schema} is not {SCHEMA}; a newer edge-htr may read it")
        if self.layout not in LAYOUTS:
            raise _bad(f"layout {self.layout!r} is neither 'dynamic' nor 'fixed'")
        if min(self.width_multiple, self.min_width, self.time_stride) < 1:
            raise _bad("width_multiple, min_width and time_stride must be at least 1")
        if not self.min_width <= self.max_width <= 2**15:
            raise _bad(f"widths {self.min_width} to {self.max_width} are not a range up to 32768")
        if self.max_width % self.width_multiple or self.min_width % self.width_multiple:
            raise _bad(
                f"widths {self.min_width} to {self.max_width} are not multiples of"
                f" {self.width_multiple}"
            )

    def as_dict(self) -> dict[str, Any]:
        """The fields as plain values, in the order of the class."""
        return asdict(self)

    def to_json(self) -> str:
        """The card as it is stored: UTF-8 text, indented, the fields in the order of the class."""
        return json.dumps(self.as_dict(), ensure_ascii=False, indent=2, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a stored card.

        Raises:
            BundleError: no JSON object, or a field is unknown, missing or of the wrong type.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise _bad(f"card.json is not JSON ({error})") from None
        if not isinstance(values, dict):
            raise _bad("card.json is not a JSON object")
        return cls.from_dict(values)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Read a card from plain values.

        Raises:
            BundleError: a field is unknown, missing or of the wrong type.
        """
        if values.get("schema") != SCHEMA:  # said first: other versions have other fields
            raise _bad(f"schema {values.get('schema')!r} is not {SCHEMA}")
        hints = get_type_hints(cls)
        names = [f.name for f in fields(cls)]
        if unknown := sorted(set(values) - set(names)):
            raise _bad(f"unknown field {', '.join(unknown)}")
        values = {"calibration": {}, **values}  # models without one are older than the field
        if missing := [name for name in names if name not in values]:
            raise _bad(f"missing field {', '.join(missing)}")
        for name in names:
            if not _fits(values[name], hints[name]):
                raise _bad(f"{name} is {_short(values[name])}, not {_type_name(hints[name])}")
        return cls(**values)


def _bad(reason: str) -> BundleError:
    return BundleError(f"card check failed: {reason}")


def _fits(value: object, hint: Any) -> bool:
    """Whether a JSON value has the declared type; ``true`` is no number."""
    if hint is Any:
        return isinstance(value, (str, int, float, bool, list, dict, NoneType))
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is list:
        return isinstance(value, list) and all(_fits(item, arguments[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(item, arguments[1]) for item in value.values())
    return isinstance(value, hint) and not isinstance(value, bool)


def _type_name(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
