"""What the machine draws, where a sensor tells: an INA chip, or the power management of a Pi 5."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

Run = Callable[[Sequence[str]], str | None]
"""Runs a program and gives what it says; None where it fails."""

_INA: Final = ("ina219", "ina220", "ina226", "ina230", "ina231", "ina2xx", "ina3221", "ina260")
_RAIL: Final = re.compile(r"(\S+)_([AV]) (?:current|volt)\(\d+\)=([0-9.]+)[AV]")


def power_sensor(root: Path, run: Run) -> str | None:
    """Name of the sensor, with what it covers; None where there is none."""
    if (chip := _ina(root)) is not None:
        return f"{(chip / 'name').read_text().strip()} (hwmon, what its shunt lies in)"
    if _pmic(run) is not None:
        return "Pi 5 power management (sum of its rails; less than the supply gives)"
    return None


def power_watts(root: Path, run: Run) -> float | None:
    """Watts at this moment."""
    chip = _ina(root)
    return _ina_watts(chip) if chip is not None else _pmic(run)


def _ina(root: Path) -> Path | None:
    for name in sorted((root / "sys/class/hwmon").glob("hwmon*/name")):
        try:
            if name.read_text().strip() in _INA:
                return name.parent
        except OSError:
            continue
    return None


def _ina_watts(chip: Path) -> float | None:
    """Hwmon gives microwatts, or millivolts and milliamperes (kernel's hwmon sysfs interface)."""
    power = _number(chip / "power1_input")
    if power is not None:
        return power / 1e6
    volts, amperes = _number(chip / "in1_input"), _number(chip / "curr1_input")
    return volts * amperes / 1e6 if volts is not None and amperes is not None else None


def _number(path: Path) -> float | None:
    try:
        return float(path.read_text())
    except (OSError, ValueError):
        return None


def _pmic(run: Run) -> float | None:
    """Volts times amperes of every rail for which `vcgencmd pmic_read_adc` gives both."""
    said = run(["vcgencmd", "pmic_read_adc"])
    rails: dict[str, dict[str, float]] = {}
    for rail, unit, value in _RAIL.findall(said or ""):
        rails.setdefault(rail, {})[unit] = float(value)
    watts = [units["A"] * units["V"] for units in rails.values() if len(units) == 2]
    return sum(watts) if watts else None
