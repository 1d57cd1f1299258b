"""Checks of the board: power and heat, memory, disk, bytecode, clock governor."""

import sys
from pathlib import Path
from typing import Final

from edge_runtime.doctor_system import Finding, Level, System
from edge_runtime.throttling import describe_bits, parse_throttled

ENOUGH_MIB: Final = 200
LEAST_MIB: Final = 110
"""One reading peaks at 86 MiB (x86-64, ai-edge-litert 2.3, the shipped model), plus some air."""
LEAST_DISK: Final = 50_000_000


def check_board(system: System) -> Finding:
    """Which board this is, and whether its clock is held down."""
    from edge_runtime.board import this_board
    from edge_runtime.device import DeviceError

    try:
        profile = this_board((), system.root, system.bits)
    except DeviceError as error:
        return Finding("board", "warning", str(error), "pip install --force-reinstall edge-htr")
    where = profile.id if profile else "no profile, edge-htr devices lists those there are"
    name = system.board or "no device tree: a PC or a virtual machine"
    governor = system.text("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    if governor == "powersave":
        return Finding(
            "board",
            "warning",
            f"{name} ({where}): the governor powersave holds the clock at its lowest",
            "echo ondemand | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
        )
    return Finding("board", "ok", f"{name} ({where})" + (f", {governor}" if governor else ""))


def check_throttling(system: System) -> Finding:
    """Weak power supplies and heat, as the firmware noted them."""
    if not system.board.startswith("Raspberry Pi"):
        return Finding("throttling", "ok", "only a Raspberry Pi tells")
    done = system.run(["vcgencmd", "get_throttled"])
    bits = parse_throttled(done.out) if done.code == 0 else None
    if bits is None:
        return Finding(
            "throttling",
            "warning",
            f"vcgencmd does not answer ({done.last_words})",
            "sudo apt install raspi-utils; sudo usermod -aG video $USER, then log in again",
        )
    if not bits:
        return Finding("throttling", "ok", "none since the board was started")
    if bits & 0x10001:
        cure = "use the official power supply and a short cable, unplug what draws much current"
    else:
        cure = "cool the board: a heat sink or a fan, room around it"
    return Finding("throttling", "warning", "; ".join(describe_bits(bits)), cure)


def check_memory(system: System) -> Finding:
    """Memory that can be had without driving others out."""
    available = None
    for line in system.text("proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            available = int(line.split()[1]) // 1024
    if available is None:
        return Finding("memory", "ok", "this system does not tell")
    if available >= ENOUGH_MIB:
        return Finding("memory", "ok", f"{available} MiB available")
    level: Level = "warning" if available >= LEAST_MIB else "problem"
    return Finding(
        "memory",
        level,
        f"{available} MiB available, reading a line takes about 90",
        "end other programs, boot without the desktop (sudo raspi-config, System Options),"
        " and read with --threads 1",
    )


def check_disk(system: System) -> Finding:
    """Whether temporary files and results can be written."""
    if system.temporary is None or not system.writable(system.temporary):
        return Finding(
            "disk",
            "problem",
            "there is no folder for temporary files that can be written to",
            "mount a small one in memory: sudo mount -t tmpfs -o size=16m tmpfs /tmp",
        )
    if not system.writable(system.folder):
        return Finding(
            "disk",
            "warning",
            f"{system.folder} cannot be written to (read-only disk or no permission): --out fails",
            "write elsewhere (--out /tmp/lines.txt); a card that turned read-only by itself is"
            " worn out or was cut off: dmesg says so",
        )
    free = system.free(system.folder)
    if free is not None and free < LEAST_DISK:
        return Finding(
            "disk",
            "warning",
            f"{free / 1e6:.0f} MB free in {system.folder}",
            "make room: sudo apt clean; sudo journalctl --vacuum-size=20M",
        )
    return Finding("disk", "ok", f"{system.folder} can be written to")


def check_bytecode(system: System) -> Finding:
    """Compiled Python files: without them every start takes several times as long.

    numpy takes 2140 M instructions to import without them, 346 M with them (Cortex-A72, qemu).
    """
    missing = [folder for folder in system.packages if not _compiled(folder)]
    why = []
    if system.environ.get("PYTHONDONTWRITEBYTECODE"):
        why.append("PYTHONDONTWRITEBYTECODE is set")
    why += [f"{folder} cannot be written to" for folder in missing if not system.writable(folder)]
    if not missing:
        return Finding("bytecode", "ok", "compiled files are there")
    if not why:
        return Finding("bytecode", "ok", "will be compiled when it is first used")
    return Finding(
        "bytecode",
        "warning",
        f"no compiled files of {' and '.join(folder.name for folder in missing)}"
        f" ({', '.join(why)}): every start is slow",
        "unset PYTHONDONTWRITEBYTECODE; on a disk that will be read-only, before that:"
        f" python -m compileall -q {' '.join(map(str, missing))}",
    )


def _compiled(package: Path) -> bool:
    tag = sys.implementation.cache_tag or ""
    return any((package / "__pycache__").glob(f"__init__.{tag}*.pyc"))
