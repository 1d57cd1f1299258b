"""The table of installation sizes: its versions are the lock's."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy import install_table
from deploy.install_table import SYSTEMS
from deploy.offline_bundle import LOCK
from deploy.target import Target, pins
from edge_runtime.errors import DataError


@pytest.mark.parametrize("target", SYSTEMS, ids=lambda t: f"{t.machine}-{t.python}")
def test_the_table_is_that_of_the_lock(root_dir: Path, target: Target) -> None:
    table = json.loads((root_dir / "devices" / "install-size.json").read_text(encoding="utf-8"))
    (row,) = [
        row
        for row in table["systems"]
        if (row["machine"], row["python"]) == (target.machine, target.python)
    ]
    weighed = {f"{package['name']}=={package['version']}" for package in row["packages"]}
    locked = {pin.partition(" ")[0] for pin in pins(LOCK, target)}
    assert weighed == locked, (
        "renew it: python -m deploy.install_table -o devices/install-size.json"
    )


def test_each_system_is_fetched_and_weighed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks = []

    def fetch(lock: Path, target: Target, folder: Path) -> None:
        locks.append(lock.read_text(encoding="utf-8"))

    monkeypatch.setattr(install_table, "download", fetch)
    out = tmp_path / "table.json"
    result = CliRunner().invoke(install_table.main, ["-o", str(out)])
    assert result.exit_code == 0, result.output
    rows = json.loads(out.read_text(encoding="utf-8"))["systems"]
    assert [Target(row["machine"], row["python"]) for row in rows] == list(SYSTEMS)
    assert all("ai-edge-litert==" in lock and "--hash=" in lock for lock in locks)


def test_a_failing_pip_leaves_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(lock: Path, target: Target, folder: Path) -> None:
        raise DataError("pip failed: no network")

    monkeypatch.setattr(install_table, "download", fail)
    out = tmp_path / "table.json"
    out.write_text("old")
    assert CliRunner().invoke(install_table.main, ["-o", str(out)]).exit_code == 1
    assert out.read_text() == "old"
