"""What a board can install: its platform tags, its Python versions, its part of the lock."""

import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

from edge_runtime.device import Profile
from edge_runtime.errors import DataError

FROM_APT: Final = ("numpy", "opencv-python-headless")
"""Has no 32-bit wheels on PyPI; must be the system's where the system's picamera2 is used."""

_GLIBC: Final = 36
"""glibc 2.36 of Raspberry Pi OS Bookworm, the oldest system that is served; Trixie has 2.41."""
_OLDEST: Final = 17


@dataclass(frozen=True)
class Target:
    """One board's system with one version of Python."""

    machine: str
    """As in wheel tags: aarch64, armv7l, x86_64."""
    python: str
    """Such as 3.11."""

    @property
    def pip_options(self) -> list[str]:
        """Options with which pip downloads for this target instead of for itself."""
        tags = [f"manylinux_2_{minor}_{self.machine}" for minor in range(_GLIBC, _OLDEST - 1, -1)]
        tags += [f"manylinux2014_{self.machine}", f"linux_{self.machine}"]
        digits = self.python.replace(".", "")
        options = ["--only-binary=:all:", "--implementation", "cp", "--python-version", self.python]
        for tag in tags:
            options += ["--platform", tag]
        for abi in (f"cp{digits}", "abi3", "none"):
            options += ["--abi", abi]
        return options

    def marks(self) -> dict[str, str]:
        """What the lock's markers are evaluated with."""
        return {
            "sys_platform": "linux",
            "platform_system": "Linux",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "python_version": self.python,
            "python_full_version": f"{self.python}.4",
            "extra": "",
        }


def targets(profile: Profile, python: str | None = None) -> list[Target]:
    """Every system that a profile names, or the one with this version of Python.

    Raises:
        DataError: the profile does not name this Python.
    """
    if profile.id == "host":
        here = f"{sys.version_info[0]}.{sys.version_info[1]}"
        return [Target(platform.machine(), python or here)]
    known = profile.runtime.python
    if python is not None and python not in known:
        raise DataError(f"{profile.id} has Python {' or '.join(known)}, not {python}")
    machine = "aarch64" if profile.runtime.os_bits == 64 else "armv7l"
    return [Target(machine, version) for version in ([python] if python else known)]


def pins(lock: Path, target: Target, without: Sequence[str] = ()) -> Iterator[str]:
    """The lines of a lock that apply to a target: pin and hashes, markers left out.

    Args:
        lock: a file of `make lock`.
        target: whose markers count.
        without: names to leave out.
    """
    lines = lock.read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    for line in text.replace("\\\n", " ").splitlines():
        head, *hashes = line.split("--hash=")
        if not head.strip():
            continue
        pin = Requirement(head.strip())
        if pin.name in without or (pin.marker and not pin.marker.evaluate(target.marks())):
            continue
        yield " ".join([f"{pin.name}{pin.specifier}", *(f"--hash={h.strip()}" for h in hashes)])
