"""The seed's way of training: its recipe, early stopping, the falling rate, the best weights."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

pytest.importorskip("tensorflow")
pytest.importorskip("rich")
pytestmark = pytest.mark.desktop

from edge_runtime.cli import cli  # noqa: E402
from train import loop  # noqa: E402
from train.checkpoint import load_model, read_card  # noqa: E402
from train.recipe import load_recipe  # noqa: E402

TEXTS = ("Xa 12", "Ap 3", "To 45", "So 7", "Thon 8", "Pho 9")


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """A data set of six drawn lines."""
    root = tmp_path / "drawn" / "lines"
    root.mkdir(parents=True)
    for i, text in enumerate(TEXTS):
        page = np.full((60, 500), 235, np.uint8)
        cv2.putText(page, text, (15, 42), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 40, 3)
        cv2.imwrite(str(root / f"{i}.png"), page)
    rows = "".join(f"{i}.png\t{text}\n" for i, text in enumerate(TEXTS))
    (root / "labels.tsv").write_text(rows, encoding="utf-8")
    return root


@pytest.fixture
def shipped(root_dir: Path) -> Path:
    return root_dir / "train" / "recipes" / "seed.toml"


def changed(shipped: Path, target: Path, **values: object) -> Path:
    """The shipped recipe with other values for some of its keys."""
    text = shipped.read_text(encoding="utf-8")
    for key, value in values.items():
        rows = text.splitlines()
        at = next(i for i, row in enumerate(rows) if row.startswith(f"{key} = "))
        rows[at] = f"{key} = {value}"
        text = "\n".join(rows)
    target.write_text(text + "\n", encoding="utf-8")
    return target


def run(recipe: Path, data: Path, out: Path, *more: str) -> Result:
    words = ["train", "--recipe", str(recipe), "--data", str(data), "--out", str(out)]
    result = CliRunner().invoke(cli, [*words, "--cache", str(out.parent / "cache"), *more])
    assert result.exit_code == 0, result.output
    return result


def test_the_recipe_is_the_seeds(shipped: Path) -> None:
    recipe = load_recipe(shipped)
    assert recipe.network.family == "seed"
    assert (recipe.preprocessing.kind, recipe.preprocessing.height) == ("seed", 163)
    assert recipe.preprocessing.max_width == recipe.batches.width_step == 3002
    assert recipe.augmentation is None
    assert (recipe.optimizer.name, recipe.optimizer.schedule) == ("adam", "constant")
    assert recipe.optimizer.plateau_patience > 0
    assert recipe.run.early_stopping > recipe.optimizer.plateau_patience
    assert recipe.run.restore_best


def test_it_stops_early_lowers_the_rate_and_keeps_the_best(
    shipped: Path, lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses: Iterator[float] = iter([5.0, 4.0, 6.0, 7.0, 8.0, 9.0, 3.0])

    def scripted(job: Any) -> dict[str, float]:
        return {"val_loss": next(losses)}

    monkeypatch.setattr(loop, "evaluate", scripted)
    recipe = changed(
        shipped,
        tmp_path / "seed.toml",
        size=1,
        lines_per_epoch=2,
        plateau_patience=2,
        plateau_factor=0.5,
        early_stopping=3,
        family='"seed"\nconfig = { filters = 1, units = 2 }',
    )
    out = tmp_path / "run"
    run(recipe, lines, out)
    with (out / "log.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["val_loss"]) for row in rows] == [5, 4, 6, 7, 8]
    before = (out / "log.csv").read_bytes()
    run(recipe, lines, out, "--resume")  # is stopped, and stays so
    assert (out / "log.csv").read_bytes() == before
    rates = [float(row["learning_rate"]) for row in rows]
    assert rates == pytest.approx([1e-3, 1e-3, 1e-3, 1e-3, 5e-4])
    shown, best, last = (load_model(out / f"{n}.keras") for n in ("model", "best", "last"))
    for kept, good in zip(shown.get_weights(), best.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, good)
    assert any(
        not np.array_equal(kept, old)
        for kept, old in zip(shown.get_weights(), last.get_weights(), strict=True)
    )


def test_an_untrained_seed_needs_no_data(tmp_path: Path) -> None:
    words = ["train", "--arch", "seed", "--epochs", "0", "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
    checkpoint = tmp_path / "run" / "model.keras"
    assert result.stdout == f"{checkpoint}\n"
    assert checkpoint.stat().st_size < 56e6  # the weights alone: no state of an optimizer
    card = read_card(checkpoint)
    assert (card.family, card.time_stride, card.width_multiple) == ("seed", 9, 3002)
    assert card.preprocessing.kind == "seed"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_steps_at_the_true_size(shipped: Path, lines: Path, tmp_path: Path) -> None:
    recipe = changed(shipped, tmp_path / "seed.toml", size=1, lines_per_epoch=2, epochs=1)
    out = tmp_path / "run"
    run(recipe, lines, out)
    with (out / "log.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert np.isfinite(float(row["loss"]))
    assert float(row["loss"]) > 0
    trained = load_model(out / "model.keras")
    assert trained.input_shape == (None, 163, 3002, 1)
    norm = trained.get_layer("norm7").get_weights()
    assert np.abs(norm[2]).max() > 0  # the moving mean has moved
