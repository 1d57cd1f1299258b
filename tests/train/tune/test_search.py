"""The whole command, with trainings that are pretended: they take no time and reach set CERs."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge_runtime.charset import VIETNAMESE
from edge_runtime.cli import cli
from edge_runtime.preprocess import Preprocessing
from train.checkpoint import CheckpointCard, card_path
from train.recipe import load_recipe
from train.tune import conversion, search, trial

SPACE = """
base = "vi-line-finish"
[recipe.synthesis]
weight = 0.0
[[candidate]]
name = "large"
network = { size = "base" }
[[candidate]]
name = "nano"
network = { size = "nano" }
[[candidate]]
name = "poor"
loss = { cap = 0.25 }
[[candidate]]
name = "broken"
loss = { cap = 0.75 }
[[candidate]]
name = "huge"
optimizer = { learning_rate = 0.1 }
[limits]
macs = 800
[budget]
rungs = [{ views = 8192, keep = 0.5 }, { views = 16384 }]
"""
CER = {"large": 0.03, "nano": 0.08, "poor": 0.05}
MACS = {"large": 700, "nano": 100, "poor": 710, "broken": 700, "huge": 900}


class Pretended:
    """Stands for the `train` and `convert` commands."""

    def __init__(self) -> None:
        self.ran: list[list[str]] = []
        self.interrupt_at: int | None = None

    def run(self, words: Sequence[str], log: Path, say: Callable[[str], None]) -> str | None:
        self.ran.append(list(words))
        if words[0] == "convert":
            Path(words[3]).write_bytes(b"file")
            return None
        out = Path(words[words.index("--out") + 1])
        if len(self.ran) == self.interrupt_at:
            (out / "state.npz").touch()
            raise KeyboardInterrupt
        name = out.parent.name
        if name == "broken":
            return "no such thing"
        run = load_recipe(Path(words[words.index("--recipe") + 1])).run
        views = run.epochs * run.lines_per_epoch + (8192 if "--init" in words else 0)
        metric = {"data": "lines-dev", "n": 9, "cer": CER[name], "intervals": {"cer": [0.01, 0.1]}}
        provenance = {"lines_seen": views, "data": []}
        card = CheckpointCard("cnn", {}, VIETNAMESE, Preprocessing(), 4, 32, provenance, [metric])
        card_path(out / "model.keras").write_text(json.dumps(card.as_dict()), encoding="utf-8")
        (out / "log.csv").write_text("epoch,lines_per_second\n1,100\n", encoding="utf-8")
        return None


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> Pretended:
    fake = Pretended()
    monkeypatch.setattr(trial, "run_command", fake.run)
    monkeypatch.setattr(conversion, "run_command", fake.run)
    monkeypatch.setattr(
        conversion, "_time", lambda files: [{"bytes": 5000, "ms": 1.5, "width": 928}] * len(files)
    )

    def costs(found: Sequence[Any], charset: Path | None) -> list[dict[str, Any]]:
        same = {"parameters": 10, "bytes": 2000, "width": 928}
        return [same | {"macs": MACS[one.name]} for one in found]

    monkeypatch.setattr(search, "ask_costs", costs)
    return fake


def tune(folder: Path, *options: str) -> Result:
    space = folder / "space.toml"
    if not space.exists():
        space.write_text(SPACE)
    words = ["tune", str(space), "--data", "lines", "--out", str(folder / "out"), *options]
    return CliRunner().invoke(cli, words)


def results(folder: Path) -> dict[str, Any]:
    report = json.loads((folder / "out" / "results.json").read_text(encoding="utf-8"))
    assert report["schema"] == 1
    return {"report": report} | {row["name"]: row for row in report["candidates"]}


def test_rungs_limits_and_failures(tmp_path: Path, pretended: Pretended) -> None:
    result = tune(tmp_path)
    assert result.exit_code == 1, result.output  # one training failed, the others went on
    trained = [Path(words[words.index("--out") + 1]) for words in pretended.ran]
    assert [f"{path.parent.name} {path.name}" for path in trained] == [
        *("large rung-1", "nano rung-1", "poor rung-1", "broken rung-1"),
        *("large rung-2", "nano rung-2"),
    ]
    last = pretended.ran[-1]
    before = tmp_path / "out" / "nano" / "rung-1" / "model.keras"
    assert last[last.index("--init") + 1] == str(before)
    assert "--init" not in pretended.ran[0]

    rows = results(tmp_path)
    assert rows["report"]["complete"]
    assert rows["huge"]["refused"] == "900 macs of 800 allowed"
    assert rows["broken"]["failed"] == "rung 1: no such thing"
    assert rows["poor"]["dropped"] == 1
    assert rows["nano"]["changes"] == {"network.size": "nano"}
    assert [rung["views"] for rung in rows["nano"]["rungs"]] == [8192, 8192 + 16384]
    assert rows["large"]["front"] == ["macs", "bytes"]
    assert rows["nano"]["front"] == ["macs"]  # as many bytes as large, more errors

    table = result.stdout.splitlines()
    assert table[2].startswith("| large | 10 | 0 | 2 | 24,576 | 3.00 (1.00-10.00) | 3.00 |")
    assert [line.split(" | ")[0] for line in table[3:7]] == [
        "| nano",
        "| poor",
        "| broken",
        "| huge",
    ]
    assert "refused: 900 macs" in table[6]
    page = (tmp_path / "out" / "front.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 2
    assert page.count('class="strong"') == 3


def test_what_is_done_is_not_done_again(tmp_path: Path, pretended: Pretended) -> None:
    pretended.interrupt_at = 2
    assert tune(tmp_path).exit_code == 130
    assert not results(tmp_path)["report"]["complete"]
    assert tune(tmp_path).exit_code == 1
    names = [Path(words[words.index("--out") + 1]).parent.name for words in pretended.ran]
    assert names[:4] == ["large", "nano", "nano", "poor"]
    assert ["--resume" in words for words in pretended.ran[:4]] == [False, False, True, False]
    count = len(pretended.ran)
    assert tune(tmp_path).exit_code == 1
    assert names[3] == "poor"
    assert len(pretended.ran) == count + 1  # what failed is tried again, and nothing else


def test_finalists_are_converted_once_and_timed(tmp_path: Path, pretended: Pretended) -> None:
    result = tune(tmp_path, "--convert")
    converted = [words for words in pretended.ran if words[0] == "convert"]
    assert [Path(words[3]).name for words in converted] == ["large.tflite", "nano.tflite"]
    rows = results(tmp_path)
    assert rows["large"]["model"]["ms"] == 1.5
    assert rows["poor"]["model"] is None
    assert rows["large"]["front"] == ["macs", "bytes", "ms"]
    assert "| 2 | 5 | 1.50 |" in result.stdout.splitlines()[2]
    tune(tmp_path, "--convert")
    assert len([words for words in pretended.ran if words[0] == "convert"]) == 2


def test_a_folder_of_another_search_is_left_alone(tmp_path: Path, pretended: Pretended) -> None:
    tune(tmp_path)
    count = len(pretended.ran)
    other = tune(tmp_path, "--seed", "2")
    assert other.exit_code == 1
    assert "rung-1/recipe.toml is another recipe" in other.stderr
    lines = tune(tmp_path, "--data", "more")
    assert "holds a search with other lines" in lines.stderr
    (tmp_path / "space.toml").write_text(SPACE.replace("0.25", "0.3"))
    changed = tune(tmp_path)
    assert changed.exit_code == 1
    assert "poor/rung-1" in changed.stderr
    assert len(pretended.ran) == count


def test_what_would_end_it_after_hours_ends_it_now(tmp_path: Path, pretended: Pretended) -> None:
    (tmp_path / "space.toml").write_text(SPACE.replace("weight = 0.0", "weight = 0.2"))
    assert "give --fonts and --text" in tune(tmp_path).stderr
    held = SPACE.replace("[recipe.synthesis]", "[recipe.data]\nholdout = false\n[recipe.synthesis]")
    (tmp_path / "space.toml").write_text(held)
    assert "give --development" in tune(tmp_path).stderr
    assert not pretended.ran
