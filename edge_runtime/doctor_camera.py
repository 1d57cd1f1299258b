"""Checks of the cameras: picamera2 in this environment, permission, and who holds the device."""

import os
from collections.abc import Iterator
from typing import Final

from edge_runtime.doctor_system import Finding, System

_IMPORT: Final = "import picamera2"
_SYSTEM_PACKAGES: Final = "usr/lib/python3/dist-packages"


def check_picamera(system: System) -> Finding:
    """picamera2 comes from apt and is seen only by environments that look at the system."""
    if not system.board.startswith("Raspberry Pi"):
        return Finding("picamera2", "ok", "only needed on a Raspberry Pi with a CSI camera")
    done = system.python_run(_IMPORT)
    if done.code == 0:
        return Finding("picamera2", "ok", "can be imported")
    if "numpy.dtype size changed" in done.err or "compiled using NumPy 1" in done.err:
        return Finding(
            "picamera2",
            "warning",
            "picamera2 of the system was built for numpy 1, this environment has numpy"
            f" {system.version('numpy')}",
            "pip install 'numpy<2' 'opencv-python-headless<4.12'",
        )
    if (system.root / _SYSTEM_PACKAGES / "picamera2").exists() and system.in_venv:
        return Finding(
            "picamera2",
            "warning",
            "picamera2 is installed, but this virtual environment does not see it",
            "make it anew with: python3 -m venv --system-site-packages; or set"
            " include-system-site-packages = true in its pyvenv.cfg",
        )
    if (system.root / _SYSTEM_PACKAGES / "picamera2").exists():
        return Finding(
            "picamera2",
            "warning",
            f"picamera2 cannot be imported ({done.last_words})",
            "use the system's Python, /usr/bin/python3: python3-libcamera is built for no other",
        )
    return Finding(
        "picamera2",
        "warning",
        "not installed: a CSI camera (--camera pi:0) cannot be used, a USB camera can",
        "sudo apt install python3-picamera2 --no-install-recommends",
    )


def check_camera(system: System) -> Iterator[Finding]:
    """Video devices: whether there are any, may be opened, and are free."""
    devices = sorted((system.root / "dev").glob("video*"))
    if not devices:
        yield Finding("camera", "ok", "no video device: pictures can be read, a camera cannot")
        return
    group = _group(system, "video")
    if system.uid != 0 and group is not None and group not in system.groups:
        yield Finding(
            "camera",
            "warning",
            "this user is not in the group video and may not open a camera",
            "sudo usermod -aG video $USER, then log in again",
        )
    holders = list(_holders(system))
    for device, holder in holders:
        yield Finding(
            "camera",
            "warning",
            f"{device} is in use by {holder}",
            f"end that program: {holder.partition(' ')[0]} holds the camera",
        )
    if not holders:
        names = ", ".join(f"/dev/{device.name}" for device in devices[:4])
        more = f" and {len(devices) - 4} more" if len(devices) > 4 else ""
        yield Finding("camera", "ok", f"{names}{more}: in use by nobody that this user can see")


def _group(system: System, name: str) -> int | None:
    for line in system.text("etc/group").splitlines():
        parts = line.split(":")
        if len(parts) > 2 and parts[0] == name and parts[2].isdecimal():
            return int(parts[2])
    return None


def _holders(system: System) -> Iterator[tuple[str, str]]:
    """Device and process ("name (pid)") for each open video device of the processes we may see."""
    own = str(os.getpid())
    for process in sorted((system.root / "proc").glob("[0-9]*")):
        if process.name == own:
            continue
        for device in sorted(_open_devices(system, process.name)):
            name = system.text(f"proc/{process.name}/comm") or "a process"
            yield device, f"{name} ({process.name})"


def _open_devices(system: System, pid: str) -> set[str]:
    found = set()
    try:
        for link in (system.root / "proc" / pid / "fd").iterdir():
            target = str(link.readlink())
            if target.startswith("/dev/video"):
                found.add(target)
    except OSError:  # another user's process, or one that has just ended
        pass
    return found
