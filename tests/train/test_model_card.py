"""The model card repeats what was measured of this very file, and no more than may be public."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge_runtime.errors import DataError
from train.model_card import main

MODEL = Path(__file__).resolve().parents[1] / "fixtures" / "tiny-dynamic.tflite"


def report(**changed: Any) -> dict[str, Any]:
    rates = {"cer": 0.0478, "wer": 0.1444, "ser": 0.625, "normalized_cer": 0.0475}
    values = {
        "model": "somewhere/tiny.tflite",
        "sha256": hashlib.sha256(MODEL.read_bytes()).hexdigest(),
        "data": "/somewhere/data/kalapa/training_data",
        "part": "dev-writers",
        "n": 240,
        **rates,
        "intervals": {name: [0.0376, 0.0593] for name in rates},
        "by_writer": {"7": {}},
    }
    return values | changed


def write_card(folder: Path, values: dict[str, Any]) -> Result:
    (folder / "eval.json").write_text(json.dumps(values), encoding="utf-8")
    arguments = [str(MODEL), "--eval", str(folder / "eval.json"), "-o", str(folder / "card.md")]
    summary = ["--summary", str(folder / "results" / "summary.json")]
    return CliRunner().invoke(main, arguments + summary)


def test_figures_are_those_of_the_report(tmp_path: Path) -> None:
    assert write_card(tmp_path, report()).exit_code == 0
    card = (tmp_path / "card.md").read_text(encoding="utf-8")
    row = "| tiny.tflite | greedy | kalapa/training_data | dev-writers | 240 | 4.78 (3.76-5.93) |"
    assert row in card
    (summary,) = json.loads((tmp_path / "results" / "summary.json").read_text(encoding="utf-8"))
    assert summary["cer"] == 0.0478
    assert "it is not calibrated" in card
    assert "by_writer" not in summary
    assert "/somewhere" not in card + json.dumps(summary)


def test_a_report_of_another_file_is_refused(tmp_path: Path) -> None:
    result = write_card(tmp_path, report(sha256="0" * 64))
    assert isinstance(result.exception, DataError)
    assert not (tmp_path / "card.md").exists()


@pytest.mark.parametrize("missing", ["cer", "n", "intervals"])
def test_an_incomplete_report_writes_nothing(tmp_path: Path, missing: str) -> None:
    values = report()
    del values[missing]
    assert write_card(tmp_path, values).exit_code != 0
    assert not (tmp_path / "card.md").exists()


def test_decoding_with_a_lexicon_is_said(tmp_path: Path) -> None:
    assert write_card(tmp_path, report(lexicon="builtin")).exit_code == 0
    card = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert "| tiny.tflite | lexicon | kalapa/training_data |" in card
