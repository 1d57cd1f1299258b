"""Counting instructions: what the plugin writes is read, and what went wrong is told."""

import shutil
import sys
from pathlib import Path

import pytest

from emulation.counter import EmulationError, built, differences, laps, run
from emulation.instructions import stages
from emulation.unavailable import UnavailableError


def test_the_counts_between_marks() -> None:
    assert differences(["100", "250", "1250"]) == [150, 1000]


@pytest.mark.parametrize("marks", [[], ["100"], ["100", "90"], ["100", "12x"]])
def test_marks_that_are_none(marks: list[str]) -> None:
    with pytest.raises(EmulationError, match="count"):
        differences(marks)


def test_stages_get_their_names() -> None:
    printed = 'a word of the runtime\n["decode", "preprocess", "infer", "ctc"]\n'
    assert stages(printed, [1, 20, 300, 4]) == {"line": 325, "inference": 300}
    with pytest.raises(EmulationError, match="3 counts"):
        stages(printed, [1, 20, 300])
    with pytest.raises(EmulationError, match="2 counts"):
        stages('["decode", "ctc"]', [1, 2])


def fake_python(folder: Path, script: str) -> Path:
    """A program in place of an emulated Python."""
    python = folder / "board" / "python"
    python.parent.mkdir()
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return python


def test_marks_are_written_by_qemu_and_read_here(tmp_path: Path) -> None:
    python = fake_python(
        tmp_path, 'out=${QEMU_ARGUMENTS#*,out=}; printf "5\\n12\\n" > "$out"; echo "$PYTHONPATH $1"'
    )
    assert laps(python, tmp_path / "p.so", "x", path="here") == ("here x\n", [7])


def test_a_program_that_fails_says_where_and_why(tmp_path: Path) -> None:
    python = fake_python(tmp_path, "echo first >&2; echo 'Illegal instruction' >&2; exit 132")
    with pytest.raises(EmulationError, match=r"board: read\.py: exit code 132: Illegal"):
        run(python, "read.py")


def test_a_crash_without_marks_is_no_count(tmp_path: Path) -> None:
    with pytest.raises(EmulationError, match="0 marks"):
        laps(fake_python(tmp_path, "exit 0"), tmp_path / "p.so", path="")


@pytest.mark.skipif(
    shutil.which("gcc") is None or sys.platform != "linux", reason="needs a C compiler"
)
def test_the_plugin_compiles_once(tmp_path: Path) -> None:
    plugin = built(tmp_path)
    made = plugin.stat().st_mtime_ns
    assert built(tmp_path).stat().st_mtime_ns == made


def test_no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError, match="no C compiler"):
        built(tmp_path)
