"""What a benchmark notes of the machine, where it can be known."""

import platform
from collections.abc import Sequence
from pathlib import Path

import pytest

from edge_runtime.machine import (
    ask,
    machine_facts,
    machine_state,
    measurement_kind,
    peak_memory_mb,
)

PI = {
    "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0",
    "proc/cpuinfo": "processor\t: 0\nCPU part\t: 0xd08\n",
    "proc/meminfo": "MemTotal:        1917900 kB\n",
    "etc/os-release": 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    "proc/loadavg": "0.31 0.20 0.10 1/200 999\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
    "sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq": "1800000\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "600000\n",
    "sys/class/thermal/thermal_zone0/temp": "48312\n",
}


def vcgencmd(command: Sequence[str]) -> str | None:
    """Stands for the program."""
    known = {"measure_clock": "frequency(0)=1500400000\n", "get_throttled": "throttled=0x50000\n"}
    return known.get(command[1])


@pytest.fixture
def pi(tmp_path: Path) -> Path:
    for name, content in PI.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path


def test_a_board_tells_about_itself(pi: Path) -> None:
    facts = machine_facts(pi)
    assert facts["board"] == "Raspberry Pi 4 Model B Rev 1.4"
    assert (facts["governor"], facts["max_mhz"], facts["memory_mb"]) == ("ondemand", 1800, 1872)
    assert (facts["os"], facts["cpu_part"]) == ("Debian GNU/Linux 12 (bookworm)", "0xd08")
    state = machine_state(pi, run=vcgencmd)
    assert state == {
        "mhz": 600,
        "firmware_mhz": 1500.4,
        "celsius": 48.312,
        "throttled": 0x50000,
        "watts": None,
        "load": 0.31,
    }


def test_a_pc_is_not_asked_for_what_only_a_board_has(tmp_path: Path) -> None:
    def never(command: Sequence[str]) -> str | None:
        raise AssertionError(command)

    assert machine_state(tmp_path, run=never)["throttled"] is None


def test_programs_that_are_missing_or_fail_say_nothing() -> None:
    assert ask(["no-such-program"]) is None
    assert ask(["false"]) is None
    assert ask(["echo", "here"]) == "here\n"


def test_what_a_system_does_not_tell_is_none(tmp_path: Path) -> None:
    facts = machine_facts(tmp_path)
    assert facts["board"] is facts["governor"] is facts["cpu"] is facts["memory_mb"] is None
    assert set(machine_state(tmp_path).values()) == {None}
    assert peak_memory_mb(tmp_path) is None


def test_an_arm_program_on_a_pc_is_emulated(
    pi: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert measurement_kind(pi) == "measured"
    (pi / "proc/cpuinfo").write_text("vendor_id\t: GenuineIntel\n")
    assert measurement_kind(pi) == "emulated"
    (pi / "proc/cpuinfo").write_text("CPU part\t: 0xd08\n")  # qemu can be made to show this
    kernel = pi / "proc/sys/kernel/arch"
    kernel.parent.mkdir(parents=True)
    kernel.write_text("aarch64\n")
    assert measurement_kind(pi) == "measured"
    kernel.write_text("x86_64\n")
    assert measurement_kind(pi) == "emulated"
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert measurement_kind(pi) == "measured"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_peak_memory_grows_with_use() -> None:
    before = peak_memory_mb()
    block = bytearray(64 * 2**20)
    block[::4096] = b"x" * len(block[::4096])
    after = peak_memory_mb()
    assert before is not None
    assert after is not None
    assert after > 64
    assert after >= before
