"""Sizes of an installation: from the committed table, and from pip with an index of its own."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from edge_runtime import install_size
from edge_runtime.device import Profile, known_profiles, load_profile
from edge_runtime.errors import DataError
from edge_runtime.install_size import known_sizes, newest, weigh

PI4 = load_profile("pi4")


def write_wheel(folder: Path, name: str, tag: str, size: int, requires: str = "") -> None:
    """A wheel that holds one file of so many bytes."""
    info = f"{name.replace('-', '_')}-1.0"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    metadata += f"Requires-Dist: {requires}\n" if requires else ""
    with zipfile.ZipFile(folder / f"{info}-{tag}.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(f"{name}/data", b"\0" * size)
        wheel.writestr(f"{info}.dist-info/METADATA", metadata)
        wheel.writestr(
            f"{info}.dist-info/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n"
        )
        wheel.writestr(f"{info}.dist-info/RECORD", "")


def test_wheels_are_weighed_packed_and_unpacked(tmp_path: Path) -> None:
    write_wheel(tmp_path, "some-lib", "py3-none-any", 100_000)
    write_wheel(tmp_path, "other", "py3-none-any", 50_000)
    size = weigh(tmp_path, "aarch64", "3.11", "here")
    assert [package["name"] for package in size["packages"]] == ["other", "some-lib"]
    assert 150_000 < size["install_bytes"] < 152_000
    assert size["wheel_bytes"] == sum(path.stat().st_size for path in tmp_path.iterdir())
    (tmp_path / "bad-1.0-py3-none-any.whl").write_bytes(b"no wheel")
    with pytest.raises(DataError, match=r"bad-1\.0"):
        weigh(tmp_path, "aarch64", "3.11", "here")


@pytest.mark.parametrize("profile", known_profiles(), ids=lambda profile: profile.id)
def test_every_board_with_a_budget_is_in_the_table(profile: Profile) -> None:
    board = profile.device.core is not None
    rows = known_sizes(profile) if board else []
    assert bool(rows) == (board and profile.budget.install_bytes is not None)
    for row in rows:
        assert row["install_bytes"] <= (profile.budget.install_bytes or 0)
        assert row["wheel_bytes"] <= (profile.budget.wheel_bytes or 0)
        assert row["install_bytes"] == sum(p["install_bytes"] for p in row["packages"])


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    assert known_sizes(PI4, [tmp_path]) == []
    (tmp_path / "install-size.json").write_text(json.dumps({"schema": 1}))
    with pytest.raises(DataError, match=r"install-size\.json"):
        known_sizes(PI4, [tmp_path])


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder instead of a package index, and a package that asks for two things of it."""
    pytest.importorskip("pip")
    folder = tmp_path / "index"
    folder.mkdir()
    for variable, value in {
        "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "PIP_CONFIG_FILE": "/dev/null",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }.items():  # fmt: skip
        monkeypatch.setenv(variable, value)
    declared = ["big-lib>=1", "click; extra == 'desktop'"]
    monkeypatch.setattr(install_size, "requires", lambda name: declared)
    return folder


def test_pip_resolves_for_the_board_not_for_this_machine(index: Path) -> None:
    write_wheel(index, "big-lib", "cp311-cp311-manylinux_2_28_aarch64", 70_000, "tail")
    write_wheel(index, "big-lib", "cp311-cp311-manylinux_2_28_x86_64", 900_000, "tail")
    write_wheel(index, "tail", "py3-none-any", 10_000)
    said: list[str] = []
    (size,) = newest(PI4, said.append)
    assert [package["name"] for package in size["packages"]] == ["big-lib", "tail"]
    assert 80_000 < size["install_bytes"] < 82_000
    assert (size["machine"], size["python"], size["origin"]) == ("aarch64", "3.11", "newest")
    assert said == ["pip fetches what pi4 would install (Python 3.11, aarch64)"]


def test_what_pip_cannot_find_is_one_line(index: Path) -> None:
    write_wheel(index, "big-lib", "cp311-cp311-manylinux_2_28_x86_64", 1)
    with pytest.raises(DataError, match="pip cannot resolve") as caught:
        newest(PI4, lambda text: None)
    assert "big-lib" in str(caught.value)


def test_another_word_size_is_refused() -> None:
    other = replace(PI4.runtime, os_bits=96 - PI4.runtime.os_bits)
    with pytest.raises(DataError, match="pi4"):
        newest(replace(PI4, runtime=other), lambda text: None)
