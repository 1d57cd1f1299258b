"""Wheels of another machine: what is the network's fault is skipped, what is ours fails."""

import sys
from pathlib import Path

import pytest

from deploy.target import Target
from edge_runtime.errors import DataError
from emulation.unavailable import UnavailableError
from emulation.wheels import install_wheel, installed

TARGET = Target("aarch64", "3.11")
LOCK = """\
some==1.0 ; python_version < '3.12' \\
    --hash=sha256:00
other==2.0 ; python_version > '3.12' \\
    --hash=sha256:11
"""


@pytest.fixture
def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that a program in pip's place runs as its own."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/calls\n. {tmp_path}/pip\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    (tmp_path / "lock.txt").write_text(LOCK)
    (tmp_path / "pip").write_text("exit 0\n")
    return tmp_path


def test_the_locks_wheels_are_installed_once(pip: Path) -> None:
    site = installed(pip / "lock.txt", TARGET, pip / "site")
    assert (site / "lock.txt").read_text() == "some==1.0 --hash=sha256:00\n"
    installed(pip / "lock.txt", TARGET, pip / "site")
    (call,) = (pip / "calls").read_text().splitlines()
    assert "--require-hashes" in call
    assert "manylinux_2_28_aarch64" in call


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("ERROR: Could not find a version that satisfies some==1.0", UnavailableError),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE LOCK", DataError),
    ],
)
def test_whose_fault_it_is(pip: Path, said: str, error: type[Exception]) -> None:
    (pip / "pip").write_text(f"echo 'WARNING: x' >&2; echo '{said}' >&2; exit 1\n")
    with pytest.raises(error, match="pip failed: ERROR: "):
        installed(pip / "lock.txt", TARGET, pip / "site")
    assert not (pip / "site").exists()


def test_our_own_wheel_is_never_skipped(pip: Path) -> None:
    (pip / "pip").write_text("echo 'ERROR: not a wheel' >&2; exit 1\n")
    with pytest.raises(DataError, match="not a wheel"):
        install_wheel(pip / "x.whl", pip / "app")
