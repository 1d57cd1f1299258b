"""`make test-arm`: what is skipped, failed and passed cannot be mistaken for each other."""

import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge_runtime.errors import DataError, GateError
from emulation import verify
from emulation.counter import EmulationError
from emulation.unavailable import UnavailableError
from emulation.verify import Step, perform


def fail(error: Exception) -> str:
    raise error


def call(monkeypatch: pytest.MonkeyPatch, *steps: Step, error: Exception | None = None) -> Result:
    """The command, with these steps on no boards."""
    monkeypatch.setattr(verify, "boards", lambda say: fail(error) if error else [])
    monkeypatch.setattr(verify, "install", lambda: Path())
    monkeypatch.setattr(verify, "steps", lambda here, folder: iter(steps))
    return CliRunner().invoke(verify.main)


def test_it_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    done = call(monkeypatch, Step("a", lambda: "fine"), Step("b", lambda: "well"))
    assert done.exit_code == 0
    assert "all of it passed" in done.output
    assert "ok     a: fine" in done.output


@pytest.mark.parametrize(
    ("errors", "code"),
    [([EmulationError("x")], 1), ([GateError("x")], 3), ([GateError("x"), DataError("y")], 1)],
)
def test_it_fails(monkeypatch: pytest.MonkeyPatch, errors: list[Exception], code: int) -> None:
    steps = [Step(f"step {i}", lambda e=e: fail(e)) for i, e in enumerate(errors)]  # type: ignore[misc]
    done = call(monkeypatch, Step("a", lambda: "fine"), *steps)
    assert done.exit_code == code
    assert "passed" not in done.output
    assert "test-arm FAILED" in done.output


@pytest.mark.parametrize(("allowed", "code"), [("0", 77), ("1", 0)])
@pytest.mark.parametrize("early", [True, False])
def test_skipped_is_no_pass(
    monkeypatch: pytest.MonkeyPatch, allowed: str, code: int, early: bool
) -> None:
    monkeypatch.setenv(verify.MAY_SKIP, allowed)
    missing = UnavailableError("no apt-get")
    step = Step("a", lambda: fail(missing))
    done = call(monkeypatch, step, error=missing) if early else call(monkeypatch, step)
    assert done.exit_code == code
    assert "SKIPPED, NOTHING WAS TESTED ON ARM: no apt-get" in done.output
    assert "passed" not in done.output


def test_a_bug_is_not_taken_for_a_pass() -> None:
    with pytest.raises(ZeroDivisionError):
        perform([Step("a", lambda: str(1 // 0))], 1)


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize(
    ("verb", "commands"),
    [
        ("test-arm", ["-m emulation.verify"]),
        ("baselines", ["--update-baseline", "-m emulation.instructions"]),
    ],
)
def test_make_calls_it(root_dir: Path, verb: str, commands: list[str]) -> None:
    done = subprocess.run(
        ["make", "--dry-run", verb], cwd=root_dir, capture_output=True, text=True, check=True
    )
    for command in commands:
        assert command in done.stdout
