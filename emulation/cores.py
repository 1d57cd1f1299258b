"""Processor cores, as qemu is told to be and as Linux shows them to programs.

qemu-user 7.2 passes the PC's /proc/cpuinfo on; XNNPACK crashes there. Both have to name the same
core: XNNPACK chooses its kernels by the part number. `-cpu max` is no choice: its SVE paths compute
int8 networks wrongly in qemu 7.2.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

_ARMV8: Final = "fp asimd evtstrm crc32 cpuid"
_COUNT: Final = 4


@dataclass(frozen=True)
class Core:
    """One type of core, and a board that has it."""

    name: str
    """As `-cpu` of qemu and the device profiles call it."""
    part: int
    """Of the main ID register, with variant and revision."""
    variant: int
    revision: int
    features: str
    """As /proc/cpuinfo names them."""
    board: str
    """What the device tree of the board calls it."""
    device: str
    """Its profile."""

    def files(self) -> dict[str, str]:
        """Paths below the root of the file system, and what Linux says there."""
        entry = (
            f"BogoMIPS\t: 108.00\nFeatures\t: {self.features}\nCPU implementer\t: 0x41\n"
            f"CPU architecture: 8\nCPU variant\t: {self.variant:#x}\nCPU part\t: {self.part:#x}\n"
            f"CPU revision\t: {self.revision}\n\n"
        )
        cpuinfo = "".join(f"processor\t: {i}\n{entry}" for i in range(_COUNT))
        listed = f"0-{_COUNT - 1}\n"
        return {
            "proc/cpuinfo": f"{cpuinfo}Model\t\t: {self.board}\n",
            "proc/device-tree/model": f"{self.board}\0",
            "sys/devices/system/cpu/possible": listed,
            "sys/devices/system/cpu/present": listed,
        }


A53: Final = Core("cortex-a53", 0xD03, 0, 4, _ARMV8, "Raspberry Pi Zero 2 W Rev 1.0", "pi-zero-2w")
A72: Final = Core("cortex-a72", 0xD08, 0, 3, _ARMV8, "Raspberry Pi 4 Model B Rev 1.4", "pi4")
A76: Final = Core(
    "cortex-a76",
    0xD0B,
    4,
    1,
    "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop"
    " asimddp",
    "Raspberry Pi 5 Model B Rev 1.0",
    "pi5",
)
A7: Final = Core(
    "cortex-a7",  # qemu has no 64-bit core in 32-bit state; the part number is the board's
    0xD03,
    0,
    4,
    "half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae evtstrm crc32",
    "Raspberry Pi Zero 2 W Rev 1.0",
    "pi-zero-2w-32",
)


def view(system: Path, core: Core, folder: Path) -> Path:
    """A folder for qemu's `-L`: the libraries of a system, seen from one core.

    Args:
        system: root of the unpacked system.
        core: whose files are put beside it.
        folder: made if need be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("lib", "usr", "etc"):
        link, target = folder / name, system.resolve() / name
        if not link.is_symlink() or link.readlink() != target:  # another run may be using it
            link.unlink(missing_ok=True)
            link.symlink_to(target)
    for name, content in core.files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder
