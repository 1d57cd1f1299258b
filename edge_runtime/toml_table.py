"""A TOML table as a frozen dataclass, with every key and every type checked."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


def from_table(kind: type[T], table: object, where: str = "") -> T:
    """An instance of the dataclass `kind` from a parsed TOML table.

    Fields may be bool, int, float, str, another dataclass, `X | None`, `tuple[X, ...]` (a TOML
    array) or `Mapping[str, X]` (a TOML table with free keys). An int is taken for a float.

    Args:
        kind: the dataclass.
        table: what tomllib returned.
        where: dotted name of the table, for messages.

    Raises:
        ValueError: a key is unknown or missing, or a value has the wrong type.
    """
    if not isinstance(table, dict):
        raise ValueError(f"'{where}' must be a table, not {table!r}")
    known = {item.name: item for item in fields(kind)}  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            raise ValueError(f"unknown key '{_join(where, key)}': known are {', '.join(known)}")
    for key, item in known.items():
        if key not in table and item.default is MISSING and item.default_factory is MISSING:
            raise ValueError(f"'{_join(where, key)}' is missing")
    hints = get_type_hints(kind)
    return kind(**{k: _convert(hints[k], value, _join(where, k)) for k, value in table.items()})


def _convert(hint: Any, value: Any, where: str) -> Any:
    """`value` as the annotation `hint` wants it."""
    if get_origin(hint) is types.UnionType:  # X | None: TOML has no null, what is there is an X
        hint = get_args(hint)[0]
    origin, arguments = get_origin(hint), get_args(hint)
    if is_dataclass(hint) and isinstance(hint, type):
        return from_table(hint, value, where)
    if origin is tuple and isinstance(value, list):
        return tuple(_convert(arguments[0], item, where) for item in value)
    if origin is Mapping and isinstance(value, dict):
        return {key: _convert(arguments[1], item, _join(where, key)) for key, item in value.items()}
    if hint is float and type(value) is int:
        return float(value)
    if origin is not None or type(value) is not hint:
        raise ValueError(f"'{where}' must be {_describe(hint)}, not {value!r}")
    return value


def _describe(hint: Any) -> str:
    names = {tuple: "a list", Mapping: "a table", str: "text", int: "a whole number"}
    return names.get(get_origin(hint) or hint, getattr(hint, "__name__", str(hint)))


def _join(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key
