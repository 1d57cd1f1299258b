"""The tiny models are what their generator makes."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from edge_runtime.bundle import Bundle
from edge_runtime.interpreter import open_network
from tests.block_script import ink_of
from tests.tiny_models import FIXTURES, model_path


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    pytest.importorskip("tensorflow")
    path = FIXTURES / "make_tiny_bundles.py"
    spec = importlib.util.spec_from_file_location("make_tiny_bundles", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.desktop
@pytest.mark.parametrize("name", ["tiny-dynamic", "tiny-gru", "tiny-fixed"])
def test_the_files_give_what_keras_gives(generator: ModuleType, name: str) -> None:
    bundle = Bundle.open(model_path(name))
    width = 256
    ink = np.pad(ink_of("xa1 đx"), ((0, 0), (0, width)))[:, :width]
    expected = generator.build(width).predict_on_batch(ink[None, :, :, None] / np.float32(255))
    found = open_network(bundle.network, bundle.card, threads=1).run(ink)
    np.testing.assert_allclose(found, expected[0], atol=1e-4)


@pytest.mark.desktop
def test_the_generator_makes_a_working_file(generator: ModuleType, tmp_path: Path) -> None:
    function = generator.frozen(generator.build(None), None, loop=True)
    network = generator.convert(function)
    old = Bundle.open(model_path("tiny-gru"))
    ink = ink_of("ă1")
    fresh = open_network(network, old.card, threads=1).run(ink)
    stored = open_network(old.network, old.card, threads=1).run(ink)
    np.testing.assert_allclose(fresh, stored, atol=1e-4)
