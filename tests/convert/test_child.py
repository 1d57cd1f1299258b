"""Stages in child processes: results, errors, deaths."""

import math
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from convert.child import ENVIRONMENT, run_stage
from edge_runtime.errors import ConversionError, DataError, RuntimeMissingError

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


def test_an_interrupt_ends_the_child() -> None:
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_stage(STAGE, CURE, time.sleep, 600)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    assert multiprocessing.active_children() == []
