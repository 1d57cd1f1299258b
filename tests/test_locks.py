"""The locked requirements fit pyproject.toml, on every platform they are meant for.

No network is needed: what is looked at is whether each requirement is pinned once, to a version
that it allows, and whether all locks pin the same versions.
"""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = ("base", "build", "desktop", "dev", "light", "tflite")
SUBSETS = ("base", "build", "desktop", "light")

PLATFORMS = {
    "x86_64": {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"},
    "aarch64": {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "aarch64"},
    "mac": {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"},
    "armv7l": {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "armv7l"},
}
TARGETS = [
    (platform, version)
    for platform in PLATFORMS
    for version in ("3.11", "3.12", "3.13")
    if platform != "armv7l" or version == "3.11"  # no runtime for newer ones there
]


def environment(platform: str, version: str) -> dict[str, str]:
    """What markers are evaluated with."""
    python = {"python_version": version, "python_full_version": f"{version}.4", "extra": ""}
    return PLATFORMS[platform] | python | {"platform_python_implementation": "CPython"}


def applies(requirement: Requirement, target: dict[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(dict(target))


@pytest.fixture(scope="session")
def pyproject(root_dir: Path) -> dict[str, Any]:
    return tomllib.loads((root_dir / "pyproject.toml").read_text(encoding="utf-8"))


def group(pyproject: dict[str, Any], name: str) -> list[str]:
    """A dependency group with the groups it includes."""
    found: list[str] = []
    for item in pyproject["dependency-groups"][name]:
        found += group(pyproject, item["include-group"]) if isinstance(item, dict) else [item]
    return found


def wanted(pyproject: dict[str, Any], lock: str) -> list[Requirement]:
    """What pyproject.toml asks of a lock."""
    base = pyproject["project"]["dependencies"]
    desktop = pyproject["project"]["optional-dependencies"]["desktop"]
    asked = {
        "base": base,
        "build": group(pyproject, "build"),
        "desktop": base + desktop,
        "dev": base + desktop + group(pyproject, "dev"),
        "light": base + group(pyproject, "light"),
        "tflite": group(pyproject, "tflite"),
    }
    return [Requirement(text) for text in asked[lock]]


@cache
def read_lock(root: Path, lock: str) -> list[tuple[Requirement, int]]:
    """Every pin with the number of its hashes."""
    text = (root / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    pins = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        head, *hashes = line.split(" --hash=")
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}\s*", text) for text in hashes), line
        pins.append((Requirement(head.strip()), len(hashes)))
    return pins


def pinned(root: Path, lock: str, target: dict[str, str]) -> dict[str, str]:
    """Name -> version of all that the lock installs on one target."""
    found: dict[str, str] = {}
    for pin, _ in read_lock(root, lock):
        if applies(pin, target):
            name = canonicalize_name(pin.name)
            assert name not in found, f"{lock}: {name} is pinned twice"
            found[name] = str(pin.specifier).removeprefix("==")
    return found


def targets_of(lock: str) -> list[tuple[str, str]]:
    if lock == "tflite":  # an environment for tests, Python 3.11 on Linux
        return [("x86_64", "3.11"), ("aarch64", "3.11")]
    return TARGETS


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_to_an_allowed_version(
    root_dir: Path, pyproject: dict[str, Any], lock: str
) -> None:
    for platform, version in targets_of(lock):
        target = environment(platform, version)
        versions = pinned(root_dir, lock, target)
        for requirement in wanted(pyproject, lock):
            if applies(requirement, target):
                found = versions.get(canonicalize_name(requirement.name))
                where = f"{requirement} on {platform}, Python {version}: found {found}"
                assert found is not None, where
                assert requirement.specifier.contains(found, prereleases=True), where


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_is_exact_and_hashed(root_dir: Path, lock: str) -> None:
    pins = read_lock(root_dir, lock)
    assert pins
    for pin, hashes in pins:
        assert re.fullmatch(r"==[^*,]+", str(pin.specifier)), pin
        assert hashes, pin
        assert pin.url is None, pin


@pytest.mark.parametrize("lock", LOCKS)
def test_no_addresses_or_paths(root_dir: Path, lock: str) -> None:
    text = (root_dir / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    assert not re.search(r"\w+://|--(?:extra-)?index|--find-links|(?<!\S)/\w", text)


@pytest.mark.parametrize("lock", SUBSETS)
@pytest.mark.parametrize(("platform", "version"), TARGETS)
def test_what_is_installed_is_what_was_tested(
    root_dir: Path, lock: str, platform: str, version: str
) -> None:
    target = environment(platform, version)
    smaller, dev = pinned(root_dir, lock, target), pinned(root_dir, "dev", target)
    assert smaller.items() <= dev.items()


@pytest.mark.parametrize("lock", ["base", "build", "light", "tflite"])
def test_no_tensorflow_on_a_device(root_dir: Path, lock: str) -> None:
    names = {canonicalize_name(pin.name) for pin, _ in read_lock(root_dir, lock)}
    assert not names & {"tensorflow", "tensorflow-cpu", "keras", "jax", "torch"}


def test_one_runtime_per_platform(root_dir: Path) -> None:
    for platform, version in TARGETS:
        versions = pinned(root_dir, "base", environment(platform, version))
        runtimes = versions.keys() & {"ai-edge-litert", "tflite-runtime"}
        assert runtimes == {"tflite-runtime" if platform == "armv7l" else "ai-edge-litert"}
        assert versions["numpy"].startswith("1.") is (platform == "armv7l")
