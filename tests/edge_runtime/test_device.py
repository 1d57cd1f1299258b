"""Device profiles: the shipped ones, how they are found, and how a board is recognised."""

import json
import tomllib
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge_runtime.board import recognise
from edge_runtime.cli import cli
from edge_runtime.device import (
    DeviceError,
    Profile,
    known_profiles,
    load_profile,
    read_profile,
)

PROFILES = known_profiles()
BOARDS = [profile for profile in PROFILES if profile.id != "host"]
MODEL_STRINGS = {
    "pi-zero-2w": "Raspberry Pi Zero 2 W Rev 1.0",
    "pi3bplus": "Raspberry Pi 3 Model B Plus Rev 1.3",
    "pi4": "Raspberry Pi 4 Model B Rev 1.4",
    "pi5": "Raspberry Pi 5 Model B Rev 1.0",
}
MODEL_STRINGS |= {
    f"{board}-32": MODEL_STRINGS[board] for board in ("pi-zero-2w", "pi3bplus", "pi4")
}
BY_ID = {profile.id: profile for profile in PROFILES}


def test_the_shipped_profiles() -> None:
    assert list(BY_ID) == sorted(["host", *MODEL_STRINGS])


@pytest.mark.parametrize("profile", BOARDS, ids=lambda profile: profile.id)
def test_every_fact_has_a_source(profile: Profile) -> None:
    facts = asdict(profile)["device"] | asdict(profile)["cpu"]
    known = {name for name, value in facts.items() if value is not None}
    assert set(profile.sources) == known - {"id", "name"}
    assert all(profile.sources.values())
    if profile.runtime.os_bits == 64:
        assert known == set(facts)


@pytest.mark.parametrize("profile", BOARDS, ids=lambda profile: profile.id)
def test_the_parts_of_a_profile_agree(profile: Profile) -> None:
    assert profile.match is not None
    assert profile.emulation is not None
    assert profile.cpu is not None
    if profile.runtime.os_bits == 64:
        assert profile.emulation.qemu_cpu == profile.device.core
        assert profile.emulation.cpuinfo_part == profile.match.midr_part
    assert profile.cpu.dotprod is ("asimddp" in (profile.cpu.isa or ()))
    budget = profile.budget
    latencies = (budget.latency_p50_ms, budget.latency_p90_ms, budget.latency_p95_ms)
    assert list(latencies) == sorted(latency or 0 for latency in latencies)


@pytest.mark.parametrize("profile", BOARDS, ids=lambda profile: profile.id)
def test_a_board_is_the_same_under_both_systems(profile: Profile) -> None:
    if profile.runtime.os_bits == 64:
        assert profile.runtime.package == "ai-edge-litert"
        return
    same = BY_ID[profile.id.removesuffix("-32")]
    assert replace(profile.device, id=same.id) == same.device
    assert (profile.match, profile.runtime.package) == (same.match, "tflite-runtime")
    assert (profile.runtime.python, profile.runtime.numpy) == (("3.11",), "<2")
    assert (profile.budget.latency_p50_ms or 0) > (same.budget.latency_p50_ms or 0)
    assert "32-bit" in profile.summary()


def test_the_file_is_named_after_the_id(root_dir: Path) -> None:
    for path in (root_dir / "devices").glob("*.toml"):
        assert read_profile(path).id == path.stem


def test_by_id_and_by_path(root_dir: Path) -> None:
    assert load_profile("pi4") == load_profile(str(root_dir / "devices" / "pi4.toml"))


def test_the_package_comes_before_the_checkout(tmp_path: Path, root_dir: Path) -> None:
    package = tmp_path / "edge_runtime" / "devices"
    package.mkdir(parents=True)
    text = (root_dir / "devices" / "host.toml").read_text(encoding="utf-8")
    (package / "mine.toml").write_text(text.replace('"host"', '"mine"'), encoding="utf-8")
    folders = (package, root_dir / "devices")
    assert load_profile("mine", folders).id == "mine"
    with pytest.raises(DeviceError, match="unknown device 'pi4': known are mine"):
        load_profile("pi4", folders)


def test_unknown_names_and_missing_folders(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"unknown device 'pi9': known are host, .*pi5"):
        load_profile("pi9")
    with pytest.raises(DeviceError, match="not a readable device profile"):
        load_profile(str(tmp_path / "none.toml"))
    with pytest.raises(DeviceError, match="profiles are missing"):
        known_profiles([tmp_path / "none"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("schema = [", "not a readable device profile"),
        ("", "schema is None, this edge-htr reads schema 1"),
        ("schema = 2", "schema is 2"),
        ("schema = 1", "'device' is missing"),
        ("schema = 1\nclock = 3", "unknown key 'clock'"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DeviceError, match=message) as error:
        read_profile(path)
    assert str(path) in str(error.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DeviceError, match="not a readable device profile"):
        read_profile(path)


def machine(root: Path, model: str | None, part: str = "") -> Path:
    """A file system root with the two files that tell a board."""
    (root / "proc" / "device-tree").mkdir(parents=True)
    if model is not None:
        (root / "proc" / "device-tree" / "model").write_bytes(model.encode() + b"\0")
    lines = f"processor\t: 0\nCPU part\t: {part}\n\nprocessor\t: 1\nCPU part\t: {part}\n"
    (root / "proc" / "cpuinfo").write_text(lines if part else "processor : 0\n", encoding="utf-8")
    return root


@pytest.mark.parametrize("profile", BOARDS, ids=lambda profile: profile.id)
def test_each_board_is_recognised(tmp_path: Path, profile: Profile) -> None:
    assert profile.match is not None
    root = machine(tmp_path, MODEL_STRINGS[profile.id], profile.match.midr_part)
    assert recognise(PROFILES, root, profile.runtime.os_bits) is profile


@pytest.mark.parametrize(
    ("model", "part", "expected"),
    [
        (None, "", "host"),
        ("Raspberry Pi 5 Model B Rev 1.0", "", "pi5"),
        ("Raspberry Pi 4 Model B Rev 1.4", "0xd0b", None),
        ("Raspberry Pi 3 Model B Rev 1.2", "0xd03", None),
        ("Orange Pi 5", "0xd0b", None),
    ],
)
def test_other_machines(tmp_path: Path, model: str | None, part: str, expected: str | None) -> None:
    found = recognise(PROFILES, machine(tmp_path, model, part), bits=64)
    assert (found.id if found else None) == expected


def test_a_board_without_a_profile_for_its_system_is_unknown(tmp_path: Path) -> None:
    root = machine(tmp_path, MODEL_STRINGS["pi5"], "0xd0b")
    assert recognise(PROFILES, root, bits=32) is None


def test_the_command_lists_all_and_marks_one() -> None:
    result = CliRunner().invoke(cli, ["devices"])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line[2:].split()[0] for line in lines] == [profile.id for profile in PROFILES]
    assert sum(line.startswith("*") for line in lines) <= 1


def test_the_command_gives_all_facts_as_json(root_dir: Path) -> None:
    listed = {item["device"]["id"]: item for item in json.loads(devices_json())}
    with (root_dir / "devices" / "pi4.toml").open("rb") as file:
        expected = tomllib.load(file)
    for section in ("device", "cpu", "sources", "emulation"):
        assert listed["pi4"][section] == expected[section]


def devices_json() -> str:
    result = CliRunner().invoke(cli, ["devices", "--json"])
    assert result.exit_code == 0
    return result.stdout
