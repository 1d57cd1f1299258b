"""`edge-htr doctor`: each of the common failures is staged, found, and given its cure."""

import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge_runtime import doctor_cli, doctor_system
from edge_runtime.cli import cli
from edge_runtime.device import DeviceError
from edge_runtime.doctor import SAMPLE, examine
from edge_runtime.doctor_system import Done, Finding, System, run_command
from tests.tiny_models import model_path

PI_5 = "Raspberry Pi 5 Model B Rev 1.0\0"
READS = json.dumps({"model": "m", "text": "một", "runtime": "r 1", "ms": 3.2})
VERSIONS = {"numpy": "2.4.6", "ai-edge-litert": "2.3.0", "opencv-python-headless": "4.13"}


class Programs:
    """Stands for all programs that doctor starts: answers by what stands in their command line."""

    def __init__(self, **answers: Done) -> None:
        self.answers = {"get_throttled": Done(0, "throttled=0x0\n"), "numpy": Done(0),
                        "cv2": Done(0), "ai_edge_litert": Done(0), "tflite_runtime": Done(0),
                        "tensorflow": Done(0), "picamera2": Done(0),
                        "Recognizer": Done(0, READS)} | answers  # fmt: skip

    def __call__(self, command: Sequence[str]) -> Done:
        for key, done in self.answers.items():
            if any(key in word for word in command):
                return done
        raise AssertionError(f"unexpected: {command}")


def write(root: Path, name: str, text: str = "") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def board(root: Path, **answers: Done) -> System:
    """A healthy Raspberry Pi 5."""
    write(root, "proc/device-tree/model", PI_5)
    write(root, "proc/cpuinfo", "processor\t: 0\nCPU part\t: 0xd0b\n")
    write(root, "proc/meminfo", "MemAvailable:    1500000 kB\n")
    write(root, "etc/group", "root:x:0:\nvideo:x:44:pi\n")
    package = root / "package"
    write(package, f"__pycache__/__init__.{sys.implementation.cache_tag}.pyc")
    return System(
        root=root, environ={}, run=Programs(**answers), version=VERSIONS.get,
        free=lambda folder: 10**9, writable=lambda folder: True, python=(3, 11), bits=64,
        kernel="aarch64", in_venv=True, uid=1000, groups=frozenset({1000, 44}),
        folder=root, temporary=root, packages=[package],
    )  # fmt: skip


def troubles(system: System) -> list[Finding]:
    return [finding for finding in examine(system) if finding.level != "ok"]


def only(system: System) -> Finding:
    (finding,) = troubles(system)
    assert finding.cure
    return finding


def test_a_healthy_board_has_no_troubles(tmp_path: Path) -> None:
    findings = list(examine(board(tmp_path)))
    assert [f for f in findings if f.level != "ok" or f.cure] == []
    assert {f.check for f in findings} == {
        "python", "userland", "board", "throttling", "memory", "disk", "bytecode", "numpy",
        "opencv", "runtime", "model", "picamera2", "camera",
    }  # fmt: skip
    assert any("(pi5)" in f.finding for f in findings)


def test_numpy_2_with_tflite_runtime(tmp_path: Path) -> None:
    versions = {"numpy": "2.1.0", "tflite-runtime": "2.14.0"}
    found = only(replace(board(tmp_path), version=versions.get))
    assert (found.check, found.level) == ("runtime", "problem")
    assert "tflite-runtime cannot work with numpy 2.1.0" in found.finding
    assert "numpy<2" in found.cure


def test_numpy_2_beside_a_runtime_that_can_work_with_it(tmp_path: Path) -> None:
    """ai-edge-litert comes first, so that the old one is not looked at."""
    versions = VERSIONS | {"tflite-runtime": "2.14.0"}
    assert troubles(replace(board(tmp_path), version=versions.get)) == []


@pytest.mark.parametrize(
    ("python", "bits", "cure"), [((3, 15), 64, "python3.11 -m venv"), ((3, 13), 32, "Bookworm")]
)
def test_no_runtime_for_this_python(
    tmp_path: Path, python: tuple[int, int], bits: int, cure: str
) -> None:
    system = replace(board(tmp_path), python=python, bits=bits, kernel="armv7l")
    found = next(f for f in troubles(system) if f.check == "python")
    assert found.level == "problem"
    assert "no TFLite runtime" in found.finding
    assert cure in found.cure


def test_no_runtime_is_installed(tmp_path: Path) -> None:
    found = only(replace(board(tmp_path), version={"numpy": "2.4.6"}.get))
    assert (found.level, found.cure) == ("problem", "pip install ai-edge-litert")


