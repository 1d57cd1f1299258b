"""The systemd unit: systemd itself says whether it is sound."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = "edge-htr.service"


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: apt install systemd")
    command = ["systemd-analyze", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def unit(root_dir: Path, tmp_path: Path) -> Path:
    """The unit, with a program that exists on this machine."""
    text = (root_dir / "deploy" / UNIT).read_text(encoding="utf-8")
    program = tmp_path / "edge-htr"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    copy = tmp_path / UNIT
    copy.write_text(text.replace("/opt/edge-htr/bin/edge-htr", str(program)), encoding="utf-8")
    return copy


def test_systemd_finds_no_fault(unit: Path) -> None:
    done = analyze("verify", unit)
    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_would_find_one(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("MemoryMax=", "MemoryMost="))
    assert "MemoryMost" in analyze("verify", unit).stderr


def test_it_is_exposed_to_little(unit: Path) -> None:
    done = analyze("security", "--offline=true", "--no-pager", unit)
    found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    if found is None:
        pytest.skip(f"this systemd cannot judge a file: {done.stderr.strip()}")
    assert float(found.group(1)) <= 1.5


def test_it_keeps_reading_and_keeps_to_itself(root_dir: Path) -> None:
    lines = (root_dir / "deploy" / UNIT).read_text(encoding="utf-8").splitlines()
    for wanted in (
        "Restart=always", "StartLimitIntervalSec=0", "ProtectSystem=strict", "PrivateNetwork=yes",
        "SupplementaryGroups=video", "ReadOnlyPaths=/opt/edge-htr", "DynamicUser=yes",
    ):  # fmt: skip
        assert wanted in lines
    assert any(line.startswith("MemoryMax=") for line in lines)
