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
            _pip("--require-hashes", *target.pip_options, "-r", str(listed), "--target", partial)
    return folder


def install_wheel(wheel: Path, folder: Path) -> None:
    """Unpack the wheel of this checkout, which runs anywhere.

    Raises:
        UnavailableError: pip fails.
    """
    _pip("--upgrade", "--target", folder, str(wheel))


def _pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    command += ["--ignore-requires-python", *map(str, arguments)]  # it would look at this one
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        reason = (lines or done.stderr.splitlines() or ["no message"])[0]
        wrong = any(word in done.stderr for word in _WRONG)
        raise (DataError if wrong else UnavailableError)(f"pip failed: {reason}")
