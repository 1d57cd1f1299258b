"""From a search space to its candidates: named ones, then some drawn at random."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np

from edge_runtime.errors import RecipeError
from train.recipe import Recipe, read_toml, recipe_from_dict
from train.tune.space import Space, Table

_SETTLED = {
    "run.epochs": "the rungs say how long",
    "run.early_stopping": "every rung is a whole schedule",
    "run.restore_best": "every rung is a whole schedule",
    "run.evaluate_every": "a rung is measured at its end",
    "run.seed": "give --seed",
}
"""Keys that a search decides on, and how."""


@dataclass(frozen=True)
class Candidate:
    """One thing to try."""

    name: str
    changes: Table
    """What differs from the base, in the tables of a recipe."""
    values: Table
    """All of its recipe that is not left at the default."""
    drawn: bool = False

    @property
    def recipe(self) -> Recipe:
        """Its recipe."""
        return recipe_from_dict(self.values, self.name)


def candidates(space: Space, seed: int) -> list[Candidate]:
    """All candidates of a space, the named ones first.

    Args:
        space: where they are.
        seed: of the random ones (Bergstra & Bengio 2012: better than a grid of as many).

    Raises:
        RecipeError: a recipe key is unknown or wrong, or one that the search itself decides on.
    """
    base = changed(read_toml(space.base), space.recipe)
    _refuse_settled(space.recipe, "recipe")
    found = [Candidate(one.name, one.changes, changed(base, one.changes)) for one in space.named]
    for number, changes in enumerate(_draw(space, seed), 1):
        found.append(Candidate(f"draw-{number}", changes, changed(base, changes), drawn=True))
    for one in found:
        _refuse_settled(one.changes, one.name)
        recipe_from_dict(one.values, f"candidate {one.name}")
    return found


def changed(base: Table, changes: Table) -> Table:
    """A recipe's values with some of them changed.

    Another network family or size starts from its own settings: those of the base are dropped.
    """
    out = dict(base)
    for key, value in changes.items():
        old = out.get(key)
        if key == "network" and isinstance(value, dict) and value.keys() & {"family", "size"}:
            kept = {} if "family" in value else {"family": (old or {}).get("family", "slim-gru")}
            out[key] = kept | value
        elif isinstance(old, dict) and isinstance(value, dict):
            out[key] = changed(old, value)
        else:
            out[key] = value
    return out


def _draw(space: Space, seed: int) -> Iterator[Table]:
    """Different combinations of the choices, as many as there are if fewer than wanted."""
    rng = np.random.default_rng(seed)
    values = list(space.choices.values())
    count = prod(len(some) for some in values)
    if count <= 4 * space.draws:
        every = list(product(*values))
        picks = [every[i] for i in rng.permutation(count)[: space.draws]]
    else:
        picks, seen = [], set()
        while len(picks) < space.draws:
            where = tuple(int(rng.integers(len(some))) for some in values)
            if where not in seen:
                seen.add(where)
                picks.append(tuple(some[i] for some, i in zip(values, where, strict=True)))
    for pick in picks:
        yield nested(dict(zip(space.choices, pick, strict=True)))


def nested(flat: dict[str, Any]) -> Table:
    """Dotted keys as tables inside tables.

    Raises:
        RecipeError: a key is a table and a value at once.
    """
    out: Table = {}
    for dotted, value in flat.items():
        *tables, last = dotted.split(".")
        place = out
        for name in tables:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                raise RecipeError(f"{dotted!r} lies inside a value")
        place[last] = value
    return out


def dotted(table: Table, prefix: str = "") -> dict[str, Any]:
    """Tables inside tables as dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat |= dotted(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _refuse_settled(changes: Table, where: str) -> None:
    for key in dotted(changes):
        if key in _SETTLED:
            raise RecipeError(f"{where}: {key} is not searched: {_SETTLED[key]}")
