"""`edge-htr devices MODEL`: estimates that say they are estimates."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result

from edge_runtime.bench_device import estimate
from edge_runtime.cli import cli
from edge_runtime.device import load_profile
from edge_runtime.macs import MacCount
from tests.tiny_models import model_path


def devices(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["devices", *arguments])


def test_each_board_has_an_estimate_or_says_why_not() -> None:
    result = devices("vi-line")
    assert result.exit_code == 0, result.output
    head, second, *rows = result.stdout.splitlines()
    assert head.startswith("ESTIMATED")
    assert "nothing was measured" in second
    said = {row.split()[0]: row for row in rows}
    assert "host" not in said
    for board in ("pi4", "pi3bplus", "pi-zero-2w"):
        assert " estimated " in said[board]
    for board in ("pi5", "pi4-32"):
        assert "no estimate" in said[board]


def test_the_error_bar_is_a_factor_of_two() -> None:
    rows = json.loads(devices("vi-line", "--json").stdout)
    (guess,) = [row["estimate"] for row in rows if row["device"] == "pi4"]
    assert guess["kind"] == "estimated"
    assert guess["high_ms"] / guess["infer_ms"] == pytest.approx(2, rel=0.01)
    assert guess["infer_ms"] / guess["low_ms"] == pytest.approx(2, rel=0.01)


def test_a_narrower_line_is_estimated_for_its_width() -> None:
    rows = json.loads(devices("vi-line", "--json", "--width", "300").stdout)
    assert {row["width"] for row in rows} == {320}


def test_convolutions_run_at_the_rate_of_the_precision() -> None:
    """210 M at 3.5 and 36 M at 1.2 MAC a cycle, 4 cores at 1500 MHz."""
    pi4 = load_profile("pi4")
    macs = MacCount(928, {"CONV_2D": 210_000_000, "FULLY_CONNECTED": 36_000_000})
    quantized = estimate(macs, {"cnn": "int8", "head": "dynamic"}, pi4)
    plain = estimate(macs, {"all": "fp32"}, pi4)
    assert quantized is not None
    assert plain is not None
    assert quantized["infer_ms"] == pytest.approx((60e6 + 30e6) / 6e6, abs=0.05)
    assert plain["infer_ms"] == pytest.approx((175e6 + 30e6) / 6e6, abs=0.05)
    assert estimate(macs, {"all": "fp32"}, replace(pi4, estimate=None)) is None


def test_wrong_usage() -> None:
    assert devices("--width", "300").exit_code == 2
    assert devices("missing.tflite").exit_code == 1
    assert devices(str(model_path())).exit_code == 0
