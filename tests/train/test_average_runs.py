"""The mean of checkpoints, and what has no mean."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from edge_runtime.charset import Charset
from edge_runtime.preprocess import Preprocessing
from train.average_runs import main
from train.checkpoint import CheckpointCard, load_model, read_card, save_checkpoint
from train.networks import build_network

pytestmark = pytest.mark.desktop

CARD = CheckpointCard(
    "slim-gru", {}, Charset("ab"), Preprocessing(), 4, 32, {"lines_seen": 7}, [{"cer": 0.5}]
)


def network(features: int = 8) -> Any:
    config = {
        "height": 32, "first": 4, "stages": (4, 4, 4), "depths": (1, 1, 1),
        "features": features, "units": (4,), "dropout": 0.0,
    }  # fmt: skip
    return build_network("slim-gru", config, 3)


def checkpoint(path: Path, value: float, card: CheckpointCard = CARD, features: int = 8) -> Path:
    model = network(features)
    model.set_weights([np.full_like(weight, value) for weight in model.get_weights()])
    save_checkpoint(model, card, path)
    return path


def test_weights_and_statistics_are_averaged(tmp_path: Path) -> None:
    parts = [checkpoint(tmp_path / f"{i}.keras", value) for i, value in enumerate((1, 2, 6))]
    out = tmp_path / "mean.keras"
    result = CliRunner().invoke(main, [*map(str, parts), "-o", str(out)])
    assert result.exit_code == 0, result.output
    assert result.output == f"{out}\n"
    assert all((weight == 3).all() for weight in load_model(out).get_weights())
    card = read_card(out)
    assert card.provenance["lines_seen"] == 7
    assert len(set(card.provenance["mean_of"])) == 3
    assert card.metrics == []


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"features": 12}, "layers of other sizes"),
        ({"card": replace(CARD, charset=Charset("xy"))}, "another charset"),
    ],
)
def test_what_is_not_one_network_is_refused(
    tmp_path: Path, other: dict[str, Any], message: str
) -> None:
    a = checkpoint(tmp_path / "a.keras", 1.0, **other)
    b = checkpoint(tmp_path / "b.keras", 2.0)
    out = tmp_path / "mean.keras"
    result = CliRunner().invoke(main, [str(a), str(b), "-o", str(out)])
    assert result.exit_code == 1
    assert message in result.output
    assert not out.exists()


def test_usage(tmp_path: Path) -> None:
    one = str(checkpoint(tmp_path / "a.keras", 1.0))
    assert CliRunner().invoke(main, [one, "-o", str(tmp_path / "o.keras")]).exit_code == 2
    assert CliRunner().invoke(main, [one, one, "-o", str(tmp_path / "o.h5")]).exit_code == 2
    missing = CliRunner().invoke(main, [one, "none.keras", "-o", str(tmp_path / "o.keras")])
    assert missing.exit_code == 1
    assert "missing" in missing.output
