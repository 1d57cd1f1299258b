"""The seed network: the published numbers, the order of its layers."""

from math import prod
from typing import Any

import pytest

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.desktop

from train.networks.seed import SeedConfig, build_seed  # noqa: E402

SMALL = SeedConfig(width=90, filters=4, units=8)


def multiplications(network: Any) -> dict[str, float]:
    """Multiply-accumulates of the layers that have weights, in thousand millions a line."""
    found: dict[str, float] = {}
    for layer in network.layers:
        steps = prod(layer.output.shape[1:-1])
        if layer.name.startswith("blstm"):
            sizes = [w.shape for w in layer.weights if w.ndim == 2]
        elif layer.name.startswith(("conv", "logits")):
            sizes = [layer.kernel.shape]
        else:
            continue
        found[layer.name] = steps * sum(map(prod, sizes)) / 1e9
    return found


@pytest.fixture(scope="module")
def seed() -> Any:
    return build_seed()


def test_parameters_are_the_published_number(seed: Any) -> None:
    assert seed.count_params() == 12_969_038


def test_shapes_are_the_published_ones(seed: Any) -> None:
    assert seed.input_shape == (None, 163, 3002, 1)
    assert seed.get_layer("blstm1").input.shape == (None, 333, 512)
    assert seed.output_shape == (None, 333, 142)


def test_multiplications_by_layer(seed: Any) -> None:
    by_layer = multiplications(seed)
    assert round(sum(by_layer.values()), 1) == 19.5
    # Published estimates for the layers whose size does not depend on the rows after the pools.
    expected = {"conv1": 0.28, "conv2": 1.99, "blstm1": 1.40, "blstm2": 2.10, "logits": 0.05}
    assert {name: round(by_layer[name], 2) for name in expected} == pytest.approx(
        expected, abs=0.01
    )


def test_normalised_from_the_third_convolution_on(seed: Any) -> None:
    names = [layer.name for layer in seed.layers]
    assert [n for n in names if n.startswith("norm")] == [f"norm{i}" for i in range(3, 8)]
    assert [n for n in names if n.startswith("add")] == ["add4", "add6"]


def test_logits_are_not_probabilities_and_stay_float32(seed: Any) -> None:
    head = seed.get_layer("logits")
    assert head.activation.__name__ == "linear"
    assert head.compute_dtype == "float32"


def test_other_alphabets_change_only_the_head() -> None:
    few, many = (build_seed(SMALL, classes) for classes in (5, 9))
    assert many.count_params() - few.count_params() == 4 * (2 * SMALL.units + 1)
