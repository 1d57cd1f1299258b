"""Which board this is, from its device tree and processor."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from edge_runtime.device import Profile, known_profiles

USERLAND_BITS = 64 if sys.maxsize > 2**32 else 32


def recognise(
    profiles: Iterable[Profile], root: Path = Path("/"), bits: int = USERLAND_BITS
) -> Profile | None:
    """The profile of the machine this runs on.

    Args:
        profiles: where to choose from.
        root: folder that holds `proc/`; another one in tests.
        bits: of the programs, 32 or 64: a board has one profile for each system.

    Returns:
        The board's profile; `host` on a machine without device tree; None for an unknown board.
    """
    by_id = {profile.id: profile for profile in profiles}
    model = _read(root / "proc/device-tree/model").rstrip("\0")
    if not model:
        return by_id.get("host")
    parts = set(_cpu_parts(_read(root / "proc/cpuinfo")))
    for profile in by_id.values():
        match = profile.match
        if (
            match
            and profile.runtime.os_bits == bits
            and model.startswith(match.dt_model)
            and parts <= {match.midr_part}
        ):
            return profile
    return None


def this_board(
    own: Sequence[Profile] = (), root: Path = Path("/"), bits: int = USERLAND_BITS
) -> Profile | None:
    """The profile of this machine among the known ones and the caller's, which go first.

    Args:
        own: profiles from files of the caller's; one with a known id replaces that.
        root: folder that holds `proc/`.
        bits: of the programs, 32 or 64.
    """
    ids = {profile.id for profile in own}
    return recognise([*own, *(p for p in known_profiles() if p.id not in ids)], root, bits)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _cpu_parts(cpuinfo: str) -> Iterator[str]:
    """Values of `CPU part`: one a core, such as 0xd08."""
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "CPU part":
            yield value.strip()
