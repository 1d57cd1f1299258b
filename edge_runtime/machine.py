"""Facts about the machine a benchmark runs on, as far as the system tells them."""

import os
import platform
from pathlib import Path
from typing import Any

_CPU = Path("sys/devices/system/cpu/cpu0/cpufreq")


def machine_facts(root: Path = Path("/")) -> dict[str, Any]:
    """What does not change during a run; None where the system does not say.

    Args:
        root: where /proc and /sys are, for tests.
    """
    return {
        "board": _text(root / "proc/device-tree/model"),
        "cpu": _cpu_name(root),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "governor": _text(root / _CPU / "scaling_governor"),
        "max_mhz": _thousandth(root / _CPU / "cpuinfo_max_freq"),
        "memory_mb": _memory_mb(root),
    }


def machine_state(root: Path = Path("/")) -> dict[str, Any]:
    """What may change during a run and spoil it: clock, temperature, other load."""
    load = _text(root / "proc/loadavg")
    return {
        "mhz": _thousandth(root / _CPU / "scaling_cur_freq"),
        "celsius": _thousandth(root / "sys/class/thermal/thermal_zone0/temp"),
        "load": float(load.split()[0]) if load else None,
    }


def measurement_kind(root: Path = Path("/")) -> str:
    """``measured``, or ``emulated`` where an ARM program sees the processor of a PC."""
    arm = platform.machine() in ("aarch64", "arm64", "armv7l", "armv6l")
    return "emulated" if arm and "vendor_id" in (_text(root / "proc/cpuinfo") or "") else "measured"


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
    for line in (_text(root / "proc/cpuinfo") or "").splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() in ("model name", "cpu model"):
            return value.strip()
    return None


def _memory_mb(root: Path) -> int | None:
    for line in (_text(root / "proc/meminfo") or "").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) // 1024
    return None
