"""A card is read strictly: what is missing, unknown or impossible is refused by name."""

import json
from typing import Any

import pytest

from edge_runtime.bundle import Bundle
from edge_runtime.card import Card
from edge_runtime.errors import BundleError
from tests.tiny_models import model_path


def stored(**changes: Any) -> dict[str, Any]:
    values = Bundle.open(model_path()).card.as_dict()
    return {**values, **changes}


def test_a_card_survives_its_json() -> None:
    card = Bundle.open(model_path()).card
    assert Card.from_json(card.to_json()) == card


def test_json_is_utf8_with_fields_in_order() -> None:
    text = Card.from_dict(stored(name="chữ viết")).to_json()
    assert '"name": "chữ viết"' in text
    assert next(iter(json.loads(text))) == "schema"


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(BundleError, match="card check failed: unknown field colour"):
        Card.from_dict(stored(colour="red"))


@pytest.mark.parametrize("name", ["preprocessing", "time_stride", "network_sha256", "metrics"])
def test_a_missing_field_is_refused(name: str) -> None:
    values = stored()
    del values[name]
    with pytest.raises(BundleError, match=f"missing field {name}"):
        Card.from_dict(values)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", 3),
        ("width_multiple", "16"),
        ("width_multiple", 16.0),
        ("width_multiple", True),
        ("preprocessing", []),
        ("precision", {"cnn": 8}),
        ("metrics", {"cer": 0.05}),
        ("metrics", ["0.05"]),
        ("layout", None),
    ],
)
def test_a_wrong_type_is_refused(name: str, value: object) -> None:
    with pytest.raises(BundleError, match=f"card check failed: {name} is "):
        Card.from_dict(stored(**{name: value}))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"schema": 2}, "schema 2 is not 1"),
        ({"layout": "elastic"}, "layout 'elastic'"),
        ({"width_multiple": 0}, "at least 1"),
        ({"time_stride": 0}, "at least 1"),
        ({"min_width": 2048}, "not a range"),
        ({"max_width": 2**20}, "not a range"),
        ({"max_width": 1000}, "not multiples of 16"),
    ],
)
def test_impossible_values_are_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(BundleError, match=reason):
        Card.from_dict(stored(**changes))


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '"card"', "[" * 100_000])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(BundleError, match=r"card check failed: card\.json is not"):
        Card.from_json(text)


def test_a_card_of_another_schema_is_named_as_such_whatever_else_it_lacks() -> None:
    with pytest.raises(BundleError, match="schema 7 is not 1"):
        Card.from_json('{"schema": 7, "unheard": "of"}')
