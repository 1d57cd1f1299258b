"""What a report means for a board: its budgets, and estimates for a board that is not here.

Budgets in milliseconds and megabytes are judged only by a valid report measured on that very
board, and not shown at all for a board that is not here: the size of a file is the same everywhere,
nothing else is.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edge_runtime.board import this_board
from edge_runtime.device import Profile, load_profile

if TYPE_CHECKING:
    from edge_runtime.macs import MacCount

Report = dict[str, Any]

_BUDGETS: Final = {
    "model_bytes": ("bytes", "bytes"),
    "peak_rss_mb": ("peak_memory_mb", "MiB"),
    "cold_start_ms": ("cold_start_ms", "ms"),
    "latency_p50_ms": ("p50", "ms"),
    "latency_p90_ms": ("p90", "ms"),
    "latency_p95_ms": ("p95", "ms"),
}
_UNCERTAIN: Final = 2.0
"""A network with a recurrence may take twice or half the estimate (see the profiles)."""


def add_device(report: Report, wanted: str | None, root: Path = Path("/")) -> None:
    """Add ``device`` to a report, and to each model ``budgets`` and ``estimate``.

    Args:
        report: as ``bench.benchmark`` makes it.
        wanted: id or file of a profile; by default the one of this machine.
        root: where /proc is, for tests.

    Raises:
        DeviceError: no such profile.
    """
    own = [load_profile(wanted)] if wanted else []
    here = this_board(own, root)
    profile = own[0] if own else here
    report["device"] = None
    if profile is None:
        return
    same = here is not None and here.id == profile.id
    report["device"] = {"id": profile.id, "name": profile.device.name, "is_this_machine": same}
    judged = same and report["kind"] == "measured" and report["verdict"] == "valid"
    for model in report["models"]:
        model["budgets"] = _budgets(model, profile, same, judged)
        model["estimate"] = None if same else _estimate(model, profile)


def _budgets(model: Report, profile: Profile, same: bool, judged: bool) -> list[Report]:
    rows = []
    for name, (key, unit) in _BUDGETS.items():
        limit = getattr(profile.budget, name)
        value = model["stages"]["total"].get(key, model.get(key))
        if limit is None or value is None or not (same or name == "model_bytes"):
            continue
        verdict = "within" if value <= limit else "exceeded"
        verdict = verdict if judged or name == "model_bytes" else "not judged"
        rows.append(
            {"budget": name, "limit": limit, "value": value, "unit": unit, "verdict": verdict}
        )
    return rows


def _estimate(model: Report, profile: Profile) -> Report | None:
    """Milliseconds of one inference there, from its multiply-accumulates; None without rates."""
    from edge_runtime.bundle import Bundle
    from edge_runtime.macs import count_macs
    from edge_runtime.runtimes import find_runtime

    if profile.estimate is None:
        return None
    runtime = find_runtime(model["runtime"].partition(" ")[0])
    macs = count_macs(Bundle.open(model["path"]).network, model["width"], runtime)
    return estimate(macs, model["precision"], profile)


def estimate(macs: "MacCount", precision: Mapping[str, str], profile: Profile) -> Report | None:
    """What one inference should take on a board that is not here; None without rates.

    Convolutions run at the rate of the model's precision, all else at that of fp32. The rates come
    from two convolutional networks and an older XNNPACK, hence the factor of two.

    Args:
        macs: multiply-accumulates of one inference.
        precision: number format of each part, as in the card.
        profile: the board.
    """
    board, rates = profile.device, profile.estimate
    if rates is None or not board.cores or not board.clock_mhz:
        return None
    convolved = sum(n for name, n in macs.by_operator.items() if "CONV" in name)
    quantized = any(part.startswith("int8") for part in precision.values())
    cycles = convolved / rates.mac_per_cycle["int8" if quantized else "fp32"]
    cycles += (macs.total - convolved) / rates.mac_per_cycle["fp32"]
    ms = cycles / (board.cores * board.clock_mhz * 1e3)
    return {
        "kind": "estimated",
        "device": profile.id,
        "threads": board.cores,
        "width": macs.width,
        "million_macs": round(macs.total / 1e6, 1),
        "infer_ms": round(ms, 1),
        "low_ms": round(ms / _UNCERTAIN, 1),
        "high_ms": round(ms * _UNCERTAIN, 1),
        "basis": rates.calibration,
    }


def estimate_instructions(count: int, profile: Profile) -> Report | None:
    """What a program of so many instructions should take on one core; None without rates.

    The rates are instructions per cycle of int8 and fp32 networks (see the profile's calibration).
    Code of other kinds lies somewhere between, or outside: no benchmark of it is published.

    Args:
        count: instructions, counted under emulation on the profile's core.
        profile: the board.
    """
    rates, clock = profile.estimate, profile.device.clock_mhz
    if rates is None or not clock:
        return None
    times = [count / (ipc * clock * 1e3) for ipc in rates.ipc.values()]
    return {
        "kind": "estimated",
        "device": profile.id,
        "threads": 1,
        "low_ms": round(min(times), 1),
        "high_ms": round(max(times), 1),
        "basis": rates.calibration,
    }
