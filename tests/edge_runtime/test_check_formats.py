"""The gate's report in four formats."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from edge_runtime.check_baseline import SCHEMA
from edge_runtime.check_finding import Finding
from edge_runtime.check_formats import FORMATS, MARKER, format_of, verdict
from edge_runtime.errors import DataError
from tests.check_reports import report

FINDINGS = [
    Finding("bundle", "pi4", "within", 1_000_000, 1_500_000, "bytes"),
    Finding("bundle", "baseline", "exceeded", 1_010_000, 1_005_000, "bytes", "+1.00 % since"),
    Finding("latency p50", "pi4", "not judged", None, 40, "ms", "estimated: 48 ms"),
]


def test_text_says_what_is_exceeded_and_by_how_much() -> None:
    said = FORMATS["text"](report(), FINDINGS).splitlines()
    (row,) = [line for line in said if line.startswith("EXCEEDED")]
    words = " ".join(row.split())
    assert words == "EXCEEDED bundle baseline 1,010,000 1,005,000 bytes +0.5 % +1.00 % since"
    assert said[-1] == "1 of 2 limits exceeded, 1 not judged"
    assert verdict(FINDINGS[:1]) == "all 1 limits kept"


def test_json_is_the_report_with_the_findings() -> None:
    said = json.loads(FORMATS["json"](report(), FINDINGS))
    assert said["schema"] == SCHEMA
    assert said["passed"] is False
    assert [row["over"] for row in said["findings"]] == ["", "+0.5 %", ""]
    assert json.loads(FORMATS["json"](report(), FINDINGS[:1]))["passed"] is True


def test_markdown_is_one_table_with_its_marker() -> None:
    said = FORMATS["markdown"](report(), FINDINGS).splitlines()
    assert said[0] == MARKER
    assert said[1] == "### edge-htr check: exceeded"
    rows = [line for line in said if line.startswith("|")]
    assert len(rows) == 2 + len(FINDINGS)
    assert "**exceeded** | bundle | baseline | 1,010,000 | 1,005,000 bytes | +0.5 %" in rows[3]


def test_a_name_from_a_strange_model_cannot_leave_its_cell() -> None:
    bad = Finding("x", "y", "exceeded", 1, 0, "operators", "a | b\n<script> [c](d) `e`")
    made = FORMATS["markdown"](report(model={"name": "<img>\n# title"}), [bad])
    assert "a \\| b" in made
    assert "<img" not in made
    assert "<script" not in made
    assert "\n# title" not in made
    assert len([line for line in made.splitlines() if line.startswith("|")]) == 3


def test_junit_has_a_case_for_each_finding() -> None:
    suite = ElementTree.fromstring(FORMATS["junit"](report(), FINDINGS))
    assert {key: suite.get(key) for key in ("tests", "failures", "skipped")} == {
        "tests": "3", "failures": "1", "skipped": "1",
    }  # fmt: skip
    cases = suite.findall("testcase")
    assert [[child.tag for child in case] for case in cases] == [[], ["failure"], ["skipped"]]
    failure = cases[1].find("failure")
    assert failure is not None
    assert failure.get("message") == (
        "bundle 1,010,000 over 1,005,000 bytes (baseline, +0.5 %): +1.00 % since"
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.txt", "text"), ("a.json", "json"), ("b.c.md", "markdown"), ("a.xml", "junit")],
)
def test_a_suffix_names_the_format(name: str, kind: str) -> None:
    assert format_of(Path(name)) == kind
    with pytest.raises(DataError, match=r"named \.txt"):
        format_of(Path(name).with_suffix(".html"))
