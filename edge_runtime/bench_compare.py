"""Compares two reports of the benchmark: how many times as fast, with an interval."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from edge_runtime.bench_stats import median_ratio
from edge_runtime.errors import DataError

Report = dict[str, Any]

READS_SCHEMA: Final = 2
_MACHINE: Final = ("board", "cpu", "architecture", "bits", "cores", "governor", "max_mhz")
_MEASURED: Final = ("infer", "total")


def read_report(path: Path) -> Report:
    """A report that ``edge-htr bench --json`` wrote.

    Raises:
        DataError: it cannot be read, or is something else.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not a report of edge-htr bench: no JSON ({error})") from None
    if not isinstance(report, dict) or not isinstance(report.get("models"), list):
        raise DataError(f"{path}: not a report of edge-htr bench: it has no list of models")
    if report.get("schema") != READS_SCHEMA:
        raise DataError(
            f"{path}: schema {report.get('schema')!r}, this edge-htr compares schema"
            f" {READS_SCHEMA}: measure again"
        )
    return report


def objections(before: Report, after: Report) -> list[str]:
    """Why a comparison of two reports would say nothing; empty where it may be made."""
    found = []
    for key in _MACHINE:
        one, other = before["machine"].get(key), after["machine"].get(key)
        if one != other:
            found.append(f"{key} is {one} in one, {other} in the other")
    if before["kind"] != after["kind"]:
        found.append(f"one is {before['kind']}, the other {after['kind']}")
    if before["pictures_sha256"] != after["pictures_sha256"]:
        found.append("other pictures were read")
    for name, report in (("first", before), ("second", after)):
        if report["verdict"] == "invalid":
            found.append(f"the {name} is invalid ({', '.join(report['throttled_by'])})")
    return found


def compare(before: Report, after: Report, *, anyway: bool = False) -> Report:
    """Ratios of the medians of two reports; above 1, the second is faster.

    Models are paired in their order, those with the same number of threads and the same lexicon.

    Args:
        before: the first report.
        after: the second.
        anyway: compare what cannot be compared, and say so.

    Raises:
        DataError: machines or pictures differ, a report is invalid, or nothing can be paired.
    """
    found = objections(before, after)
    if found and not anyway:
        raise DataError(
            f"these reports cannot be compared: {'; '.join(found)} (--anyway compares them still)"
        )
    pairs = [_pair(one, other) for one, other in _pairs(before, after)]
    if not pairs:
        raise DataError("no two models of these reports ran with the same threads and lexicon")
    return {"schema": 1, "kind": before["kind"], "objections": found, "pairs": pairs}


def _pairs(before: Report, after: Report) -> Iterator[tuple[Report, Report]]:
    left = list(after["models"])
    for one in before["models"]:
        for other in left:
            if (one["threads"], one["lexicon"]) == (other["threads"], other["lexicon"]):
                left.remove(other)
                yield one, other
                break


def _pair(one: Report, other: Report) -> Report:
    ratios = {}
    for stage in _MEASURED:
        ratio, low, high = median_ratio(one["samples_ms"][stage], other["samples_ms"][stage])
        ratios[stage] = {
            "before_ms": one["stages"][stage]["p50"],
            "after_ms": other["stages"][stage]["p50"],
            "ratio": ratio,
            "low": low,
            "high": high,
            "verdict": "faster" if low > 1 else "slower" if high < 1 else "no difference shown",
        }
    return {
        "before": one["name"],
        "after": other["name"],
        "threads": one["threads"],
        "lexicon": one["lexicon"],
        "bytes_ratio": one["bytes"] / other["bytes"],
        **ratios,
    }
