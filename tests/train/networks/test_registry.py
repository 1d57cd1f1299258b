"""Families by name: settings from a checkpoint's JSON, and what is refused."""

import json
from typing import Any

import pytest

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.desktop

from edge_runtime.errors import RecipeError  # noqa: E402
from train.networks import FAMILIES, build_network, resolve_config, time_stride  # noqa: E402

SMALL: dict[str, Any] = {"first": 4, "stages": [4, 6, 8], "features": 16}
OVERRIDES: dict[str, dict[str, Any]] = {
    "slim-gru": SMALL | {"units": [8]},
    "cnn": SMALL,
    "conv-attention": SMALL | {"blocks": 1, "heads": 2},
    "seed": {"width": 90, "filters": 4, "units": 8},
}


def test_every_family_is_tried_here() -> None:
    assert set(FAMILIES) == set(OVERRIDES)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_network_is_built_again_from_its_checkpoints_settings(family: str) -> None:
    config = json.loads(json.dumps(resolve_config(family, None, OVERRIDES[family])))
    network = build_network(family, config, 9)
    height, width = network.input_shape[1], network.input_shape[2]
    assert height == config["height"]
    assert network.output_shape[2] == 9
    if width is not None:
        assert network.output_shape[1] == width // time_stride(family)
    again = build_network(family, config, 9)
    assert again.count_params() == network.count_params()


@pytest.mark.parametrize("family", FAMILIES)
def test_unknown_settings_are_named(family: str) -> None:
    with pytest.raises(RecipeError, match="no setting 'colour'"):
        resolve_config(family, None, {"colour": 3})
    with pytest.raises(RecipeError, match="no size 'huge'"):
        resolve_config(family, "huge", {})


def test_unknown_families_are_named() -> None:
    for call in (lambda: resolve_config("lenet", None, {}), lambda: time_stride("lenet")):
        with pytest.raises(RecipeError, match="no network family 'lenet': slim-gru, cnn"):
            call()
