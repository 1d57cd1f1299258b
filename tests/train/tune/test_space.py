"""Search spaces: what a file may say, and which candidates come of it."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from edge_runtime.errors import RecipeError
from train.recipe import RECIPES, read_toml
from train.tune.candidates import candidates, changed, dotted, nested
from train.tune.space import SPACES, find_space, load_space
from train.tune.toml_text import toml_text

SPACE = """
base = "vi-line-finish"
draws = 4
[recipe.synthesis]
weight = 0.0
[[candidate]]
name = "small"
network = { size = "small" }
[choices]
"optimizer.learning_rate" = [1e-3, 2e-3, 4e-3]
network.config.units = [[96], [128, 128]]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "space.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted(SPACES.glob("*.toml")), ids=lambda p: p.stem)
def test_each_shipped_space_is_valid(path: Path) -> None:
    space = load_space(find_space(path.stem))
    found = candidates(space, 1)
    assert len(found) > 1
    assert all(one.recipe.synthesis.weight == 0 for one in found)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("draws", "draw", "unknown key 'draw'"),
        ('base = "vi-line-finish"', "", "'base' must name a recipe"),
        ("vi-line-finish", "nothing", "no recipe 'nothing'"),
        ('"small"\n', '"no/slash"\n', "must be letters, digits"),
        ('"small"\n', '"draw-1"\n', "is given to drawn ones"),
        ("draws = 4", "", "need each other"),
        ("draws = 4", "draws = true", "must be a whole number"),
        ("[1e-3, 2e-3, 4e-3]", "[]", "must be a list of values"),
        ("[choices]", "[limits]\nmac = 1\n[choices]", "unknown key 'limits.mac'"),
        ("[choices]", "[budget]\nrungs = [{ view = 1 }]\n[choices]", "unknown key 'budget.rungs"),
        ("[choices]", "[budget]\nrungs = []\n[choices]", "one rung at least"),
        ("[choices]", "[budget]\nrungs = [{ views = 9, keep = 2 }]\n[choices]", "keep above 0"),
        ("[choices]", "[budget]\nrank = 'luck'\n[choices]", "must be front or cer"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in SPACE
    with pytest.raises(RecipeError, match=message):
        load_space(write(tmp_path, SPACE.replace(old, new)))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('network = { colour = "red" }', "candidate small: network: unknown key 'colour'"),
        ("run = { epochs = 3 }", "run.epochs is not searched: the rungs say how long"),
    ],
)
def test_recipe_keys_are_checked_before_anything_runs(
    tmp_path: Path, line: str, message: str
) -> None:
    text = SPACE.replace('network = { size = "small" }', line)
    with pytest.raises(RecipeError, match=message):
        candidates(load_space(write(tmp_path, text)), 1)


def test_missing_files_and_names(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no such search space"):
        load_space(tmp_path / "none.toml")
    with pytest.raises(RecipeError, match="no search space 'none': families"):
        find_space("none")


def test_draws_differ_and_follow_from_the_seed(tmp_path: Path) -> None:
    space = load_space(write(tmp_path, SPACE))
    first, again, other = (candidates(space, seed) for seed in (1, 1, 2))
    assert [one.name for one in first] == ["small", "draw-1", "draw-2", "draw-3", "draw-4"]
    assert first == again
    assert [one.changes for one in first] != [one.changes for one in other]
    assert len({str(one.changes) for one in first[1:]}) == 4
    many = load_space(write(tmp_path, SPACE.replace("draws = 4", "draws = 9")))
    assert len(candidates(many, 1)) == 1 + 6  # there are no more combinations
    few = load_space(write(tmp_path, SPACE.replace("draws = 4", "draws = 1")))
    (_, drawn) = candidates(few, 1)
    assert drawn.recipe.network.size == "base"
    assert drawn.recipe.network.config["units"] in ([96], [128, 128])


def test_another_family_or_size_drops_the_settings_of_the_base() -> None:
    base: dict[str, Any] = {
        "network": {"family": "cnn", "size": "x", "config": {"first": 4}},
        "run": {"seed": 1},
    }
    assert changed(base, {"network": {"size": "y"}})["network"] == {"family": "cnn", "size": "y"}
    assert changed(base, {"network": {"family": "seed"}})["network"] == {"family": "seed"}
    merged = changed(base, {"network": {"config": {"kernel": 3}}, "run": {"workers": 2}})
    assert merged["network"] == base["network"] | {"config": {"first": 4, "kernel": 3}}
    assert merged["run"] == {"seed": 1, "workers": 2}
    assert changed({"augmentation": {"seed": 1}}, {"augmentation": False}) == {
        "augmentation": False
    }


def test_dotted_keys_there_and_back() -> None:
    table = {"a": {"b": {"c": [1]}, "d": 2}, "e": "f"}
    assert dotted(table) == {"a.b.c": [1], "a.d": 2, "e": "f"}
    assert nested(dotted(table)) == table
    with pytest.raises(RecipeError, match="inside a value"):
        nested({"a": 1, "a.b": 2})


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda p: p.stem)
def test_a_written_recipe_is_read_as_it_was(path: Path) -> None:
    values = read_toml(path)
    assert tomllib.loads(toml_text(values)) == values


def test_odd_keys_and_values_are_written_too() -> None:
    values = {
        "a b": {'q"\\': 'ü\n\x7f"', "on": True, "off": False, "few": [[1], [2.5, 1e-5]]},
        "list": [{"x": 1}],
    }
    assert tomllib.loads(toml_text(values)) == values
    with pytest.raises(TypeError, match="no place in a recipe"):
        toml_text({"a": None})
