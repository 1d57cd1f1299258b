"""The findings of `edge-htr check` as text, JSON, Markdown (for a pull request) and JUnit XML."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from edge_runtime.check_finding import NOT_JUDGED, Finding, number
from edge_runtime.errors import DataError

Report = dict[str, Any]
Findings = Sequence[Finding]

MARKER: Final = "<!-- edge-htr check -->"
"""First line of the Markdown, by which a later comment replaces an earlier one."""


def verdict(findings: Findings) -> str:
    """The whole check in a few words."""
    over = sum(finding.exceeded for finding in findings)
    judged = sum(finding.verdict != NOT_JUDGED for finding in findings)
    said = f"{over} of {judged} limits exceeded" if over else f"all {judged} limits kept"
    skipped = len(findings) - judged
    return said + (f", {skipped} not judged" if skipped else "")


def text(report: Report, findings: Findings) -> str:
    """A table for a terminal."""
    rows = [["", "check", "against", "value", "limit", "", ""]]
    for finding in findings:
        limit = f"{_limit(finding)} {finding.unit}".strip()
        mark = finding.verdict if not finding.exceeded else finding.verdict.upper()
        rows.append([mark, finding.check, finding.against, _value(finding), limit, finding.over()])
        rows[-1].append(finding.note)
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    lines = [_title(report)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        for column in (3, 4):
            cells[column] = row[column].rjust(widths[column])
        lines.append("  ".join([*cells, row[6]]).rstrip())
    return "\n".join([*lines, verdict(findings), ""])


def markdown(report: Report, findings: Findings) -> str:
    """A table for a pull request; the marker is its first line."""
    head = "exceeded" if any(finding.exceeded for finding in findings) else "passed"
    lines = [MARKER, f"### edge-htr check: {head}", "", _cell(_title(report)), ""]
    lines += ["| | check | against | value | limit | over | |", "|---|---|---|--:|--:|--:|---|"]
    for finding in findings:
        mark = f"**{finding.verdict}**" if finding.exceeded else finding.verdict
        limit = f"{_limit(finding)} {finding.unit}".strip()
        cells = (mark, finding.check, finding.against, _value(finding), limit, finding.over())
        lines.append("| " + " | ".join(map(_cell, (*cells, finding.note))) + " |")
    return "\n".join([*lines, "", verdict(findings), ""])


def as_json(report: Report, findings: Findings) -> str:
    """The report, which is a baseline too, with the findings."""
    rows = [{**asdict(finding), "over": finding.over()} for finding in findings]
    whole = {**report, "findings": rows, "passed": not any(f.exceeded for f in findings)}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def junit(report: Report, findings: Findings) -> str:
    """One test case a finding: exceeded ones fail, those not judged are skipped."""
    suite = ElementTree.Element(
        "testsuite",
        name="edge-htr check",
        tests=str(len(findings)),
        failures=str(sum(finding.exceeded for finding in findings)),
        errors="0",
        skipped=str(sum(finding.verdict == NOT_JUDGED for finding in findings)),
        timestamp=str(report["created"]).partition("+")[0],
    )
    for finding in findings:
        group = f"edge-htr.{report['model']['name']}.{finding.against}"
        case = ElementTree.SubElement(suite, "testcase", classname=group, name=finding.check)
        if finding.exceeded:
            ElementTree.SubElement(case, "failure", message=finding.sentence())
        elif finding.verdict == NOT_JUDGED:
            ElementTree.SubElement(case, "skipped", message=finding.note)
    ElementTree.indent(suite)
    body = ElementTree.tostring(suite, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


FORMATS: Final[dict[str, Callable[[Report, Findings], str]]] = {
    "text": text,
    "json": as_json,
    "markdown": markdown,
    "junit": junit,
}
_SUFFIXES: Final = {".txt": "text", ".json": "json", ".md": "markdown", ".xml": "junit"}


def format_of(path: Path) -> str:
    """The format that a file's name asks for.

    Raises:
        DataError: its suffix is none of .txt, .json, .md and .xml.
    """
    if path.suffix not in _SUFFIXES:
        raise DataError(f"{path}: a report is named .txt, .json, .md or .xml (JUnit)")
    return _SUFFIXES[path.suffix]


def _title(report: Report) -> str:
    model, machine = report["model"], report["machine"]
    return (
        f"{model['name']}, network {model['network_sha256'][:12]}, with {machine['runtime']}"
        f" on {machine['cpu'] or machine['architecture']}"
    )


def _value(finding: Finding) -> str:
    return "" if finding.value is None else number(finding.value, finding.unit)


def _limit(finding: Finding) -> str:
    return "" if finding.limit is None else number(finding.limit, finding.unit)


def _cell(content: str) -> str:
    """Content that cannot end its cell: names come from a model file, perhaps a stranger's."""
    escaped = content.replace("&", "&amp;").replace("<", "&lt;").replace("\\", "\\\\")
    return " ".join(escaped.replace("|", "\\|").replace("`", "\\`").split())
