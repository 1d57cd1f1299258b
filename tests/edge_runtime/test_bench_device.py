"""Budgets are judged on the board itself only; elsewhere there are estimates that say so."""

from pathlib import Path
from typing import Any

import pytest

from edge_runtime.bench_device import add_device, estimate_instructions
from edge_runtime.bench_table import _device
from edge_runtime.device import load_profile
from edge_runtime.recognizer import DEFAULT_MODEL


def report(kind: str = "measured", verdict: str = "valid") -> dict[str, Any]:
    model = {
        "path": str(DEFAULT_MODEL), "bytes": 1_000_000, "peak_memory_mb": 90.0, "width": 576,
        "cold_start_ms": 900.0, "runtime": "", "precision": {"cnn": "int8", "head": "dynamic"},
        "stages": {"total": {"p50": 30.0, "p90": 55.0, "p95": 60.0}},
    }  # fmt: skip
    return {"kind": kind, "verdict": verdict, "models": [model]}


@pytest.fixture
def pi4(tmp_path: Path) -> Path:
    (tmp_path / "proc/device-tree").mkdir(parents=True)
    (tmp_path / "proc/device-tree/model").write_text("Raspberry Pi 4 Model B Rev 1.4\0")
    return tmp_path


def verdicts(of: dict[str, Any]) -> dict[str, str]:
    return {row["budget"]: row["verdict"] for row in of["models"][0]["budgets"]}


def test_a_valid_report_of_the_board_is_judged(pi4: Path) -> None:
    made = report()
    add_device(made, None, pi4)
    assert made["device"] == {
        "id": "pi4", "name": "Raspberry Pi 4 Model B", "is_this_machine": True
    }  # fmt: skip
    assert verdicts(made) == {
        "model_bytes": "within", "peak_rss_mb": "within", "cold_start_ms": "within",
        "latency_p50_ms": "within", "latency_p90_ms": "exceeded", "latency_p95_ms": "within",
    }  # fmt: skip
    assert made["models"][0]["estimate"] is None


@pytest.mark.parametrize(("kind", "verdict"), [("emulated", "valid"), ("measured", "invalid")])
def test_other_reports_of_the_board_are_not_judged(pi4: Path, kind: str, verdict: str) -> None:
    made = report(kind, verdict)
    add_device(made, "pi4", pi4)
    assert set(verdicts(made).values()) == {"within", "not judged"}
    assert verdicts(made)["model_bytes"] == "within"


def test_a_board_is_recognised_by_a_profile_of_ones_own(pi4: Path, root_dir: Path) -> None:
    own = pi4 / "kiosk.toml"
    text = (root_dir / "devices/pi4.toml").read_text(encoding="utf-8")
    own.write_text(text.replace('id = "pi4"', 'id = "kiosk"'), encoding="utf-8")
    made = report()
    add_device(made, str(own), pi4)
    assert made["device"]["id"] == "kiosk"
    assert made["device"]["is_this_machine"]
    assert verdicts(made)["latency_p90_ms"] == "exceeded"


def test_a_board_that_is_not_here_gets_an_estimate_and_no_milliseconds(tmp_path: Path) -> None:
    made = report()
    add_device(made, "pi4", tmp_path)
    assert verdicts(made) == {"model_bytes": "within"}
    guess = made["models"][0]["estimate"]
    assert guess["kind"] == "estimated"
    assert guess["low_ms"] < guess["infer_ms"] < guess["high_ms"]
    assert guess["million_macs"] == pytest.approx(734.0 * 576 / 928, rel=0.05)
    assert any("nothing was measured there" in row for row in _device(made["models"][0]))


def test_no_estimate_without_rates(tmp_path: Path) -> None:
    made = report()
    add_device(made, "pi5", tmp_path)
    assert made["models"][0]["estimate"] is None


def test_an_unknown_board_has_no_budgets(tmp_path: Path) -> None:
    (tmp_path / "proc/device-tree").mkdir(parents=True)
    (tmp_path / "proc/device-tree/model").write_text("Orange Pi 5")
    made = report()
    add_device(made, None, tmp_path)
    assert made["device"] is None
    assert "budgets" not in made["models"][0]


def test_instructions_become_a_range_of_milliseconds_on_one_core() -> None:
    guess = estimate_instructions(150_000_000, load_profile("pi4"))
    assert guess is not None
    assert guess["kind"] == "estimated"
    assert guess["low_ms"] == pytest.approx(150e6 / (1.16 * 1500e6) * 1e3, abs=0.1)
    assert guess["high_ms"] == pytest.approx(150e6 / (0.45 * 1500e6) * 1e3, abs=0.1)
    assert estimate_instructions(150_000_000, load_profile("pi5")) is None
