"""Native libraries' chatter is held back, and nothing else is lost."""

import os
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

from edge_runtime.native_log import quiet_native_log


def native(text: str) -> None:
    """Write as C code does, past sys.stderr."""
    os.write(2, text.encode())


def fail_quietly() -> None:
    with quiet_native_log():
        native("why\n")
        raise ValueError("reason")


def test_chatter_is_dropped_and_the_rest_follows(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_native_log():
        native("INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\nERROR: it matters\n")
    native("after\n")
    assert capfd.readouterr().err == "ERROR: it matters\nafter\n"


def test_everything_can_be_dropped(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_native_log(drop=True):
        native("[ WARN:0] premature end\n")
    assert capfd.readouterr().err == ""


def test_an_exception_passes_and_stderr_is_back(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="reason"):
        fail_quietly()
    native("later\n")
    assert capfd.readouterr().err == "why\nlater\n"


def test_threads_take_turns(capfd: pytest.CaptureFixture[str]) -> None:
    def chat(_: int) -> None:
        with quiet_native_log(drop=True):
            native("noise\n")
            sleep(0.0005)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(chat, range(200)))
    native("end\n")
    assert capfd.readouterr().err == "end\n"