def test_picamera2_is_invisible_in_the_environment(tmp_path: Path) -> None:
    missing = Done(1, err="ModuleNotFoundError: No module named 'picamera2'\n")
    system = board(tmp_path, picamera2=missing)
    assert "python3-picamera2" in only(system).cure
    write(tmp_path, "usr/lib/python3/dist-packages/picamera2/__init__.py")
    found = only(system)
    assert found.level == "warning"
    assert "does not see it" in found.finding
    assert "--system-site-packages" in found.cure
    assert "/usr/bin/python3" in only(replace(system, in_venv=False)).cure


def test_picamera2_was_built_for_numpy_1(tmp_path: Path) -> None:
    clash = Done(1, err="ValueError: numpy.dtype size changed, may indicate incompatibility\n")
    assert "numpy<2" in only(board(tmp_path, picamera2=clash)).cure


def test_the_camera_is_busy(tmp_path: Path) -> None:
    write(tmp_path, "dev/video0")
    write(tmp_path, "proc/4711/comm", "motion\n")
    system = board(tmp_path)
    (tmp_path / "proc/4711/fd").mkdir()
    (tmp_path / "proc/4711/fd/3").symlink_to("/dev/null")
    assert troubles(system) == []
    (tmp_path / "proc/4711/fd/9").symlink_to("/dev/video0")
    found = only(system)
    assert (found.check, found.level) == ("camera", "warning")
    assert found.finding == "/dev/video0 is in use by motion (4711)"


def test_this_process_may_hold_a_camera(tmp_path: Path) -> None:
    write(tmp_path, "dev/video0")
    folder = tmp_path / "proc" / str(os.getpid()) / "fd"
    folder.mkdir(parents=True)
    (folder / "9").symlink_to("/dev/video0")
    assert troubles(board(tmp_path)) == []


def test_the_video_group_is_missing(tmp_path: Path) -> None:
    write(tmp_path, "dev/video0")
    system = replace(board(tmp_path), groups=frozenset({1000}))
    assert "usermod -aG video" in only(system).cure
    assert troubles(replace(system, uid=0)) == []


@pytest.mark.parametrize(
    ("program", "check"), [("numpy", "numpy"), ("cv2", "opencv"), ("ai_edge_litert", "runtime")]
)
def test_an_illegal_instruction(tmp_path: Path, program: str, check: str) -> None:
    found = only(board(tmp_path, **{program: Done(-signal.SIGILL)}))
    assert (found.check, found.level) == (check, "problem")
    assert "died of SIGILL" in found.finding
    assert "Cortex-A76" in found.cure


def test_a_crash_of_the_model(tmp_path: Path) -> None:
    found = only(board(tmp_path, Recognizer=Done(-signal.SIGSEGV)))
    assert (found.check, found.level) == ("model", "problem")
    assert "died of SIGSEGV" in found.finding
    assert "other runtime" in found.cure


def test_a_reading_that_fails_says_why(tmp_path: Path) -> None:
    failed = Done(1, err="ModuleNotFoundError: No module named 'numpy'\n")
    found = only(board(tmp_path, Recognizer=failed))
    assert "fails (ModuleNotFoundError: No module named 'numpy')" in found.finding


def test_a_broken_runtime_beside_a_working_one_is_a_warning(tmp_path: Path) -> None:
    versions = VERSIONS | {"tensorflow": "2.19"}
    system = replace(board(tmp_path, ai_edge_litert=Done(-signal.SIGILL)), version=versions.get)
    assert [f.level for f in troubles(system)] == ["warning"]


@pytest.mark.parametrize(
    ("said", "words", "cure"),
    [
        ("throttled=0x50005", "under-voltage now; throttled now", "power supply"),
        ("throttled=0x80008", "soft temperature limit now", "cool"),
        ("throttled=0x20000", "clock capped since start", "cool"),
    ],
)
def test_throttling(tmp_path: Path, said: str, words: str, cure: str) -> None:
    found = only(board(tmp_path, get_throttled=Done(0, said)))
    assert (found.check, found.level, found.finding) == ("throttling", "warning", words)
    assert cure in found.cure


def test_vcgencmd_is_not_there(tmp_path: Path) -> None:
    found = only(board(tmp_path, get_throttled=Done(127, err="not found")))
    assert "raspi-utils" in found.cure


def test_a_32_bit_system_on_a_64_bit_kernel(tmp_path: Path) -> None:
    versions = {"numpy": "1.24.2", "tflite-runtime": "2.14.0"}
    system = replace(board(tmp_path), bits=32, version=versions.get)
    found = only(system)
    assert (found.check, found.level) == ("userland", "warning")
    assert "32-bit Python on a aarch64 kernel" in found.finding
    assert troubles(replace(system, kernel="armv7l")) == []


