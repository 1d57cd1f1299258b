"""Checks of Python, numpy, OpenCV, the TFLite runtimes and the model; imports in child processes.

A library that was built for another processor does not raise, it kills the process. What is
imported is therefore imported in a child, and its death by a signal is a finding like any other.
"""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edge_runtime.doctor_system import TIMED_OUT, Done, Finding, Level, System

NEWEST: Final = (3, 14)
"""ai-edge-litert has wheels for CPython 3.10 to 3.14 (PyPI, 2026-11)."""
NEWEST_32: Final = (3, 11)
"""tflite-runtime 2.14.0, the last one, has 32-bit wheels up to CPython 3.11."""

# As in runtimes.py, which imports numpy and so cannot be used to look for it.
_RUNTIMES: Final = {
    "ai-edge-litert": "ai_edge_litert.interpreter",
    "tflite-runtime": "tflite_runtime.interpreter",
    "tensorflow": "tensorflow.lite.python.interpreter",
}
_IMPORT: Final = "import sys, importlib; importlib.import_module(sys.argv[1])"
_READ: Final = """
import json, sys
from pathlib import Path
from edge_runtime.errors import EdgeHtrError
from edge_runtime.recognizer import DEFAULT_MODEL, Recognizer
try:
    recognizer = Recognizer(sys.argv[1] or DEFAULT_MODEL)
    line = recognizer.read_file(Path(sys.argv[2]))
    runtime = recognizer.network.runtime
    said = {"model": recognizer.bundle.card.name, "text": line.text,
            "runtime": f"{runtime.name} {runtime.version}", "ms": sum(line.ms.values())}
except EdgeHtrError as error:
    said = {"error": " ".join(str(error).split())}
print(json.dumps(said))
"""


def check_python(system: System) -> Finding:
    """Whether there is a runtime for this Python at all."""
    number = ".".join(map(str, system.python))
    place = "in a virtual environment" if system.in_venv else "no virtual environment"
    newest = NEWEST if system.bits == 64 else NEWEST_32
    if (3, 11) <= system.python <= newest:
        return Finding("python", "ok", f"{number}, {system.bits}-bit, {place}")
    if system.bits == 32:
        cure = (
            "use Raspberry Pi OS Bookworm 32-bit (Python 3.11), or better a 64-bit system:"
            " docs/raspberry-pi.md"
        )
    else:
        cure = "make the virtual environment with Python 3.11 to 3.13: python3.11 -m venv"
    wanted = f"3.11 to {newest[0]}.{newest[1]}" if newest != NEWEST_32 else "3.11"
    return Finding(
        "python",
        "problem",
        f"no TFLite runtime for {system.bits}-bit Python {number}: it has to be {wanted}",
        cure,
    )


def check_userland(system: System) -> Finding:
    """A 64-bit kernel under a 32-bit system misleads pip's platform markers."""
    if system.bits == 32 and system.kernel in ("aarch64", "arm64", "x86_64", "armv8l"):
        return Finding(
            "userland",
            "warning",
            f"32-bit Python on a {system.kernel} kernel: pip chooses the packages of 64-bit"
            " systems, which have no 32-bit wheels",
            "write a 64-bit system to the card, or install by hand without dependencies"
            " (docs/raspberry-pi.md, 32-bit)",
        )
    return Finding("userland", "ok", f"{system.bits}-bit Python on a {system.kernel} kernel")


def check_libraries(system: System) -> Iterator[Finding]:
    """Numpy and OpenCV, each imported in a child."""
    for name, module, package in (
        ("numpy", "numpy", "numpy"),
        ("opencv", "cv2", "opencv-python-headless"),
    ):
        done = system.python_run(_IMPORT, module)
        if done.code == 0:
            yield Finding(name, "ok", system.version(package) or "of the system")
            continue
        yield Finding(name, "problem", f"{module} {_death(done)}", _cure(system, done, module))


