"""Regressions: a model's report against the one that was committed.

What is compared and how much may change without failing:

| what | fails from | why so much |
|---|---|---|
| bundle | +0.5 % | nothing but a change of the model changes it |
| multiply-accumulates | +0.5 % | the same |
| instructions | +1 % | repeatable to 1e-5 under emulation |
| peak memory | +15 % | only where processor type and runtime are those of the baseline |
| time / reference | +50 % | lower end of the interval; processors differ, and runners are shared |
| CER | any | if a paired bootstrap over the same lines shows a rise at 95 % |
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from edge_runtime.atomic import write_atomically
from edge_runtime.check_finding import EXCEEDED, NOT_JUDGED, WITHIN, Finding, judged
from edge_runtime.errors import DataError

Report = dict[str, Any]

SCHEMA: Final = 1
BYTES: Final = 1.005
MACS: Final = 1.005
INSTRUCTIONS: Final = 1.01
MEMORY: Final = 1.15
RATIO: Final = 1.5
RESAMPLES: Final = 2000
_PARTS: Final = (
    *("model", "machine", "run", "ratio", "accuracy", "instructions"),
    *("fp32", "install", "estimates"),
)
_AGAINST: Final = "baseline"


def read_baseline(path: Path) -> Report:
    """A report that ``--update-baseline`` or ``--format json`` wrote.

    Raises:
        DataError: it cannot be read, or is something else.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path}: no such baseline: --update-baseline makes it") from None
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not a report of edge-htr check: no JSON ({error})") from None
    if not isinstance(report, dict) or any(part not in report for part in _PARTS):
        raise DataError(f"{path}: not a report of edge-htr check")
    if report.get("schema") != SCHEMA:
        raise DataError(f"{path}: schema {report.get('schema')!r}, this edge-htr reads {SCHEMA}")
    try:
        regressions(report, report)  # whatever is missing deeper inside shows here
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise DataError(f"{path}: a damaged report of edge-htr check ({error!r})") from None
    return report


def write_baseline(path: Path, report: Report) -> None:
    """Write a report atomically, without what is no fact of the model.

    Raises:
        OSError: the file cannot be written.
    """
    kept = {**report, "install": {}, "estimates": {}}
    write_atomically(path, json.dumps(kept, ensure_ascii=False, indent=1) + "\n")


def regressions(now: Report, before: Report) -> list[Finding]:
    """What became worse, and what did not, row by row."""
    return [
        *_static(now, before),
        *_memory(now, before),
        *_ratio(now, before),
        *_instructions(now, before),
        *_accuracy(now, before),
    ]


def _grown(check: str, now: float, before: float, most: float, unit: str, note: str) -> Finding:
    """The finding that a value may be ``most`` times what it was."""
    note = f"{note + ', ' if note else ''}{_change(now, before)}"
    return judged(check, _AGAINST, now, before * most, unit, note)


def _change(now: float, before: float) -> str:
    return f"{(now / before - 1) * 100:+.2f} % since" if before else "new"


def _skipped(check: str, why: str) -> Finding:
    return Finding(check, _AGAINST, NOT_JUDGED, note=why)


def _static(now: Report, before: Report) -> Iterator[Finding]:
    new, old = now["model"], before["model"]
    yield _grown("bundle", new["bytes"], old["bytes"], BYTES, "bytes", "")
    if new["macs"] and old["macs"]:
        million, was = new["macs"]["total"] / 1e6, old["macs"]["total"] / 1e6
        note = f"at {new['macs']['width']} pixels"
        yield _grown("multiply-accumulates", million, was, MACS, "million", note)
    else:
        yield _skipped("multiply-accumulates", "the runtime cannot run one of the networks")


def _unlike(now: Report, before: Report) -> str:
    """Why figures of two machines cannot be compared; empty where they can."""
    for key in ("architecture", "bits", "runtime"):
        one, other = before["machine"][key], now["machine"][key]
        if one != other:
            return f"the baseline's {key} is {one}, here it is {other}"
    return ""


