"""Recipes: every key is known or refused."""

from pathlib import Path

import pytest

from edge_runtime.errors import RecipeError
from train.networks import FAMILIES, resolve_config, time_stride
from train.recipe import RECIPES, Recipe, load_recipe, recipe_from_dict


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda p: p.stem)
def test_each_shipped_recipe_is_valid(path: Path) -> None:
    recipe = load_recipe(path)
    assert recipe.network.family in FAMILIES


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"run": {"epoch": 3}}, "unknown key 'epoch'"),
        ({"speed": 1}, "unknown key 'speed'"),
        ({"run": {"epochs": "3"}}, "epochs is '3': int expected"),
        ({"run": {"epochs": True}}, "epochs is True"),
        ({"run": 3}, "run must be a table"),
        ({"optimizer": {"learning_rate": "fast"}}, "float expected"),
    ],
)
def test_wrong_keys_and_types_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        recipe_from_dict(values)


def test_values_are_taken_and_the_rest_stays() -> None:
    recipe = recipe_from_dict(
        {"augmentation": False, "run": {"epochs": 3}, "optimizer": {"learning_rate": 1}}
    )
    assert recipe.augmentation is None
    assert recipe.run.epochs == 3
    assert recipe.optimizer.learning_rate == 1.0
    assert recipe.batches == Recipe().batches


def test_missing_and_broken_files(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no such recipe"):
        load_recipe(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("a = = 1")
    with pytest.raises(RecipeError, match=r"bad\.toml"):
        load_recipe(tmp_path / "bad.toml")


@pytest.mark.desktop
def test_network_settings() -> None:
    pytest.importorskip("keras")
    assert resolve_config("slim-gru", "nano", {})["units"] == (80, 72)
    assert resolve_config("slim-gru", None, {"features": 64})["features"] == 64
    assert time_stride("slim-gru") == 4
    with pytest.raises(RecipeError, match="no size 'huge'"):
        resolve_config("slim-gru", "huge", {})
    with pytest.raises(RecipeError, match="no setting 'colour'"):
        resolve_config("slim-gru", None, {"colour": 1})
    with pytest.raises(RecipeError, match="no network family 'rnn'"):
        resolve_config("rnn", None, {})
