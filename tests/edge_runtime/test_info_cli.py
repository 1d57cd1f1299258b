"""`edge-htr info`: what it says of the tiny models, whose every number is known by hand."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge_runtime.bundle import Bundle
from edge_runtime.cli import cli
from tests.tiny_models import NAMES, model_path

STEPS, BANDS, CLASSES = 1024 // 4, 3, 8
CONVOLUTION = STEPS * BANDS * 48 * 4
HEAD = STEPS * BANDS * CLASSES


def info(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["info", *map(str, arguments)])


def facts(name: str = "tiny-dynamic", *options: str) -> dict[str, Any]:
    result = info(model_path(name), "--json", *options)
    assert result.exit_code == 0, result.stderr
    values: dict[str, Any] = json.loads(result.stdout)
    return values


def test_the_card_and_the_interface_are_shown() -> None:
    values = facts()
    assert values["card"] == Bundle.open(model_path()).card.as_dict()
    assert values["input"] == {"name": "ink", "shape": [1, 48, -1, 1], "dtype": "float32"}
    assert values["output"]["shape"] == [1, -1, 8]
    assert values["symbols"] == 7
    assert values["min_runtime_version"] == "1.11.0"
    assert values["custom_operators"] == []


@pytest.mark.parametrize("name", ["tiny-dynamic", "tiny-int8", "tiny-gru"])
def test_multiply_accumulates_are_those_of_the_network(name: str) -> None:
    assert facts(name)["macs"] == {
        "width": 1024,
        "total": CONVOLUTION + HEAD,
        "by_operator": {"CONV_2D": CONVOLUTION, "FULLY_CONNECTED": HEAD},
    }


def test_work_follows_the_width() -> None:
    assert facts("tiny-dynamic", "--width", "500")["macs"] == {
        "width": 512,
        "total": (CONVOLUTION + HEAD) // 2,
        "by_operator": {"CONV_2D": CONVOLUTION // 2, "FULLY_CONNECTED": HEAD // 2},
    }
    assert facts("tiny-fixed", "--width", "500")["macs"]["width"] == 256


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_add_up_to_the_file(name: str) -> None:
    values = facts(name)
    assert sum(values["size_by_part"].values()) == values["bytes"]
    assert values["bytes"] == model_path(name).stat().st_size


def test_weights_are_counted_by_their_operator_and_format() -> None:
    parts = facts()["size_by_part"]
    assert parts["CONV_2D float32"] == (BANDS * 48 * 4 + BANDS) * 4
    assert facts("tiny-int8")["size_by_part"]["CONV_2D int8"] == BANDS * 48 * 4


def test_operators_and_tensors_are_counted_in_loops_too() -> None:
    values = facts("tiny-gru")
    assert values["operators"]["WHILE"] == 1
    assert values["operators"]["LESS"] == 1
    assert values["tensors"]["all"] > values["tensors"]["constant"] > 0


def test_the_summary_for_people_names_what_matters() -> None:
    output = info(model_path("tiny-int8")).stdout
    for part in (
        "tiny-int8, made 2026-01-01",
        f"{model_path('tiny-int8').stat().st_size:,}",
        "int8 1 x 48 x any x 1, 16 to 1024 wide in steps of 16",
        "one step per 4 pixels",
        "7 symbols and the CTC blank",
        "0.2 million multiply-accumulates at 1024 px",
        "CONV_2D int8",
    ):
        assert part in output


def test_long_tables_are_left_to_json() -> None:
    from edge_runtime.info_cli import render

    values = facts()
    values["card"]["training"] = {"recipe": {"epochs": list(range(99))}, "lines": [1, 2]}
    assert "training       recipe (see --json), lines [1, 2]\n" in render(values)


def test_custom_operators_are_pointed_out() -> None:
    from edge_runtime.info_cli import render

    values = facts()
    values["custom_operators"] = ["CONV_2D"]
    assert "CONV_2D                            1         0.15 (custom" in render(values)


def test_a_wrong_model_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(Bundle.open(model_path()).network)
    result = info(path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "archive check failed" in result.stderr
    assert len(result.stderr.splitlines()) == 1