def _memory(now: Report, before: Report) -> Iterator[Finding]:
    new, old = (r["run"] and r["run"]["peak_rss_mb"] for r in (now, before))
    if not new or not old:
        yield _skipped("peak memory", "not measured in both")
    elif unlike := _unlike(now, before):
        yield _skipped("peak memory", unlike)
    else:
        yield _grown("peak memory", new, old, MEMORY, "MiB", "")


def _ratio(now: Report, before: Report) -> Iterator[Finding]:
    """The lower end of the interval is judged: a disturbed run does not fail."""
    check, new, old = "time / reference", now["ratio"], before["ratio"]
    if not new or not old:
        yield _skipped(check, "not timed in both")
    elif new["reference_sha256"] != old["reference_sha256"]:
        yield _skipped(check, "the baseline was timed against another reference network")
    elif unlike := _unlike(now, before):
        yield _skipped(check, unlike)
    else:
        note = f"{new['low']:.2f} to {new['high']:.2f} now, {old['ratio']:.2f} then"
        yield judged(check, _AGAINST, new["low"], old["ratio"] * RATIO, "x", note)


def _instructions(now: Report, before: Report) -> Iterator[Finding]:
    new, old = now["instructions"] or {}, before["instructions"] or {}
    for core in sorted(new.keys() & old.keys()):
        for stage in sorted(new[core].keys() & old[core].keys()):
            check = f"instructions, {stage} on {core}"
            pair = new[core][stage], old[core][stage]
            yield _grown(check, *pair, INSTRUCTIONS, "instructions", "emulated")


def _accuracy(now: Report, before: Report) -> Iterator[Finding]:
    if not before["accuracy"]:
        return
    if not now["accuracy"]:
        yield _skipped("CER", "the baseline has one: give the same lines with --data")
        return
    pairs = paired(now["accuracy"]["lines"], before["accuracy"]["lines"])
    missing = len(before["accuracy"]["lines"]) - len(pairs)
    if not len(pairs):
        yield _skipped("CER", "none of the baseline's lines was read: other pictures or labels")
        return
    rise, low, high = cer_rise(pairs)
    cer, was = pairs[:, 0].sum() / pairs[:, 2].sum(), pairs[:, 1].sum() / pairs[:, 2].sum()
    note = f"rise {rise * 100:.2f} points (95 %: {low * 100:.2f} to {high * 100:.2f}), "
    note += f"{len(pairs)} lines" + (f", {missing} of the baseline's missing" if missing else "")
    verdict = EXCEEDED if low > 0 else WITHIN
    yield Finding("CER", _AGAINST, verdict, float(cer * 100), float(was * 100), "%", note)


def paired(now: Iterable[str], before: Iterable[str]) -> Any:
    """Lines that both have: int64 (n, 3), edits now, edits before, characters.

    Args:
        now: of each line ``"DIGEST EDITS CHARACTERS"``, see ``check_lines.accuracy``.
        before: the same of the baseline.
    """
    old = {digest: edits for digest, edits, _ in map(str.split, before)}
    rows = {d: (edits, old[d], n) for d, edits, n in map(str.split, now) if d in old}
    return np.array(list(rows.values()), np.int64).reshape(-1, 3)


def cer_rise(pairs: Any, seed: int = 0) -> tuple[float, float, float]:
    """How much the CER rose, with a 95 % interval of a paired bootstrap over lines.

    Pairs stay together (Bisani and Ney, "Bootstrap estimates for confidence intervals in ASR
    performance evaluation", ICASSP 2004): what makes a line hard for both does not count.

    Args:
        pairs: int64 (n, 3), see ``paired``.
        seed: of the resampling.

    Returns:
        Rise, lower and upper end, as fractions.
    """
    chance = np.random.default_rng(seed)
    draws = pairs[chance.integers(0, len(pairs), (RESAMPLES, len(pairs)))].sum(axis=1)
    rises = (draws[:, 0] - draws[:, 1]) / draws[:, 2]
    total = pairs.sum(axis=0)
    low, high = np.percentile(rises, (2.5, 97.5))
    return float((total[0] - total[1]) / total[2]), float(low), float(high)
