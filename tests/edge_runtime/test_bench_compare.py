"""`edge-htr bench --compare`."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge_runtime.bench_compare import compare, objections, read_report
from edge_runtime.cli import cli
from edge_runtime.errors import DataError

MACHINE = {
    "board": "Raspberry Pi 4", "cpu": None, "architecture": "aarch64", "bits": 64, "cores": 4,
    "governor": "ondemand", "max_mhz": 1500.0,
}  # fmt: skip


def model(ms: float, threads: int = 1, name: str = "m", lexicon: str = "none") -> dict[str, Any]:
    samples = [[ms, ms * 1.01, ms * 0.99, ms] * 5] * 3
    return {
        "name": name, "threads": threads, "lexicon": lexicon, "bytes": 100,
        "stages": {"infer": {"p50": ms}, "total": {"p50": ms}},
        "samples_ms": {"infer": samples, "total": samples},
    }  # fmt: skip


def report(*models: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema": 2, "kind": "measured", "verdict": "valid", "throttled_by": [],
        "machine": dict(MACHINE), "pictures_sha256": "a", "models": list(models),
    }  # fmt: skip


def run(tmp_path: Path, before: Any, after: Any, *options: str) -> Result:
    paths = tmp_path / "a.json", tmp_path / "b.json"
    for path, content in zip(paths, (before, after), strict=True):
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return CliRunner().invoke(cli, ["bench", "--compare", *map(str, paths), *options])


def test_twice_as_fast(tmp_path: Path) -> None:
    result = run(tmp_path, report(model(8.0)), report(model(4.0, name="new")))
    assert result.exit_code == 0, result.stderr
    assert "m -> new, threads 1" in result.stdout
    assert "8.00 -> 4.00 ms, 2.000x as fast" in result.stdout
    assert result.stdout.count("faster") == 2


def test_slower_and_alike() -> None:
    (pair,) = compare(report(model(4.0)), report(model(8.0)))["pairs"]
    assert pair["infer"]["verdict"] == "slower"
    (pair,) = compare(report(model(4.0)), report(model(4.0)))["pairs"]
    assert pair["infer"]["verdict"] == "no difference shown"


def test_pairs_have_the_same_threads_and_lexicon() -> None:
    before = report(model(8.0, 1), model(4.0, 4), model(9.0, 1, lexicon="builtin"))
    after = report(model(2.0, 4), model(4.0, 1))
    pairs = compare(before, after)["pairs"]
    assert [(p["threads"], p["infer"]["ratio"]) for p in pairs] == [(1, 2.0), (4, 2.0)]
    with pytest.raises(DataError, match="no two models"):
        compare(report(model(1.0, 2)), report(model(1.0, 3)))


@pytest.mark.parametrize("key", MACHINE)
def test_unlike_machines_are_refused_unless_told(tmp_path: Path, key: str) -> None:
    other = report(model(4.0))
    other["machine"][key] = "other"
    result = run(tmp_path, report(model(8.0)), other)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{key} is" in result.stderr
    result = run(tmp_path, report(model(8.0)), other, "--anyway", "--json", "-")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["objections"]


def test_other_objections() -> None:
    first = report(model(1.0))
    second = copy.deepcopy(first) | {
        "kind": "emulated", "pictures_sha256": "b", "verdict": "invalid", "throttled_by": ["hot"],
    }  # fmt: skip
    found = objections(first, second)
    assert len(found) == 3
    assert "the second is invalid (hot)" in found[2]


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "no JSON"), ("[]", "no list of models"), ('{"models": [], "schema": 1}', "schema 1")],
)
def test_other_files_are_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        read_report(path)
    with pytest.raises(DataError, match="No such file"):
        read_report(tmp_path / "none.json")
