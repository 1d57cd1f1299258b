"""The emulated boards that are tried: a userland on one core, and how much is tried there."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.offline_bundle import build_wheel
from emulation.cores import Core
from emulation.finished import cleared
from emulation.userland import FOLDER, USERLANDS, Emulated, prepare
from emulation.wheels import install_wheel

APP: Final = FOLDER / "app"
"""edge-htr as its wheel installs it."""


@dataclass(frozen=True)
class Board:
    """A system that is there, on one core."""

    system: Emulated
    core: Core
    python: Path
    """A program that is the board's Python."""
    first: bool
    """The first core of its userland: what does not depend on the core is tried on it alone."""

    @property
    def name(self) -> str:
        """Such as ``litert-3.11 cortex-a72``."""
        return f"{self.system.userland.name} {self.core.name}"

    @property
    def runtime(self) -> str:
        """Its TFLite runtime."""
        return self.system.userland.runtime


def boards(
    say: Callable[[str], None], folder: Path = FOLDER, *, counted: bool = False
) -> list[Board]:
    """The boards, made or as an earlier run left them.

    Args:
        say: is told which one is being made.
        folder: where they are kept.
        counted: only those whose instructions are counted.

    Raises:
        UnavailableError: this machine cannot emulate them.
        DataError: the wheels are not those of the lock.
    """
    found = []
    for userland in USERLANDS:
        if counted and not userland.counted:
            continue
        say(f"{userland.name}: Debian {userland.suite}, {userland.lock}.txt, {folder}")
        system = prepare(userland, folder)
        for number, core in enumerate(userland.cores):
            found.append(Board(system, core, system.python(core), number == 0))
    return found


def install(folder: Path = APP) -> Path:
    """Build the wheel of this checkout and unpack it, for all boards.

    Raises:
        DataError: hatchling or pip fails.
    """
    wheels = cleared(folder.with_name(f"{folder.name}.wheel"))
    build_wheel(wheels)
    (wheel,) = wheels.glob("*.whl")
    install_wheel(wheel, cleared(folder))
    return folder
