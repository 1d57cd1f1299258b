"""Device profiles: what is known of a board, with its source, and what it may cost to run there.

A profile is one TOML file. It is named by its path, or by its id and then looked up in the
installed package (`edge_runtime/devices/`) and in a checkout (`devices/` beside `edge_runtime/`).
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edge_runtime.errors import EdgeHtrError
from edge_runtime.toml_table import from_table

SCHEMA = 1
_PACKAGE = Path(__file__).resolve().parent
FOLDERS = (_PACKAGE / "devices", _PACKAGE.parent / "devices")


class DeviceError(EdgeHtrError):
    """A device profile is unknown, unreadable or does not follow the schema."""


@dataclass(frozen=True)
class Board:
    """The board itself; figures are None where they differ from one to the next."""

    id: str
    name: str
    soc: str | None = None
    core: str | None = None
    cores: int | None = None
    clock_mhz: int | None = None
    ram_mb: int | None = None
    """Memory of the smallest variant that is sold."""


@dataclass(frozen=True)
class Cpu:
    """What the processor can do, as far as neural networks are concerned; None where unknown."""

    isa: tuple[str, ...] | None = None
    """Extensions as /proc/cpuinfo names them under `Features`."""
    dotprod: bool | None = None
    """8-bit dot products (SDOT): quantized networks are two to three times faster with them."""
    l1d_kb: int | None = None
    l2_kb: int | None = None
    l3_kb: int | None = None
    memcpy_mb_s: int | None = None
    memset_mb_s: int | None = None


@dataclass(frozen=True)
class Match:
    """How the board is recognised."""

    dt_model: str
    """What /proc/device-tree/model begins with."""
    midr_part: str
    """`CPU part` of /proc/cpuinfo."""


@dataclass(frozen=True)
class Runtime:
    """What runs the network there."""

    package: str
    delegate: str
    threads: int
    os_bits: int
    """Of the programs; the kernel may have 64 where they have 32."""
    python: tuple[str, ...]
    fallback: str | None = None
    numpy: str | None = None
    """Which versions the runtime can work with, None for any."""
    widths: str = "resized"
    """For a line of another width the interpreter is `resized`, or a `fresh` one is made."""


@dataclass(frozen=True)
class Emulation:
    """The same core in qemu-user, for counting instructions."""

    qemu_cpu: str
    cpuinfo_part: str


@dataclass(frozen=True)
class Measured:
    """What was measured on real boards."""

    reports: tuple[str, ...] = ()


@dataclass(frozen=True)
class Budget:
    """Upper limits; None where there is none. Milliseconds hold for one line of text."""

    model_bytes: int | None = None
    wheel_bytes: int | None = None
    """Of all wheels that an installation downloads."""
    install_bytes: int | None = None
    """Of the same, unpacked."""
    macs_million: int | None = None
    """Multiply-accumulates of the widest line."""
    cer_percent: float | None = None
    cer_loss_points: float | None = None
    """Percentage points of CER above the network in float32, on the same lines."""
    reference_ratio: float | None = None
    """Inference time over that of the reference network, in one run on one machine."""
    peak_rss_mb: int | None = None
    cold_start_ms: int | None = None
    latency_p50_ms: int | None = None
    latency_p90_ms: int | None = None
    latency_p95_ms: int | None = None
    instr_per_invoke_max: int | None = None
    """Instructions of one inference on the core of ``[emulation]``."""


@dataclass(frozen=True)
class Estimate:
    """Rates for rough estimates, per precision (`int8`, `fp32`), for all cores together."""

    ipc: Mapping[str, float]
    mac_per_cycle: Mapping[str, float]
    calibration: str


@dataclass(frozen=True)
class Profile:
    """All that one device file says."""

    device: Board
    runtime: Runtime
    cpu: Cpu | None = None
    match: Match | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    emulation: Emulation | None = None
    measured: Measured = field(default_factory=Measured)
    budget: Budget = field(default_factory=Budget)
    estimate: Estimate | None = None

    @property
    def id(self) -> str:
        """Short name, as in `--device pi4`."""
        return self.device.id

    def summary(self) -> str:
        """Name and, where they are known, processor and memory, in one line."""
        board = self.device
        if board.core is None:
            return board.name
        system = "" if self.runtime.os_bits == 64 else f", {self.runtime.os_bits}-bit system"
        return (
            f"{board.name}: {board.soc}, {board.cores} x {board.core} at {board.clock_mhz} MHz, "
            f"{board.ram_mb} MB{system}"
        )


def read_profile(path: Path) -> Profile:
    """Read one device file.

    Raises:
        DeviceError: the file cannot be read, is no TOML, or has unknown, missing or wrong keys.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DeviceError(f"{path}: not a readable device profile: {error}") from error
    schema = table.pop("schema", None)
    if schema != SCHEMA:
        raise DeviceError(f"{path}: schema is {schema!r}, this edge-htr reads schema {SCHEMA}")
    try:
        return from_table(Profile, table)
    except ValueError as error:
        raise DeviceError(f"{path}: {error}") from error


def load_profile(name: str, folders: Iterable[Path] = FOLDERS) -> Profile:
    """The profile in the file `name`, or else the known profile with that id.

    Raises:
        DeviceError: there is no such file and no such id, or the profile is invalid.
    """
    if name.endswith(".toml"):
        return read_profile(Path(name))
    known = {profile.id: profile for profile in known_profiles(folders)}
    if name not in known:
        raise DeviceError(f"unknown device '{name}': known are {', '.join(known)}, or a .toml file")
    return known[name]


def known_profiles(folders: Iterable[Path] = FOLDERS) -> list[Profile]:
    """All profiles of the first folder that exists, by id.

    Raises:
        DeviceError: no folder exists (a damaged installation), or a profile is invalid.
    """
    for folder in folders:
        if folder.is_dir():
            return [
                read_profile(path) for path in sorted(folder.glob("*.toml"), key=lambda p: p.stem)
            ]
    raise DeviceError("the device profiles are missing: install edge-htr again")
