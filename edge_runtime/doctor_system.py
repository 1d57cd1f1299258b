"""What `edge-htr doctor` sees of a system, in one object, so that every failure can be staged."""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

from edge_runtime.child_python import child_environment

Level = Literal["ok", "warning", "problem"]

TIMEOUT_S: Final = 120.0
"""A cold import of numpy takes seconds on a slow SD card; a program that hangs is a finding."""

NOT_FOUND: Final = 127
TIMED_OUT: Final = 124


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    check: str
    level: Level
    """``problem``: nothing can be read until it is mended; ``warning``: something else suffers."""
    finding: str
    cure: str = ""
    """What to do; empty where all is well."""


@dataclass(frozen=True)
class Done:
    """A program that has ended."""

    code: int
    """Exit status; minus the signal's number where a signal ended it."""
    out: str = ""
    err: str = ""

    @property
    def last_words(self) -> str:
        """The last line of stderr, where a traceback says what happened."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        return lines[-1] if lines else "no message"


def run_command(command: Sequence[str]) -> Done:
    """Run a program; one that is missing or hangs gives the shell's codes 127 and 124."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=False,
            env=child_environment(),
        )
    except subprocess.TimeoutExpired:
        return Done(TIMED_OUT, err=f"no answer within {TIMEOUT_S:.0f} s")
    except OSError as error:
        return Done(NOT_FOUND, err=str(error))
    return Done(done.returncode, done.stdout, done.stderr)


def installed_version(package: str) -> str | None:
    """Version of an installed distribution, without importing it."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def free_bytes(folder: Path) -> int | None:
    """Free space of the disk that holds a folder."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def can_write(folder: Path) -> bool:
    """Whether files can be made in a folder; False on a read-only disk, for root too."""
    return os.access(folder, os.W_OK)


def _groups() -> frozenset[int]:
    return frozenset((*os.getgroups(), os.getegid())) if hasattr(os, "getgroups") else frozenset()


def _temporary() -> Path | None:
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:  # no folder can be written to
        return None


def _packages() -> tuple[Path, ...]:
    spec = find_spec("numpy")
    numpy = [Path(spec.origin).parent] if spec and spec.origin else []
    return (Path(__file__).resolve().parent, *numpy)


@dataclass(frozen=True)
class System:
    """A view of the system; every part can be replaced in tests."""

    root: Path = Path("/")
    """Where /proc, /dev, /etc and /usr are."""
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    run: Callable[[Sequence[str]], Done] = run_command
    version: Callable[[str], str | None] = installed_version
    free: Callable[[Path], int | None] = free_bytes
    writable: Callable[[Path], bool] = can_write
    python: tuple[int, int] = sys.version_info[:2]
    bits: int = 64 if sys.maxsize > 2**32 else 32
    """Of the Python that runs, not of the kernel."""
    kernel: str = field(default_factory=platform.machine)
    in_venv: bool = sys.prefix != sys.base_prefix
    uid: int = field(default_factory=lambda: os.geteuid() if hasattr(os, "geteuid") else 0)
    groups: frozenset[int] = field(default_factory=_groups)
    folder: Path = field(default_factory=Path.cwd)
    temporary: Path | None = field(default_factory=_temporary)
    packages: Sequence[Path] = field(default_factory=_packages)
    """Folders of the packages whose compiled files every start needs."""

    def text(self, name: str) -> str:
        """A small file below the root; empty where there is none."""
        try:
            text = (self.root / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return text.strip("\0 \n")

    def python_run(self, code: str, *arguments: str) -> Done:
        """Run a few lines of Python in a child process, which may die in it."""
        return self.run([sys.executable, "-c", code, *arguments])

    @property
    def board(self) -> str:
        """Name of the board, empty on a PC."""
        return self.text("proc/device-tree/model")
