"""Every family gives the same logits under JAX as under TensorFlow, from the same weights file.

One process builds all families under JAX: most of its time is importing.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.desktop

from train.networks import FAMILIES, build_network  # noqa: E402

CLASSES = 7
WIDTH = 96
STEM: dict[str, Any] = {"height": 32, "first": 4, "stages": (4, 6, 8), "features": 16}
SETTINGS: dict[str, dict[str, Any]] = {
    "slim-gru": STEM | {"units": (8,)},
    "cnn": STEM,
    "conv-attention": STEM | {"heads": 2},
    "seed": {"width": WIDTH, "filters": 4, "units": 8},
}

# Optimising the compiled code would take four times as long as everything else here.
UNDER_JAX_ENV = {"KERAS_BACKEND": "jax", "XLA_FLAGS": "--xla_backend_optimization_level=0"}
_UNDER_JAX = """
import json, pathlib, sys
import keras, numpy as np
from train.networks import build_network
assert keras.backend.backend() == "jax"
folder, classes = pathlib.Path(sys.argv[1]), int(sys.argv[2])
for family, settings in json.loads(sys.argv[3]).items():
    network = build_network(family, settings, classes)
    network.load_weights(folder / (family + ".weights.h5"))
    x = np.load(folder / (family + ".in.npy"))
    np.save(folder / (family + ".out.npy"), network.predict(x, verbose=0))
"""


def settle(network: Any, rng: np.random.Generator) -> None:
    """Give batch normalisation and biases other values than the ones they start with."""
    for weight in network.weights:
        if "seed_generator" not in weight.path:
            value = np.asarray(weight)
            weight.assign(value + 0.2 * (rng.random(value.shape) - 0.5).astype(value.dtype))


def test_every_family_is_tried_here() -> None:
    assert set(FAMILIES) == set(SETTINGS)


@pytest.mark.timeout(900)
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_the_same_weights_give_the_same_logits_on_jax(tmp_path: Path, root_dir: Path) -> None:
    rng = np.random.default_rng(3)
    here = {}
    for name, settings in SETTINGS.items():
        network = build_network(name, settings, CLASSES)
        settle(network, rng)
        network.save_weights(tmp_path / f"{name}.weights.h5")
        x = rng.random((2, network.input_shape[1], WIDTH, 1), np.float32)
        np.save(tmp_path / f"{name}.in.npy", x)
        here[name] = np.asarray(network(x, training=False))
    subprocess.run(
        [sys.executable, "-c", _UNDER_JAX, str(tmp_path), str(CLASSES), json.dumps(SETTINGS)],
        env=os.environ | UNDER_JAX_ENV | {"PYTHONPATH": str(root_dir)},
        check=True,
        timeout=800,
    )
    for name, logits in here.items():
        there = np.load(tmp_path / f"{name}.out.npy")
        assert there.shape == logits.shape
        assert np.ptp(logits) > 0.01
        np.testing.assert_allclose(there, logits, atol=1e-4, err_msg=name)
