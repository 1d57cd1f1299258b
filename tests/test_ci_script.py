"""`.ci/run`: it fails when anything fails, and pytest's closing line is its last."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("bash") is None, reason="needs bash"
)

PASSED = "================= 502 passed, 2 skipped in 6.16s ================="
FAILED = "============ 1 failed, 501 passed in 7.00s (0:00:07) ============"

MAKE = """#!/bin/sh
echo "make $1"
case "$1" in
{cases}
esac
"""


def run(root: Path, folder: Path, verbs: dict[str, str]) -> tuple[int, list[str]]:
    """Exit code and output of the script, with a `make` whose verbs do as told."""
    (folder / ".ci").mkdir()
    shutil.copy(root / ".ci" / "run", folder / ".ci")
    cases = "\n".join(f"{verb}) {does};;" for verb, does in verbs.items())
    make = folder / "bin" / "make"
    make.parent.mkdir()
    make.write_text(MAKE.format(cases=cases))
    make.chmod(0o755)
    done = subprocess.run(
        ["bash", ".ci/run"],
        cwd=folder,
        env=os.environ | {"PATH": f"{make.parent}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout.splitlines()


def test_the_closing_line_of_the_last_run_is_the_last_line(root_dir: Path, tmp_path: Path) -> None:
    last = PASSED.replace("502", "1105")
    verbs = {"test-light": f"echo '{PASSED}'", "test": f"echo '{last}'; echo done"}
    code, lines = run(root_dir, tmp_path, verbs)
    assert code == 0
    called = [line for line in lines if line.startswith("make ")]
    assert called == [
        "make check",
        "make demo",
        "make check-models",
        "make test-arm",
        "make test-light",
        "make test",
    ]
    assert lines[-1] == last


def test_what_was_skipped_on_arm_is_said_at_the_end(root_dir: Path, tmp_path: Path) -> None:
    said = "SKIPPED, NOTHING WAS TESTED ON ARM: no apt-get"
    verbs = {"test-arm": f'[ "$EMULATION_MAY_SKIP" = 1 ] && echo "{said}" >&2'}
    code, lines = run(root_dir, tmp_path, verbs | {"test": f"echo '{PASSED}'"})
    assert code == 0
    assert lines[-2:] == [said, PASSED]


def test_boards_that_take_too_long_are_said_to_be_skipped_in_part(
    root_dir: Path, tmp_path: Path
) -> None:
    verbs = {"test-arm": "exit 124", "test": f"echo '{PASSED}'"}  # what `timeout` ends with
    code, lines = run(root_dir, tmp_path, verbs)
    assert code == 0
    assert lines[-2:] == [
        "SKIPPED IN PART: the emulated boards took more than 12 minutes",
        PASSED,
    ]


@pytest.mark.parametrize("verb", ["check", "demo", "check-models", "test-arm"])
def test_what_fails_before_the_tests_fails_the_whole(
    root_dir: Path, tmp_path: Path, verb: str
) -> None:
    code, lines = run(root_dir, tmp_path, {"test": f"echo '{PASSED}'", verb: "exit 2"})
    assert code == 2
    assert lines[-1] == f"make {verb}"


@pytest.mark.parametrize("verb", ["test-light", "test"])
@pytest.mark.parametrize("before", ["", f"echo '{PASSED}'; "])
def test_failed_tests_fail_the_whole(
    root_dir: Path, tmp_path: Path, verb: str, before: str
) -> None:
    failing = {verb: f"{before}echo '{FAILED}'; echo 'Error 1'; exit 2"}
    code, lines = run(root_dir, tmp_path, {"test": f"echo '{PASSED}'", **failing})
    assert code == 2
    assert lines[-1] == FAILED


def test_a_run_that_died_is_not_taken_for_the_one_before(root_dir: Path, tmp_path: Path) -> None:
    verbs = {"test-light": f"echo '{PASSED}'", "test": "echo 'Segmentation fault'; exit 2"}
    code, lines = run(root_dir, tmp_path, verbs)
    assert code == 2
    assert "failed without a closing line" in lines[-1]
