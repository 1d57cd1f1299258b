"""A search space: what is tried, within which limits and for how long; unknown keys refused."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge_runtime.errors import RecipeError
from edge_runtime.toml_table import from_table
from train.recipe import find_recipe, read_toml, shipped_toml

SPACES = Path(__file__).parent.parent / "spaces"
"""Where the shipped spaces are."""

Table = dict[str, Any]


@dataclass(frozen=True)
class Rung:
    """One training of every candidate that is left."""

    views: int
    """Lines that a candidate is trained on, each time one is seen counted."""
    keep: float = 1.0
    """Share of the candidates that goes on to the next rung, rounded up."""


@dataclass(frozen=True)
class Budget:
    """The rungs of successive halving (Jamieson & Talwalkar 2016; Li et al. 2018)."""

    rungs: tuple[Rung, ...] = (Rung(views=126976),)
    rank: str = "front"
    """front: those that no other beats in CER and in MACs go on first; cer: by CER alone."""


@dataclass(frozen=True)
class Limits:
    """What a candidate may cost; more is refused before any training."""

    macs: int | None = None
    """Multiply-accumulates of the widest line."""
    parameters: int | None = None
    bytes: int | None = None
    """Of the weights in int8, as estimated."""


@dataclass(frozen=True)
class Named:
    """A candidate that the space names."""

    name: str
    changes: Table
    """What differs from the base, in the tables of a recipe."""


@dataclass(frozen=True)
class Space:
    """All that a space file says."""

    base: Path
    recipe: Table = field(default_factory=dict)
    """Changes of the base, for every candidate."""
    named: tuple[Named, ...] = ()
    choices: dict[str, list[Any]] = field(default_factory=dict)
    """Dotted recipe key -> values to draw from."""
    draws: int = 0
    """Candidates drawn from the choices."""
    limits: Limits = field(default_factory=Limits)
    budget: Budget = field(default_factory=Budget)


def find_space(name: str) -> Path:
    """The file of a space, see ``shipped_toml``."""
    return shipped_toml(name, SPACES, "search space")


def load_space(path: Path) -> Space:
    """Read a space; a base recipe in a file is looked for beside it.

    Raises:
        RecipeError: the file is missing, is not TOML, or has an unknown or wrong key.
    """
    values = read_toml(path, "search space")
    known = ("base", "recipe", "candidate", "choices", "draws", "limits", "budget")
    for key in values:
        if key not in known:
            raise RecipeError(f"{path}: unknown key {key!r}: one of {', '.join(known)}")
    try:
        limits = from_table(Limits, values.get("limits", {}), "limits")
        budget = from_table(Budget, values.get("budget", {}), "budget")
        space = Space(
            _base(values.get("base"), path),
            _table(values.get("recipe", {}), "recipe"),
            tuple(_named(item) for item in _list(values.get("candidate", []), "candidate")),
            _choices(_table(values.get("choices", {}), "choices")),
            values.get("draws", 0),
            limits,
            budget,
        )
        _check(space)
    except ValueError as error:
        raise RecipeError(f"{path}: {error}") from None
    return space


def _base(value: object, path: Path) -> Path:
    if not isinstance(value, str):
        raise ValueError("'base' must name a recipe or a recipe's .toml file")
    found = find_recipe(value)
    return path.parent / found if value.endswith(".toml") else found


def _named(item: object) -> Named:
    changes = dict(_table(item, "candidate"))
    name = changes.pop("name", None)
    if not isinstance(name, str) or not name.replace("-", "").replace("_", "").isalnum():
        raise ValueError(f"a candidate's 'name' must be letters, digits, - and _, not {name!r}")
    return Named(name, changes)


def _choices(table: Table, prefix: str = "") -> dict[str, list[Any]]:
    """Dotted key -> values; TOML makes tables of keys whose dots are not in quotes."""
    found: dict[str, list[Any]] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found |= _choices(value, f"{prefix}{key}.")
        elif isinstance(value, list) and value:
            found[prefix + key] = value
        else:
            raise ValueError(f"'choices.{prefix}{key}' must be a list of values, not {value!r}")
    return found


def _check(space: Space) -> None:
    names = [one.name for one in space.named]
    for name in names:
        if names.count(name) > 1 or name.startswith("draw-"):
            reason = "is given to drawn ones" if name.startswith("draw-") else "is there twice"
            raise ValueError(f"the candidate's name {name!r} {reason}")
    if type(space.draws) is not int or space.draws < 0:
        raise ValueError(f"'draws' must be a whole number, not {space.draws!r}")
    if bool(space.draws) != bool(space.choices):
        raise ValueError("'draws' and [choices] need each other")
    if not space.named and not space.draws:
        raise ValueError("no candidate: add a [[candidate]], or 'draws' with [choices]")
    if not space.budget.rungs:
        raise ValueError("'budget.rungs' must have one rung at least")
    for rung in space.budget.rungs:
        if rung.views < 1 or not 0 < rung.keep <= 1:
            raise ValueError("a rung needs views of 1 or more, and keep above 0 and up to 1")
    if space.budget.rank not in ("front", "cer"):
        raise ValueError(f"'budget.rank' must be front or cer, not {space.budget.rank!r}")


def _table(value: object, where: str) -> Table:
    if not isinstance(value, dict):
        raise ValueError(f"'{where}' must be a table, not {value!r}")
    return value


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"'{where}' must be tables, [[{where}]]")
    return value
