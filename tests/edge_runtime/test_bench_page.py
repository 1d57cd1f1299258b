"""The benchmark's report as a page."""

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from edge_runtime.bench import BenchSettings, benchmark, find_pictures
from edge_runtime.bench_page import render_page
from edge_runtime.bench_table import render
from tests.tiny_models import model_path, write_picture


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("lines")
    write_picture(folder / "1.png")
    settings = BenchSettings(runs=8, seconds=0.0, warmup=0, rounds=2, sustained_minutes=0.04)
    made = benchmark([model_path("tiny-gru")], [1], find_pictures(folder), settings)
    plain: dict[str, Any] = json.loads(json.dumps(made))
    return plain


def test_the_page_needs_no_other_file(report: dict[str, Any]) -> None:
    page = render_page(report)
    assert not re.search(r"(?:src|href)=|url\(|@import|<script", page)
    assert page.count("<svg") >= 4
    for part in ("quick report", "p99", "every operator", "recurrence", "Sustained"):
        assert part in page
    for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ElementTree.fromstring(svg)


def test_names_cannot_break_the_page(report: dict[str, Any]) -> None:
    model = report["models"][0] | {"name": "<script>x</script>", "path": "<b>"}
    page = render_page(report | {"models": [model]})
    assert "<script" not in page
    assert "<b>," not in page


def test_what_is_unknown_is_said(report: dict[str, Any]) -> None:
    page = render_page(report | {"machine": report["machine"] | {"governor": None}})
    assert "<td>governor</td><td>unknown</td>" in page


def test_a_full_report_is_no_quick_one(report: dict[str, Any], tmp_path: Path) -> None:
    assert "1,024 readings" in render_page(report)
    assert "1,024 readings" not in render_page(report | {"extent": "full"})


def test_other_programs_are_told(report: dict[str, Any]) -> None:
    assert "upper bounds" in render_page(report | {"busy": True})
    assert "upper bounds" not in render_page(report | {"busy": False})
    assert "too high" in render(report | {"busy": True})
    assert "too high" not in render(report | {"busy": False})
