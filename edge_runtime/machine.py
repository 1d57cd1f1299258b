"""Facts about the machine a benchmark runs on, as far as the system tells them."""

import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge_runtime.power import Run, power_watts
from edge_runtime.throttling import parse_throttled

_CPU = Path("sys/devices/system/cpu/cpu0/cpufreq")


def machine_facts(root: Path = Path("/")) -> dict[str, Any]:
    """What does not change during a run; None where the system does not say.

    Args:
        root: where /proc and /sys are, for tests.
    """
    return {
        "board": _text(root / "proc/device-tree/model"),
        "cpu": _cpu_name(root),
        "cpu_part": _cpu_field(root, ("cpu part",)),
        "architecture": platform.machine(),
        "bits": 64 if sys.maxsize > 2**32 else 32,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "os": _os_name(root),
        "python": platform.python_version(),
        "governor": _text(root / _CPU / "scaling_governor"),
        "max_mhz": _thousandth(root / _CPU / "cpuinfo_max_freq"),
        "memory_mb": _memory_mb(root),
    }


def ask(command: Sequence[str]) -> str | None:
    """What a program says on stdout; None where it is missing, fails or hangs."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=5, check=True, errors="replace"
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def machine_state(root: Path = Path("/"), run: Run = ask) -> dict[str, Any]:
    """What may change during a run and spoil it; None where the system does not say.

    Args:
        root: where /proc and /sys are, for tests.
        run: starts `vcgencmd`, which only a Raspberry Pi has.
    """
    if not (_text(root / "proc/device-tree/model") or "").startswith("Raspberry Pi"):
        run = _silent
    load = _text(root / "proc/loadavg")
    clock = (run(["vcgencmd", "measure_clock", "arm"]) or "").partition("=")[2].strip()
    return {
        "mhz": _thousandth(root / _CPU / "scaling_cur_freq"),
        "firmware_mhz": int(clock) / 1e6 if clock.isdecimal() else None,
        "celsius": _thousandth(root / "sys/class/thermal/thermal_zone0/temp"),
        "throttled": parse_throttled(run(["vcgencmd", "get_throttled"]) or ""),
        "watts": power_watts(root, run),
        "load": float(load.split()[0]) if load else None,
    }


def _silent(command: Sequence[str]) -> None:
    """Stands for programs that this machine cannot have."""


def measurement_kind(root: Path = Path("/")) -> str:
    """``measured``, or ``emulated`` where an ARM program sees the processor or kernel of a PC."""
    arm = platform.machine() in ("aarch64", "arm64", "armv7l", "armv6l")
    pc = "vendor_id" in (_text(root / "proc/cpuinfo") or "")
    pc = pc or _text(root / "proc/sys/kernel/arch") in ("x86_64", "i686")
    return "emulated" if arm and pc else "measured"


def peak_memory_mb(root: Path = Path("/")) -> float | None:
    """Most memory this process has held at once, MiB.

    Not ``ru_maxrss``: that survives exec, so a child would start with its parent's peak.
    """
    for line in (_text(root / "proc/self/status") or "").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip("\0 \n") or None
    except OSError:
        return None


def _thousandth(path: Path) -> float | None:
    text = _text(path)
    return int(text) / 1000 if text and text.lstrip("-").isdigit() else None


def _cpu_name(root: Path) -> str | None:
    return _cpu_field(root, ("model name", "cpu model"))


def _cpu_field(root: Path, names: tuple[str, ...]) -> str | None:
    """The first core's value of a field of /proc/cpuinfo."""
    for line in (_text(root / "proc/cpuinfo") or "").splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() in names:
            return value.strip()
    return None


def _os_name(root: Path) -> str | None:
    for line in (_text(root / "etc/os-release") or "").splitlines():
        name, _, value = line.partition("=")
        if name == "PRETTY_NAME":
            return value.strip('"')
    return None


def _memory_mb(root: Path) -> int | None:
    for line in (_text(root / "proc/meminfo") or "").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) // 1024
    return None