def check_runtime(system: System) -> Iterator[Finding]:
    """The TFLite runtimes: one has to work, the others need not be there."""
    broken: list[Finding] = []
    working = ""
    for package, module in _RUNTIMES.items():
        version = system.version(package) or system.version(f"{package}-cpu")
        if version is None:
            continue
        clash = _numpy_clash(system, package)
        done = Done(1) if clash else system.python_run(_IMPORT, module)
        if done.code == 0:
            working = f"{package} {version}"
            break
        found = f"{package} {version} {_death(done)}"
        broken.append(clash or Finding("runtime", "problem", found, _cure(system, done, package)))
    if working:
        yield Finding("runtime", "ok", working)
    elif not broken:
        wanted = "ai-edge-litert" if system.bits == 64 else "tflite-runtime==2.14.0 'numpy<2'"
        yield Finding(
            "runtime", "problem", "no TFLite runtime is installed", f"pip install {wanted}"
        )
    for finding in broken:
        level: Level = "warning" if working else "problem"
        yield Finding(finding.check, level, finding.finding, finding.cure)


def _numpy_clash(system: System, package: str) -> Finding | None:
    """tflite-runtime 2.14 asks for any numpy, and fails with numpy 2."""
    numpy = system.version("numpy") or "1"
    if package != "tflite-runtime" or int(numpy.split(".")[0]) < 2:
        return None
    return Finding(
        "runtime",
        "problem",
        f"tflite-runtime cannot work with numpy {numpy}",
        "pip install 'numpy<2' 'opencv-python-headless<4.12'",
    )


def check_model(system: System, model: Path | None, sample: Path) -> Finding:
    """Reads one line in a child: the proof that everything works together."""
    done = system.python_run(_READ, str(model or ""), str(sample))
    name = str(model) if model else "the model of the package"
    try:
        said = json.loads(done.out.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return Finding(
            "model",
            "problem",
            f"reading a line with {name} {_death(done, 'fails')}",
            _cure(system, done, "the runtime")
            if done.code < 0
            else "mend the problems above; edge-htr -vv run shows the whole message",
        )
    if "error" in said:
        cure = (
            "name a model that `edge-htr convert` wrote (edge-htr info MODEL says what a file is)"
            if model
            else "install edge-htr again: its model is missing or damaged; or mend what is above"
        )
        return Finding("model", "problem", said["error"], cure)
    return Finding(
        "model",
        "ok",
        f"{said['model']} reads {said['text']!r} with {said['runtime']}, first line"
        f" {said['ms']:.0f} ms",
    )


def _death(done: Done, otherwise: str = "cannot be imported") -> str:
    """How a child ended."""
    if done.code < 0:
        try:
            return f"died of {signal.Signals(-done.code).name}"
        except ValueError:
            return f"died of signal {-done.code}"
    if done.code == TIMED_OUT:
        return f"gives {done.last_words}"
    return f"{otherwise} ({done.last_words})"


def _cure(system: System, done: Done, what: str) -> str:
    if -done.code == signal.SIGILL:
        return (
            f"{what} was built for a newer processor than this one ({_processor(system)}): install"
            " the wheel of the system's own architecture, or another version of it"
        )
    if -done.code in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT):
        return (
            "try the other runtime (EDGE_HTR_RUNTIME=ai-edge-litert); tflite-runtime 2.14 crashes"
            " on int8 models with per-channel dense layers, which edge-htr convert never writes"
        )
    if -done.code == getattr(signal, "SIGKILL", 9):
        return "the system ended it, mostly for want of memory: see the memory check"
    if "numpy.dtype size changed" in done.err or "compiled using NumPy 1" in done.err:
        return "a library of the system was built for numpy 1: pip install 'numpy<2'"
    if "libGL" in done.err:
        return "pip uninstall opencv-python; pip install opencv-python-headless"
    if "GLIBC" in done.err:
        return "the system is too old for this wheel: use Raspberry Pi OS Bookworm or newer"
    return "pip install --force-reinstall edge-htr (into this environment)"


def _processor(system: System) -> str:
    """What /proc/cpuinfo says of the core, for the message."""
    known = {"0xd03": "Cortex-A53", "0xd07": "Cortex-A57", "0xd08": "Cortex-A72",
             "0xd0b": "Cortex-A76", "0xb76": "ARM1176", "0xc07": "Cortex-A7"}  # fmt: skip
    for line in system.text("proc/cpuinfo").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "CPU part":
            return known.get(value.strip(), f"part {value.strip()}")
        if key.strip() == "model name":
            return value.strip()
    return system.kernel