@pytest.mark.parametrize(("kib", "level"), [(150_000, "warning"), (60_000, "problem")])
def test_low_memory(tmp_path: Path, kib: int, level: str) -> None:
    system = board(tmp_path)
    write(tmp_path, "proc/meminfo", f"MemTotal: 9 kB\nMemAvailable:    {kib} kB\n")
    found = only(system)
    assert (found.check, found.level) == ("memory", level)


def test_a_read_only_disk(tmp_path: Path) -> None:
    system = replace(board(tmp_path), temporary=tmp_path / "tmp")
    found = only(replace(system, writable=lambda folder: folder != tmp_path))
    assert (found.check, found.level) == ("disk", "warning")
    for broken in (
        replace(system, temporary=None),
        replace(system, writable=lambda folder: folder != tmp_path / "tmp"),
    ):
        assert "tmpfs" in only(broken).cure
        assert only(broken).level == "problem"


def test_a_full_disk(tmp_path: Path) -> None:
    found = only(replace(board(tmp_path), free=lambda folder: 3_000_000))
    assert (found.check, found.level) == ("disk", "warning")
    assert found.finding.startswith("3 MB free")


def test_no_bytecode(tmp_path: Path) -> None:
    package = tmp_path / "bare"
    package.mkdir()
    system = replace(board(tmp_path), packages=[package])
    assert troubles(system) == []
    found = only(replace(system, environ={"PYTHONDONTWRITEBYTECODE": "1"}))
    assert (found.check, found.level) == ("bytecode", "warning")
    assert "compileall" in found.cure
    assert "bare cannot be written to" in only(
        replace(system, writable=lambda folder: folder != package)
    ).finding.replace(str(tmp_path) + "/", "")


def test_a_governor_that_holds_the_clock_down(tmp_path: Path) -> None:
    write(tmp_path, "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n")
    assert only(board(tmp_path)).check == "board"


def test_a_damaged_installation_does_not_stop_the_other_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged() -> None:
        raise DeviceError("the device profiles are missing")

    monkeypatch.setattr("edge_runtime.board.known_profiles", damaged)
    assert (only(board(tmp_path)).check, only(board(tmp_path)).level) == ("board", "warning")


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        ("ImportError: libGL.so.1: cannot open shared object file", "opencv-python-headless"),
        ("ImportError: version `GLIBC_2.34' not found", "Bookworm"),
        ("AttributeError: _ARRAY_API not found; compiled using NumPy 1.x", "numpy<2"),
        ("ModuleNotFoundError: No module named 'cv2'", "pip install"),
    ],
)
def test_what_an_import_says_chooses_the_cure(tmp_path: Path, words: str, cure: str) -> None:
    assert cure in only(board(tmp_path, cv2=Done(1, err=words))).cure


def test_the_wrong_model_is_found_for_real(tmp_path: Path) -> None:
    """No staging here: the child opens the file."""
    wrong = tmp_path / "wrong.tflite"
    wrong.write_text("not a model")
    found = doctor_check(wrong)
    assert found.level == "problem"
    assert "identifier check failed" in found.finding
    assert "edge-htr convert" in found.cure
    assert doctor_check(model_path()).level == "ok"


def doctor_check(model: Path) -> Finding:
    from edge_runtime.doctor_runtime import check_model

    return check_model(System(), model, SAMPLE)


def test_real_programs_and_their_deaths() -> None:
    assert System().python_run("print('here')").out == "here\n"
    dead = System().python_run("import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    assert dead.code == -signal.SIGILL
    assert run_command(["no-such-program"]).code == 127


def test_a_program_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_system, "TIMEOUT_S", 0.2)
    done = System().python_run("import time; time.sleep(30)")
    assert (done.code, done.last_words) == (124, "no answer within 0 s")


@pytest.mark.parametrize(("levels", "code"), [(["ok", "warning"], 0), (["warning", "problem"], 1)])
def test_only_problems_change_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, levels: list[doctor_system.Level], code: int
) -> None:
    findings = [Finding("x", level, "found", "cure it") for level in levels]
    monkeypatch.setattr("edge_runtime.doctor.examine", lambda system, model: iter(findings))
    result = CliRunner().invoke(cli, ["doctor", "--json"])
    assert result.exit_code == code
    report = json.loads(result.stdout)
    assert (report["ok"], [f["level"] for f in report["findings"]]) == (code == 0, levels)
    result = CliRunner().invoke(cli, ["doctor"])
    assert result.exit_code == code
    assert result.stdout.count("-> cure it") == 2
    assert doctor_cli.doctor.name == "doctor"


def test_this_machine_can_read(tmp_path: Path) -> None:
    """The tests run here, so that no problem may be found."""
    problems = [f for f in examine(System()) if f.level == "problem" and f.check != "memory"]
    assert problems == []
