"""Python packages for another machine: the lock's wheels, fetched and unpacked by pip."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from deploy.target import FROM_APT, Target, pins
from edge_runtime.errors import DataError
from emulation.finished import finished
from emulation.unavailable import UnavailableError

_WRONG: Final = ("HASHES", "Hash mismatch", "Invalid requirement")
"""Words of pip's that mean the lock is wrong, not the network."""


def installed(lock: Path, target: Target, folder: Path) -> Path:
    """A folder with a lock's packages for a target, as an earlier run left it or made now.

    32-bit ARM takes numpy and OpenCV from Debian, as a board does.

    Raises:
        DataError: the wheels are not those of the lock.
        UnavailableError: pip cannot fetch them.
    """
    without = FROM_APT if target.machine == "armv7l" else ()
    wanted = "".join(f"{line}\n" for line in pins(lock, target, without))
    with finished(folder, wanted) as partial:
        if partial is not None:
            listed = partial / "lock.txt"
            listed.write_text(wanted, encoding="utf-8")
            options = ("--require-hashes", *target.pip_options, "-r", str(listed))
            if failed := _pip(*options, "--target", partial):
                wrong = any(word in failed for word in _WRONG)
                raise (DataError if wrong else UnavailableError)(_sentence(failed))
    return folder


def install_wheel(wheel: Path, folder: Path) -> None:
    """Unpack the wheel of this checkout, which runs anywhere.

    Raises:
        DataError: pip fails; nothing is fetched here.
    """
    if failed := _pip("--target", folder, wheel):
        raise DataError(_sentence(failed))


def _pip(*arguments: str | Path) -> str:
    """What pip complains of; empty if it did what it was told."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    command += ["--ignore-requires-python", *map(str, arguments)]  # it would look at this one
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stderr.strip() or "no message") if done.returncode else ""


def _sentence(complaint: str) -> str:
    lines = complaint.splitlines()
    return f"pip failed: {([line for line in lines if line.startswith('ERROR')] or lines)[0]}"
