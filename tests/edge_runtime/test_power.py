"""Sensors of electric power."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from edge_runtime.power import power_sensor, power_watts

PMIC = """   3V7_WL_SW_A current(0)=0.10000000A
   1V8_SYS_A current(2)=0.50000000A
   3V7_WL_SW_V volt(8)=3.70000000V
   1V8_SYS_V volt(10)=1.80000000V
   EXT5V_V volt(24)=5.10000000V
"""


def nothing(command: Sequence[str]) -> str | None:
    return None


def chip(root: Path, name: str, **files: str) -> None:
    folder = root / "sys/class/hwmon/hwmon1"
    folder.mkdir(parents=True)
    (folder / "name").write_text(name + "\n")
    for file, text in files.items():
        (folder / file).write_text(text)


def test_rails_of_a_pi_5_are_summed_where_both_figures_are_there(tmp_path: Path) -> None:
    assert power_watts(tmp_path, lambda command: PMIC) == pytest.approx(0.37 + 0.9)
    assert "Pi 5" in (power_sensor(tmp_path, lambda command: PMIC) or "")


def test_a_chip_that_gives_power(tmp_path: Path) -> None:
    chip(tmp_path, "ina226", power1_input="2500000\n")
    assert power_watts(tmp_path, nothing) == 2.5
    assert (power_sensor(tmp_path, nothing) or "").startswith("ina226")


def test_a_chip_that_gives_volts_and_amperes(tmp_path: Path) -> None:
    chip(tmp_path, "ina3221", in1_input="5000\n", curr1_input="600\n")
    assert power_watts(tmp_path, nothing) == 3.0


def test_other_chips_and_none_at_all(tmp_path: Path) -> None:
    assert (power_watts(tmp_path, nothing), power_sensor(tmp_path, nothing)) == (None, None)
    chip(tmp_path, "cpu_thermal", power1_input="2500000")
    assert power_watts(tmp_path, nothing) is None
