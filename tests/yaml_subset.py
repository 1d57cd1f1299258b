"""Reads the little YAML that our GitHub action is written in; no YAML library is among the locks.

Mappings, lists of mappings, plain and double-quoted scalars, ``|`` blocks, comments on lines of
their own. Anything else is an error: a test that misreads the action would prove nothing.
"""

import re
from typing import Any

_KEY = re.compile(r"^([\w-]+):(?: (.*))?$")


def parse(text: str) -> Any:
    """The document as dicts, lists and strings."""
    rows = [(len(row) - len(row.lstrip(" ")), row.strip(" "), row) for row in text.splitlines()]
    value, rest = _value(rows, 0)
    if any(content and not content.startswith("#") for _, content, _ in rest):
        raise ValueError(f"not read: {rest[0][2]!r}")
    return value


def _skip(rows: list[Any]) -> list[Any]:
    while rows and (not rows[0][1] or rows[0][1].startswith("#")):
        rows = rows[1:]
    return rows


def _value(rows: list[Any], indent: int) -> tuple[Any, list[Any]]:
    rows = _skip(rows)
    if rows and rows[0][1].startswith("- "):
        return _list(rows, rows[0][0])
    return _mapping(rows, indent)


def _list(rows: list[Any], indent: int) -> tuple[list[Any], list[Any]]:
    items = []
    while rows and rows[0][0] == indent and rows[0][1].startswith("- "):
        first = (indent + 2, rows[0][1][2:], " " * (indent + 2) + rows[0][1][2:])
        item, rows = _mapping([first, *rows[1:]], indent + 2)
        items.append(item)
        rows = _skip(rows)
    return items, rows


def _mapping(rows: list[Any], indent: int) -> tuple[dict[str, Any], list[Any]]:
    found: dict[str, Any] = {}
    rows = _skip(rows)
    while rows and rows[0][0] == indent:
        match = _KEY.match(rows[0][1])
        if match is None:
            raise ValueError(f"not understood: {rows[0][2]!r}")
        key, said = match.groups()
        rows = rows[1:]
        if said == "|":
            found[key], rows = _block(rows, indent)
        elif said:
            found[key] = _scalar(said)
        else:
            found[key], rows = _value(rows, _skip(rows)[0][0])
        rows = _skip(rows)
    return found, rows


def _block(rows: list[Any], indent: int) -> tuple[str, list[Any]]:
    taken = []
    while rows and (not rows[0][1] or rows[0][0] > indent):
        taken.append(rows[0][2])
        rows = rows[1:]
    margin = len(taken[0]) - len(taken[0].lstrip(" "))
    return "\n".join(row[margin:] for row in taken).rstrip("\n") + "\n", rows


def _scalar(said: str) -> Any:
    if re.fullmatch(r'"[^"\\]*"', said):
        return said[1:-1]
    if re.fullmatch(r"[\w./-]+", said):
        return {"true": True, "false": False}.get(said, said)
    raise ValueError(f"not understood: {said!r}")
