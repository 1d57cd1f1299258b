"""The PyTorch twin is the Keras network, and its loop trains, stops, resumes and refuses.

Recording needs an NVIDIA GPU; everything else is run here where PyTorch is installed.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("keras")

import keras
import torch

from edge_runtime.charset import Charset
from edge_runtime.errors import RecipeError
from edge_runtime.preprocess import Preprocessing
from train.batches import BatchSettings, Source
from train.cache import write_packed
from train.checkpoint import CheckpointCard, load_model
from train.gpu.learner import Learner
from train.gpu.loop import train_recorded
from train.gpu.twin import Twin, keras_weights, load_weights, values_of
from train.loop import Job
from train.networks.slim_gru import SlimGruConfig, build_slim_gru
from train.recipe import LossSettings, OptimizerSettings, Recipe, RunSettings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CONFIG = SlimGruConfig(
    height=56, first=4, stages=(6, 8, 8), depths=(1, 2, 1), features=12, units=(10, 6), dropout=0.1
)
CHARSET = Charset(" ab")


def network() -> keras.Model:
    keras.utils.set_random_seed(3)
    model = build_slim_gru(CONFIG, len(CHARSET) + 1)
    rng = np.random.default_rng(0)
    for weight in model.weights:  # none may stay at zero or one, where a wrong place does not show
        weight.assign(rng.uniform(0.2, 0.6, weight.shape) * rng.choice([1, -1, 1], weight.shape))
    for weight in model.weights:
        if "variance" in weight.path:
            weight.assign(np.abs(np.array(keras.ops.convert_to_numpy(weight))))
    return model


def test_twin_reads_as_the_keras_network_does() -> None:
    model = network()
    twin = Twin(CONFIG, len(CHARSET) + 1, half=False).eval()
    load_weights(twin, values_of(model))
    image = np.random.default_rng(1).integers(0, 256, (2, 56, 68, 1), np.uint8)
    wanted = keras.ops.convert_to_numpy(model(image.astype(np.float32) / 255, training=False))
    with torch.no_grad():
        found = twin(torch.from_numpy(image.transpose(0, 3, 1, 2))).numpy()
    np.testing.assert_allclose(found, wanted, atol=2e-3, rtol=1e-3)


def test_weights_come_back_unchanged() -> None:
    weights = values_of(network())
    twin = Twin(CONFIG, len(CHARSET) + 1, half=False)
    load_weights(twin, weights)
    back = keras_weights(twin)
    assert set(back) == set(weights)
    for path, value in weights.items():
        np.testing.assert_array_equal(back[path], value, err_msg=path)


def test_step_learns_and_the_average_follows() -> None:
    torch.manual_seed(0)
    recipe = replace(job_recipe(1), optimizer=OptimizerSettings(learning_rate=0.02, average=0.5))
    learner = Learner(Twin(CONFIG, 4, half=False), recipe, 40, "cpu")
    image = torch.randint(0, 256, (4, 1, 56, 64), dtype=torch.uint8)
    classes, lengths = torch.tensor([[1, 2, 1]] * 4), torch.tensor([3, 3, 2, 1])
    start = learner.averaged_weights()
    learner.step(image, classes, lengths)
    first = float(learner.loss)
    for _ in range(39):
        learner.step(image, classes, lengths)
    assert float(learner.loss) < 0.8 * first
    assert learner.rate() == 0
    moved = learner.averaged_weights()
    assert not np.array_equal(moved["head/kernel"], start["head/kernel"])
    for own, kept in zip(learner.parameters, learner.average, strict=True):
        assert float((own.detach() - kept).abs().max()) < 0.1


def job_recipe(epochs: int) -> Recipe:
    return Recipe(
        preprocessing=Preprocessing(height=56, max_width=96),
        batches=BatchSettings(size=2, width_step=32, max_width=96),
        loss=LossSettings(shortcut=0.0),
        run=RunSettings(epochs=epochs, lines_per_epoch=8, evaluate_every=1, precision="float32"),
    )


def job(tmp_path: Path, epochs: int, out: str) -> Job:
    rng = np.random.default_rng(0)
    rows = [
        (f"line/{i}", "ab"[: 1 + i % 2], None, rng.integers(0, 256, (56, 40 + i), np.uint8))
        for i in range(8)
    ]
    lines = write_packed(tmp_path / "lines.npy", rows, 56)
    recipe = job_recipe(epochs)
    card = CheckpointCard(
        "slim-gru", vars(CONFIG), CHARSET, recipe.preprocessing, 4, 32, {"recipe": {}}
    )
    sources = [Source(lines, 1.0, "lines")]
    return Job(recipe, CHARSET, sources, {"dev": lines}, network(), card, tmp_path / out)


def test_run_writes_checkpoint_and_log_and_resumes(tmp_path: Path) -> None:
    first = job(tmp_path, 2, "run")
    before = values_of(first.model)
    state = train_recorded(first, resume=False)
    assert (state.epoch, state.step) == (2, 0)
    trained = values_of(load_model(tmp_path / "run" / "model.keras"))
    assert not np.array_equal(trained["head/kernel"], before["head/kernel"])
    assert first.card.provenance["lines_seen"] == 2 * 8
    assert first.card.metrics[0]["data"] == "dev"
    state = train_recorded(job(tmp_path, 3, "run"), resume=True)
    assert (state.epoch, len(state.history)) == (3, 3)
    assert len((tmp_path / "run" / "log.csv").read_text().splitlines()) == 1 + 3


def test_resumed_learner_is_where_it_was() -> None:
    learner = Learner(Twin(CONFIG, 4, half=False), job_recipe(1), 10, "cpu")
    image = torch.randint(0, 256, (2, 1, 56, 64), dtype=torch.uint8)
    learner.step(image, torch.tensor([[1], [2]]), torch.tensor([1, 1]))
    other = Learner(Twin(CONFIG, 4, half=False), job_recipe(1), 10, "cpu")
    other.restore(learner.state())
    for path, value in learner.averaged_weights().items():
        np.testing.assert_array_equal(other.averaged_weights()[path], value, err_msg=path)
    assert other.rate() == learner.rate()
    assert other.steps == 1


def test_resuming_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no run to resume"):
        train_recorded(job(tmp_path, 1, "empty"), resume=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"loss": LossSettings(shortcut=0.3)}, "shortcut"),
        ({"run": RunSettings(restore_best=True)}, "restore_best"),
        ({"optimizer": OptimizerSettings(schedule="constant")}, "cosine"),
        ({"batches": BatchSettings(max_width=0)}, "max_width"),
    ],
)
def test_what_it_cannot_do_is_refused(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    asked = job(tmp_path, 1, "run")
    asked.recipe = replace(asked.recipe, **change)
    with pytest.raises(RecipeError, match=said):
        train_recorded(asked, resume=False)


def test_other_families_are_refused(tmp_path: Path) -> None:
    asked = job(tmp_path, 1, "run")
    asked.recipe = replace(asked.recipe, network=replace(asked.recipe.network, family="cnn"))
    with pytest.raises(RecipeError, match="slim-gru only"):
        train_recorded(asked, resume=False)
