"""Writes plain values as TOML, so that the recipe of every run lies beside it.

The standard library only reads TOML; what a recipe holds takes these few rules to write.
"""

import json
from typing import Any


def toml_text(values: dict[str, Any], prefix: str = "") -> str:
    """Tables of numbers, texts, booleans and lists as a TOML document.

    Raises:
        TypeError: a value is of another kind.
    """
    plain = [
        f"{_key(name)} = {_value(value)}\n"
        for name, value in values.items()
        if not isinstance(value, dict)
    ]
    tables = [
        f"\n[{prefix}{_key(name)}]\n{toml_text(value, f'{prefix}{_key(name)}.')}"
        for name, value in values.items()
        if isinstance(value, dict)
    ]
    return "".join([*plain, *tables])


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if bare else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(name)} = {_value(one)}' for name, one in value.items())} }}"
    raise TypeError(f"{value!r} has no place in a recipe")


def _text(text: str) -> str:
    """JSON's escapes are TOML's, but for the one control character that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
