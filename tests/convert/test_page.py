"""The report as a page: it says what the report says, in one file."""

import re
from html.parser import HTMLParser
from typing import Any

from convert.page import render

PARITY = {
    "lines": 12,
    "same_text": 0.75,
    "agreement": 0.99,
    "logit_max": 1.25,
    "logit_error": 0.02,
    "drift": 0.01,
    "cer_keras": 0.05,
    "cer_tflite": 0.051,
    "difference": {"cer": 0.001, "low": -0.002, "high": 0.003},
}
COST = {"logit_error": 0.03, "drift": 0.01, "cer_loss": 0.0042}


def network(precision: str, label: str = "trained", **values: Any) -> dict[str, Any]:
    return {
        "label": label,
        "precision": precision,
        "asked_for": True,
        "file": f"m-{precision}.tflite",
        "refused": None,
        "failures": [],
        "bytes": {"bundle": 1_170_000, "compressed": 900_000, "parts": {"CONV_2D int8": 77}},
        "operators": {"CONV_2D": 11},
        "macs": {"total": 641_000_000},
        "parity": {"ai-edge-litert 2.3.0": PARITY},
        "speed": {"ai-edge-litert": {"fastest_ms": 2.0, "peak_memory_mb": 80.0}},
        "against": {},
        "changed_lines": [],
        "search": None,
        **values,
    }


def report(*networks: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "name": "vi",
        "created": "2026-01-01",
        "tool_version": "0",
        "machine": {"cpu": "a processor"},
        "checkpoint": {"file": "vi.keras"},
        "network": {"parameters": 1_100_000, "classes": 216},
        "lines": {"calibration": ["a/1", "a/<2>"], "search": 5, "proof": 12},
        "pruning": {},
        "networks": list(networks),
        **values,
    }


class Counter(HTMLParser):
    """Tags still open at the end, and addresses that a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [str(v) for k, v in attrs if k in ("src", "href")]
        if tag not in ("meta", "circle", "line", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("circle", "line", "rect"):
            assert self.open.pop() == tag


def checked(page: str) -> str:
    parser = Counter()
    parser.feed(page)
    assert parser.open == []
    assert parser.fetched == []
    return page


def test_the_table_gives_ratios_to_fp32() -> None:
    fast = network("mixed", speed={"ai-edge-litert": {"fastest_ms": 0.8}})
    page = checked(render(report(network("fp32"), fast)))
    assert "<td>2.50x</td>" in page
    assert "+0.10 (-0.20 to +0.30)" in page
    assert page.count("<svg") == 2


def test_what_was_refused_or_failed_is_said() -> None:
    refused = {"label": "trained", "precision": "int8", "refused": "too long", "failures": []}
    failed = network("dynamic", file=None, failures=["CER rises by 2.00 points, over 0.30"])
    page = checked(render(report(network("fp32"), refused, failed)))
    assert "not possible: too long" in page
    assert "CER rises by 2.00 points, over 0.30" in page


def test_what_would_squeeze_a_plot_is_named_instead_of_drawn() -> None:
    slow = network("int16x8", speed={"ai-edge-litert": {"fastest_ms": 150.0}})
    bad = network("int8", file=None, failures=["CER rises"])
    page = checked(render(report(network("fp32"), network("mixed"), slow, bad)))
    assert "one inference, ms; int16x8 beyond, 150 ms" in page
    assert page.count("<circle") == 3 + 2


def test_layers_calibrations_and_ranges_are_drawn() -> None:
    search = {
        "method": "mse",
        "lines": 40,
        "everything": COST,
        "chosen": COST,
        "kept": ["stem<1>"],
        "layers": {"stem<1>": COST, "stem2": {**COST, "logit_error": 0.0}},
        "calibration": [{"lines": 8, "method": "mse", **COST}],
        "activations": [{"name": "ink", "min-max": [0.0, 1.0], "mse": [0.0, 0.9]}],
    }
    page = checked(render(report(network("mixed", search=search))))
    assert "Kept in higher precision: stem&lt;1&gt;" in page
    assert "mse, 8 lines" in page
    assert "seen 0 to 1" in page
    assert "stem2" not in page  # it costs nothing of its own


def test_pruning_is_shown_with_its_control() -> None:
    note = {
        "parameters": [1_000_000, 300_000],
        "finetuned_lines": 4096,
        "batch": 8,
        "channels": {"conv": [48, 24]},
    }
    against = {"control": {"cer": 0.011, "low": 0.01, "high": 0.02}}
    pruned = network("mixed", "pruned", against=against)
    notes = {"pruned": [note], "control": [{**note, "channels": {}}]}
    page = checked(render(report(pruned, pruning=notes)))
    assert "pruned mixed against control: CER +1.10 (+1.00 to +2.00) points." in page
    assert re.search(r"<td>conv</td><td>48</td><td>24</td>", page)


def test_changed_lines_are_shown_as_text() -> None:
    lines = [{"id": "a/1", "edits": 2, "label": "<x>", "keras": "ab", "converted": "b"}]
    page = checked(render(report(network("mixed", changed_lines=lines))))
    assert "<td>&lt;x&gt;</td><td>ab</td><td>b</td>" in page
    assert "a/&lt;2&gt;" in page  # among the ids
