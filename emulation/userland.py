"""The systems that are emulated: Debian's Python, the lock's packages, qemu to run them.

python = userlands(Cache(folder))["litert-3.11"].python(A72)
subprocess.run([python, "-c", "print('hello')"])
"""

import os
import platform
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.target import Target
from edge_runtime.atomic import write_atomically
from emulation.cores import A7, A53, A72, A76, Core, view
from emulation.debian import Packages, unpacked
from emulation.unavailable import UnavailableError
from emulation.wheels import installed

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = Path(os.environ.get("EMULATION_CACHE") or ROOT / "cache" / "arm")
"""Where all this lies. Git ignores it."""

_QEMU: Final = Packages("amd64", "bookworm", ("qemu-user",))
"""7.2 is the last of Debian's that takes plugins; it runs on its own C library."""
_GUEST: Final = Path(__file__).with_name("guest")
_FROM_APT: Final = ("python3-numpy", "python3-opencv")
"""What ``deploy.target.FROM_APT`` names, as Debian calls it."""


@dataclass(frozen=True)
class Userland:
    """One system."""

    name: str
    target: Target
    suite: str
    """Of Debian, and of Raspberry Pi OS."""
    runtime: str
    cores: tuple[Core, ...]
    lock: str = "light"
    """Of ``requirements/``."""
    counted: bool = False
    """Whether its instructions are counted, and all golden lines read there."""

    @property
    def locked(self) -> bool:
        """Whether it is what a board installs; the other only proves that both runtimes read."""
        return self.lock == "light"

    @property
    def bits(self) -> int:
        """32 or 64."""
        return 32 if self.target.machine == "armv7l" else 64


USERLANDS: Final = (
    Userland(
        "litert-3.11",
        Target("aarch64", "3.11"),
        "bookworm",
        "ai-edge-litert",
        (A72, A53, A76),
        counted=True,
    ),
    Userland("litert-3.13", Target("aarch64", "3.13"), "trixie", "ai-edge-litert", (A72,)),
    Userland(
        "tflite-3.11", Target("aarch64", "3.11"), "bookworm", "tflite-runtime", (A72,), "tflite"
    ),
    Userland("tflite-32", Target("armv7l", "3.11"), "bookworm", "tflite-runtime", (A7,)),
)


@dataclass(frozen=True)
class Emulated:
    """A userland that is there."""

    userland: Userland
    system: Path
    """Root of its file system."""
    site: Path
    """The lock's packages."""
    qemu: Path
    """Root of the file system that qemu is from."""

    def python(self, core: Core) -> Path:
        """A program that is its Python on a core; it starts children through itself.

        ``PYTHONPATH`` is put before the packages, ``QEMU_ARGUMENTS`` go to qemu.
        """
        folder = self.site.with_name(f"{self.site.name}-{core.name}")
        root = view(self.system, core, folder)
        launcher = folder / "python"
        write_atomically(launcher, self._script(core, root, launcher))
        launcher.chmod(0o755)
        return launcher

    def _script(self, core: Core, root: Path, launcher: Path) -> str:
        libraries = self.qemu / "usr/lib/x86_64-linux-gnu"
        also = self.qemu / "lib/x86_64-linux-gnu"
        program = "qemu-arm" if self.userland.bits == 32 else "qemu-aarch64"
        python = self.system / "usr/bin" / f"python{self.userland.target.python}"
        packages = [self.site, self.system / "usr/lib/python3/dist-packages"]
        guest = {
            "PYTHONHOME": self.system / "usr",
            "LD_LIBRARY_PATH": ":".join(map(str, self._libraries())),
            "EMULATED_PYTHON": launcher,
        }
        words = [
            *("exec", self.qemu / "lib64/ld-linux-x86-64.so.2"),
            *("--library-path", f"{libraries}:{also}", self.qemu / "usr/bin" / program),
            *("-cpu", core.name, "-L", root, "-U", "PYTHONDONTWRITEBYTECODE"),
            *(word for name, value in guest.items() for word in ("-E", f"{name}={value}")),
        ]
        path = ":".join(map(str, packages))
        return (
            "#!/bin/sh\n"
            f"{shlex.join(map(str, words))} $QEMU_ARGUMENTS"
            f' -E "PYTHONPATH={_GUEST}:${{PYTHONPATH:+$PYTHONPATH:}}{path}" {python} "$@"\n'
        )

    def _libraries(self) -> list[Path]:
        """Folders that Debian's alternatives would link to."""
        folder = next((self.system / "usr/lib").glob("arm-linux-gnueabihf"), None)
        return [folder / name for name in ("blas", "lapack")] if folder else []


def qemu(folder: Path = FOLDER) -> Path:
    """Root of the file system that qemu is in.

    Raises:
        UnavailableError: not an x86-64 Linux, or it cannot be fetched.
    """
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise UnavailableError("boards are emulated on x86-64 Linux only")
    return unpacked(_QEMU, folder / "qemu", folder / "debian")


def prepare(userland: Userland, folder: Path = FOLDER) -> Emulated:
    """Make a userland, or take the one that an earlier run made.

    Raises:
        UnavailableError: this machine cannot emulate, or a package cannot be fetched.
        DataError: the wheels are not those of the lock.
    """
    target = userland.target
    names = [f"python{target.python}", "libstdc++6", *(_FROM_APT if userland.bits == 32 else ())]
    architecture = "armhf" if userland.bits == 32 else "arm64"
    system = folder / f"{architecture}-{userland.suite}"
    unpacked(Packages(architecture, userland.suite, tuple(names)), system, folder / "debian")
    lock = ROOT / "requirements" / f"{userland.lock}.txt"
    site = installed(lock, target, folder / userland.name)
    return Emulated(userland, system, site, qemu(folder))
