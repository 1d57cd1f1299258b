"""What a board can install: platform tags, Python versions, its part of the lock."""

from pathlib import Path

import pytest

pytest.importorskip("packaging")

from deploy.target import FROM_APT, Target, pins, targets
from edge_runtime.device import load_profile
from edge_runtime.errors import DataError


def names(root: Path, target: Target, without: tuple[str, ...] = ()) -> dict[str, str]:
    lines = pins(root / "requirements" / "base.txt", target, without)
    return {line.split("==")[0]: line for line in lines}


def test_a_64_bit_board_has_a_target_for_each_system() -> None:
    assert targets(load_profile("pi4")) == [Target("aarch64", "3.11"), Target("aarch64", "3.13")]
    assert targets(load_profile("pi4"), "3.13") == [Target("aarch64", "3.13")]
    assert targets(load_profile("pi4-32")) == [Target("armv7l", "3.11")]
    with pytest.raises(DataError, match=r"pi4-32 has Python 3.11, not 3.13"):
        targets(load_profile("pi4-32"), "3.13")


def test_the_lock_of_a_board(root_dir: Path) -> None:
    found = names(root_dir, Target("aarch64", "3.11"))
    assert {"numpy", "ai-edge-litert", "click", "opencv-python-headless"} <= set(found)
    assert "tflite-runtime" not in found
    assert found["numpy"] != names(root_dir, Target("aarch64", "3.13"))["numpy"]
    for line in found.values():
        assert " --hash=sha256:" in line
        assert ";" not in line


def test_the_lock_of_a_32_bit_system(root_dir: Path) -> None:
    found = names(root_dir, Target("armv7l", "3.11"), FROM_APT)
    assert set(found) == {"tflite-runtime", "click"}


def test_pip_is_told_the_platform() -> None:
    options = Target("aarch64", "3.13").pip_options
    assert "manylinux_2_28_aarch64" in options
    assert "manylinux_2_37_aarch64" not in options  # newer than Bookworm's glibc
    assert options[options.index("--abi") + 1] == "cp313"
    assert "--only-binary=:all:" in options
