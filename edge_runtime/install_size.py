"""What `pip install edge-htr` brings to a board, by package: from the committed table, or from pip.

The table, ``devices/install-size.json``, holds the versions of the lock and is made by
``python -m deploy.install_table``. Asking pip instead (``newest``) says what the index gives today:
a dependency that has grown since the lock was made shows there first. Bytes are those of the
wheels and of their content unpacked, without the ``.pyc`` files that pip may compile; edge-htr
itself, with its models, is not counted.
"""

import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any, Final

from edge_runtime.child_python import child_environment
from edge_runtime.device import FOLDERS, Profile
from edge_runtime.errors import DataError
from edge_runtime.machine import machine_facts

TABLE: Final = "install-size.json"
Size = dict[str, Any]
"""``machine``, ``python``, ``origin``, ``wheel_bytes``, ``install_bytes`` and ``packages``, each of
which has ``name``, ``version`` and the same two sums."""

_NEWEST_GLIBC: Final = 36
_OLDEST_GLIBC: Final = 17


def known_sizes(profile: Profile, folders: Iterable[Path] = FOLDERS) -> list[Size]:
    """The table's rows for a device's system, one for each of its Pythons that is in the table.

    Raises:
        DataError: the table is damaged.
    """
    path = next((folder / TABLE for folder in folders if (folder / TABLE).is_file()), None)
    if path is None:
        return []
    try:
        rows: list[Size] = json.loads(path.read_text(encoding="utf-8"))["systems"]
        wanted = machine_of(profile), profile.runtime.python
        return [row for row in rows if row["machine"] == wanted[0] and row["python"] in wanted[1]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not a table of 'python -m deploy.install_table' ({error})") from (
            None
        )


def newest(profile: Profile, say: Callable[[str], None]) -> list[Size]:
    """Have pip fetch today's newest dependencies for a device, and weigh them.

    Pip's own cache spares what was fetched before. Pip can be told another platform, but looks at
    the conditions of a requirement with this machine's eyes: for edge-htr those are alike on all
    64-bit machines, so only their devices can be asked for.

    Raises:
        DataError: a 32-bit device, or pip fails (no network, no wheel).
    """
    machine, python = machine_of(profile), profile.runtime.python[0]
    if profile.runtime.os_bits != machine_facts()["bits"]:
        raise DataError(f"{profile.id}: its wheels can only be resolved on a system of that kind")
    say(f"pip fetches what {profile.id} would install (Python {python}, {machine})")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", folder]
        command += [*_platform(machine, python), *_requirements()]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=child_environment()
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["no message"]
            errors = [line for line in lines if line.startswith("ERROR")] or lines
            raise DataError(f"pip cannot resolve the dependencies of edge-htr: {errors[-1]}")
        return [weigh(Path(folder), machine, python, "newest")]


def machine_of(profile: Profile) -> str:
    """Machine name in the wheels of a device: aarch64, armv7l, or that of this computer."""
    if profile.device.core is None:
        return str(machine_facts()["architecture"])
    return "aarch64" if profile.runtime.os_bits == 64 else "armv7l"


def weigh(folder: Path, machine: str, python: str, origin: str) -> Size:
    """Sizes of the wheels in a folder, by name.

    Args:
        folder: holds wheels.
        machine: as in their names.
        python: such as 3.11.
        origin: where the versions come from, for the reader.

    Raises:
        DataError: a wheel is damaged.
    """
    packages: list[dict[str, Any]] = []
    for wheel in sorted(folder.glob("*.whl"), key=lambda path: path.name.lower()):
        name, version, *_ = wheel.name.split("-")
        try:
            with zipfile.ZipFile(wheel) as archive:
                unpacked = sum(member.file_size for member in archive.infolist())
        except zipfile.BadZipFile as error:
            raise DataError(f"{wheel.name}: {error}") from None
        packages.append(
            {
                "name": name.replace("_", "-").lower(),
                "version": version,
                "wheel_bytes": wheel.stat().st_size,
                "install_bytes": unpacked,
            }
        )
    sums = {k: sum(p[k] for p in packages) for k in ("wheel_bytes", "install_bytes")}
    return {"machine": machine, "python": python, "origin": origin, **sums, "packages": packages}


def _requirements() -> list[str]:
    """What edge-htr declares, without extras.

    Raises:
        DataError: edge-htr is not installed, only on the path.
    """
    try:
        declared = requires("edge-htr") or []
    except PackageNotFoundError:
        raise DataError("edge-htr is not installed: its requirements are unknown") from None
    return [line for line in declared if "extra ==" not in line]


def _platform(machine: str, python: str) -> list[str]:
    """Options with which pip resolves for another machine; newest platform tags first."""
    tags = [f"manylinux_2_{n}_{machine}" for n in range(_NEWEST_GLIBC, _OLDEST_GLIBC - 1, -1)]
    options = ["--only-binary=:all:", "--implementation", "cp", "--python-version", python]
    for tag in (*tags, f"manylinux2014_{machine}", f"linux_{machine}"):
        options += ["--platform", tag]
    for abi in (f"cp{python.replace('.', '')}", "abi3", "none"):
        options += ["--abi", abi]
    return options
