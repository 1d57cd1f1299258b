"""TOML tables as dataclasses: what fits, and what is refused with which message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from edge_runtime.toml_table import from_table


@dataclass(frozen=True)
class Inner:
    size: int


@dataclass(frozen=True)
class Outer:
    name: str
    inner: Inner
    factor: float = 1.0
    limit: int | None = None
    on: bool = False
    tags: tuple[str, ...] = ()
    rates: Mapping[str, float] = field(default_factory=dict)


MINIMAL: dict[str, Any] = {"name": "a", "inner": {"size": 1}}


def test_defaults_fill_what_is_left_out() -> None:
    assert from_table(Outer, MINIMAL) == Outer("a", Inner(1))


def test_every_kind_of_field() -> None:
    table = {"factor": 2, "limit": 3, "on": True, "tags": ["x", "y"], "rates": {"int8": 1}}
    outer = from_table(Outer, MINIMAL | table)
    assert outer == Outer("a", Inner(1), 2.0, 3, True, ("x", "y"), {"int8": 1.0})
    assert type(outer.factor) is float


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"nmae": "a"}, "unknown key 'nmae': known are name, inner"),
        ({"inner": {"size": 1, "sise": 2}}, "unknown key 'inner.sise'"),
        ({"inner": {}}, "'inner.size' is missing"),
        ({"inner": 3}, "'inner' must be a table, not 3"),
        ({"name": 3}, "'name' must be text, not 3"),
        ({"factor": "2"}, "'factor' must be float, not '2'"),
        ({"limit": 1.5}, "'limit' must be a whole number, not 1.5"),
        ({"limit": True}, "'limit' must be a whole number, not True"),
        ({"on": 1}, "'on' must be bool, not 1"),
        ({"tags": "x"}, "'tags' must be a list, not 'x'"),
        ({"tags": [1]}, "'tags' must be text, not 1"),
        ({"rates": {"int8": "fast"}}, "'rates.int8' must be float, not 'fast'"),
        ({"rates": 1.0}, "'rates' must be a table, not 1.0"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="^" + message.replace(".", r"\.")):
        from_table(Outer, MINIMAL | change)


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ValueError, match="'name' is missing"):
        from_table(Outer, {"inner": {"size": 1}})
