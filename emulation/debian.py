"""Debian packages of any architecture, unpacked into a folder: no root, nothing is installed.

apt resolves dependencies against an empty system of its own and checks signatures as always. The
archive's address is the machine's: from its apt sources, or from ``DEBIAN_ARCHIVE``.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from emulation.finished import finished
from emulation.unavailable import UnavailableError

VARIABLE: Final = "DEBIAN_ARCHIVE"
KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_SOURCES: Final = Path("/etc/apt")
_ADDRESS: Final = re.compile(r"(?<![\w+])[a-z+]+:\S*?/debian/?(?=\s|$)")
_PLANNED: Final = re.compile(r"^Inst (\S+) (?:\[\S+\] )?\((\S+) .*?\[(\w+)\]\)", re.MULTILINE)
_TIMEOUT: Final = 600


@dataclass(frozen=True)
class Packages:
    """A folder of unpacked packages."""

    architecture: str
    """As Debian calls it: amd64, arm64, armhf."""
    suite: str
    """Such as bookworm."""
    names: tuple[str, ...]
    """What is wanted; dependencies come along, recommendations do not."""


def unpacked(wanted: Packages, folder: Path, downloads: Path) -> Path:
    """Packages and all they depend on, fetched and unpacked, or as an earlier run left them.

    Args:
        wanted: which packages.
        folder: becomes the root of the file system that they make.
        downloads: where the packages are kept; those that are there are not fetched again.

    Raises:
        UnavailableError: no apt, no Debian archive, or apt cannot fetch from it.
    """
    with finished(folder, repr(wanted)) as partial:
        if partial is not None:
            state = downloads / f"{wanted.architecture}-{wanted.suite}"
            names = _fetched(wanted, state)
            commands = [
                ["dpkg-deb", "-x", str(state / "archives" / name), str(partial)] for name in names
            ]
            with ThreadPoolExecutor(os.cpu_count()) as pool:  # decompressing is what takes time
                list(pool.map(_run, commands))
            if not (partial / "lib").exists():  # from trixie on, a package's script makes it
                (partial / "lib").symlink_to("usr/lib")
    return folder


def archive(sources: Path = _SOURCES) -> str:
    """Address of a Debian archive.

    Raises:
        UnavailableError: the machine's apt knows none.
    """
    if address := os.environ.get(VARIABLE):
        return address
    for path in [sources / "sources.list", *sorted(sources.glob("sources.list.d/*"))]:
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
            if not line.lstrip().startswith("#") and (found := _ADDRESS.search(line)):
                return found.group()
    raise UnavailableError(f"no Debian archive in {sources}: set {VARIABLE} to the address of one")


def _fetched(wanted: Packages, state: Path) -> list[str]:
    """File names of the packages, now in ``state/archives``."""
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise UnavailableError(f"no {tool}: emulation needs a Debian or a relative of it")
    source = f"deb [signed-by={KEYRING}] {archive()} {wanted.suite} main\n"
    if not KEYRING.is_file():
        raise UnavailableError(f"no {KEYRING}: apt install debian-archive-keyring")
    for folder in ("lists/partial", "archives/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    (state / "status").write_text("", encoding="utf-8")
    (state / "sources.list").write_text(source, encoding="utf-8")
    options = list(_options(wanted.architecture, state))
    _run(["apt-get", *options, "update", "-qq"])
    install = ["install", "-y", "--no-install-recommends", *wanted.names]
    planned = _run(["apt-get", *options, "--simulate", *install])
    _run(["apt-get", *options, "--download-only", "-qq", *install])
    return list(_file_names(planned))


def _options(architecture: str, state: Path) -> Iterator[str]:
    """Options with which apt sees nothing of this machine but its keys and its proxy."""
    for option in (
        f"APT::Architecture={architecture}",
        f"APT::Architectures::={architecture}",
        f"Dir::State={state}",
        f"Dir::State::status={state / 'status'}",
        f"Dir::Cache={state}",
        f"Dir::Cache::archives={state / 'archives'}",
        f"Dir::Etc::sourcelist={state / 'sources.list'}",
        "Dir::Etc::sourceparts=/dev/null",
        "Dir::Etc::preferences=/dev/null",
        "Dir::Etc::preferencesparts=/dev/null",
        "APT::Sandbox::User=",
        "APT::Get::List-Cleanup=false",
        "APT::Keep-Downloaded-Packages=true",
        "Acquire::Languages=none",
        "Acquire::Retries=3",
        "Acquire::http::Timeout=30",
        "Debug::NoLocking=true",
    ):
        yield from ("-o", option)


def _file_names(plan: str) -> Iterator[str]:
    """Of what ``apt-get --simulate`` says: Inst NAME (VERSION SOURCE [ARCHITECTURE])."""
    for name, version, architecture in _PLANNED.findall(plan):
        yield f"{name}_{version.replace(':', '%3a')}_{architecture}.deb"


def _run(command: Sequence[str]) -> str:
    """What a command prints.

    Raises:
        UnavailableError: it fails, with the first error it tells.
    """
    environment = os.environ | {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, env=environment, timeout=_TIMEOUT
        )
    except subprocess.CalledProcessError as failed:
        lines = [line for line in failed.stderr.splitlines() if line.startswith(("E:", "dpkg"))]
        reason = (lines or failed.stderr.splitlines() or ["no message"])[0]
        raise UnavailableError(f"{command[0]} failed: {reason}") from None
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"{command[0]} took more than {_TIMEOUT} s") from None
    return done.stdout
