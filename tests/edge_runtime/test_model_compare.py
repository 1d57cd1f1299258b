"""`edge-htr info A B`: what differs between two models."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge_runtime.bundle import Bundle, write_bundle
from edge_runtime.charset import Charset
from edge_runtime.cli import cli
from edge_runtime.recognizer import DEFAULT_MODEL


def info(*arguments: Any) -> Result:
    return CliRunner().invoke(cli, ["info", *map(str, arguments)])


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped model with another name, precision and last symbol."""
    bundle = Bundle.open(DEFAULT_MODEL)
    path = tmp_path_factory.mktemp("models") / "changed.tflite"
    card = replace(bundle.card, name="changed", precision={"cnn": "int8", "head": "float16"})
    symbols = bundle.charset.symbols[:-1] + "Ω"
    write_bundle(path, bundle.network, card, Charset(symbols))
    return path


def test_what_differs_is_listed_and_what_does_not_is_not(changed: Path) -> None:
    found = json.loads(info(DEFAULT_MODEL, changed, "--json").stdout)
    assert found["card"]["name"] == ["vi-line", "changed"]
    assert found["card"]["precision.head"] == ["dynamic", "float16"]
    assert "precision.cnn" not in found["card"]
    assert "network_sha256" not in found["card"]
    last = Bundle.open(DEFAULT_MODEL).charset.symbols[-1]
    assert found["charset"] == {"only_first": last, "only_second": "Ω", "same_order": False}


def test_sizes_and_counts_stand_side_by_side(changed: Path) -> None:
    numbers = json.loads(info(DEFAULT_MODEL, changed, "--json").stdout)["numbers"]
    sizes = [path.stat().st_size for path in (DEFAULT_MODEL, changed)]
    assert numbers["file, bytes"] == sizes
    parts = [both for name, both in numbers.items() if name.startswith("bytes of ")]
    assert [sum(both[i] for both in parts) for i in (0, 1)] == sizes
    assert numbers["operators CONV_2D"][0] == numbers["operators CONV_2D"][1] > 0


def test_the_summary_names_both_files_and_the_ratio(changed: Path) -> None:
    text = info(DEFAULT_MODEL, changed).stdout
    assert f"A  {DEFAULT_MODEL}" in text
    assert "vi-line  |  changed" in text
    row = next(line for line in text.splitlines() if line.startswith("multiply-accumulates"))
    assert row.endswith("1.000")
    assert "charset, only in B                   Ω" in text
    same = info(DEFAULT_MODEL, DEFAULT_MODEL).stdout
    assert "charset                              the same" in same


def test_three_models_are_wrong_usage(changed: Path) -> None:
    result = info(DEFAULT_MODEL, changed, changed)
    assert result.exit_code == 2
    assert "3 models: give one, or two to compare" in result.stderr


def test_a_wrong_second_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "other.tflite").write_bytes(b"nothing")
    result = info(DEFAULT_MODEL, tmp_path / "other.tflite")
    assert result.exit_code == 1
    assert "other.tflite" in result.stderr
