"""Stages in child processes: results, errors, deaths."""

import math
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from convert.child import ENVIRONMENT, run_stage
from edge_runtime.errors import ConversionError, DataError, RuntimeMissingError

T = TypeVar("T")
STAGE = "cnn-int8"
CURE = "use --precision fp32"

MODULE = """
import os, sys, tempfile
from edge_runtime.errors import DataError

def environment():
    return dict(os.environ), tempfile.gettempdir(), "tensorflow" in sys.modules

def complain(text, end="."):
    raise DataError(text + end)

def chatter_and_die():
    os.write(2, b"I0000 routine\\nstack smashed\\nW0000 routine\\n")
    os.kill(os.getpid(), 11)

def need():
    import no_such_package
"""


@pytest.fixture
def stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """A module that children can import."""
    (tmp_path / "stages_of_a_test.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    import importlib

    yield importlib.import_module("stages_of_a_test")
    del sys.modules["stages_of_a_test"]


def test_the_result_comes_back() -> None:
    assert run_stage(STAGE, CURE, math.hypot, 3.0, 4.0) == 5.0


def test_a_segmentation_fault_is_one_clear_error() -> None:
    with pytest.raises(ConversionError) as caught:
        run_stage(STAGE, CURE, signal.raise_signal, signal.SIGSEGV)
    assert str(caught.value) == f"stage {STAGE} died (SIGSEGV): {CURE}"
    assert caught.value.exit_code == 1


def test_a_kill_hints_at_memory() -> None:
    with pytest.raises(ConversionError, match=r"died \(SIGKILL\): .*out of memory.*fp32"):
        run_stage(STAGE, CURE, signal.raise_signal, signal.SIGKILL)


def test_a_silent_exit_is_an_error_too() -> None:
    with pytest.raises(ConversionError, match=r"died \(exit code 7\)"):
        run_stage(STAGE, CURE, os._exit, 7)


def test_last_words_are_passed_on_without_chatter(stages: object) -> None:
    with pytest.raises(ConversionError, match=r"died \(SIGSEGV: stack smashed\)"):
        run_stage(STAGE, CURE, stages.chatter_and_die)  # type: ignore[attr-defined]


def test_own_errors_keep_their_class_and_text(stages: object) -> None:
    with pytest.raises(DataError, match=r"^bad data!$"):
        run_stage(STAGE, CURE, stages.complain, "bad data", end="!")  # type: ignore[attr-defined]


def test_foreign_errors_name_the_stage() -> None:
    with pytest.raises(ConversionError, match=f"stage {STAGE} failed: ValueError: "):
        run_stage(STAGE, CURE, math.sqrt, -1.0)


def test_a_missing_package_names_the_extra(stages: object) -> None:
    with pytest.raises(RuntimeMissingError, match=r"no_such_package.*edge-htr\[desktop\]"):
        run_stage(STAGE, CURE, stages.need)  # type: ignore[attr-defined]


def test_children_start_with_their_own_environment(
    stages: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    environment, folder, imported = run_stage(
        *(STAGE, CURE, stages.environment)  # type: ignore[attr-defined]
    )
    assert environment["KERAS_BACKEND"] == "tensorflow"
    assert environment.items() >= ENVIRONMENT.items()
    assert not imported
    assert not Path(folder).exists()
    assert os.environ["KERAS_BACKEND"] == "jax"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_child(number: signal.Signals) -> None:
    signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), number))
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_stage(STAGE, CURE, time.sleep, 600)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    assert multiprocessing.active_children() == []
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parents")
def test_a_child_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    at_work = tmp_path / "at-work"
    code = (
        "import os, subprocess; from convert.child import run_stage\n"
        "if __name__ == '__main__':\n"
        f"  run_stage('s', 'c', subprocess.run, ['sh', '-c', 'touch {at_work}; sleep 30'])"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2])
    assert wait_for(at_work.exists)
    stages = _children(parent.pid)
    assert stages
    parent.kill()
    parent.wait()
    assert wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in stages))


def _children(pid: int) -> list[str]:
    """The stages that a process runs, not multiprocessing's own helper."""
    pids = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [p for p in pids if "spawn_main" in Path(f"/proc/{p}/cmdline").read_text()]


def wait_for(condition: Callable[[], T]) -> T:
    """What the condition gives, once it is true; at most half a minute."""
    for _ in range(300):
        if found := condition():
            return found
        time.sleep(0.1)
    return condition()
