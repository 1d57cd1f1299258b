"""The wheel: what is in it, what it asks for, and that it runs from there."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

pytest.importorskip("hatchling")

# Module -> distribution, where the names differ.
DISTRIBUTIONS = {
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
    "paho": "paho-mqtt",
    "fontTools": "fonttools",
    "ai_edge_litert": "ai-edge-litert",
    "tflite_runtime": "tflite-runtime",
}
# Second backend of Keras: the user's choice, not an extra.
OPTIONAL = {"jax", "optax", "torch"}


@pytest.fixture(scope="session")
def wheel(root_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel of this checkout, built without network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=root_dir, check=True, capture_output=True, timeout=120)
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


@pytest.fixture(scope="session")
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return Parser().parsestr(wheel.read(name).decode("utf-8"))


def test_top_level_names(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    (info,) = [name for name in tops if name.endswith(".dist-info")]
    assert tops == {"train", "convert", "edge_runtime", info}


def test_every_file_of_the_packages_is_there(wheel: zipfile.ZipFile, root_dir: Path) -> None:
    names = set(wheel.namelist())
    for package in ("train", "convert", "edge_runtime"):
        assert f"{package}/py.typed" in names
        for path in (root_dir / package).rglob("*"):
            if path.suffix in {
                ".py",
                ".toml",
                ".tflite",
                ".png",
                ".jpg",
                ".tsv",
                ".html",
                ".css",
                ".js",
                ".svg",
            }:
                assert path.relative_to(root_dir).as_posix() in names


def test_devices_come_along_and_checkpoints_do_not(wheel: zipfile.ZipFile, root_dir: Path) -> None:
    devices = {name for name in wheel.namelist() if name.startswith("edge_runtime/devices/")}
    assert devices == {f"edge_runtime/devices/{p.name}" for p in (root_dir / "devices").iterdir()}
    assert not [name for name in wheel.namelist() if name.endswith(".keras")]
    assert not [name for name in wheel.namelist() if "__pycache__" in name]


def test_the_wheel_is_small(wheel: zipfile.ZipFile) -> None:
    assert sum(item.compress_size for item in wheel.infolist()) < 4_000_000


def test_metadata(metadata: Message, root_dir: Path) -> None:
    project = tomllib.loads((root_dir / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert metadata["Name"] == "edge-htr"
    assert metadata["Version"] == project["version"]
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata.get_all("Provides-Extra") == ["desktop", "mqtt", "onnx"]


def test_tensorflow_is_asked_for_by_the_extra_only(metadata: Message) -> None:
    requirements = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
    heavy = [item for item in requirements if item.name.startswith(("tensorflow", "keras"))]
    assert {item.name for item in heavy} == {"tensorflow", "tensorflow-cpu", "keras"}
    for item in heavy:
        assert re.search(r"extra == ['\"]desktop['\"]", str(item.marker)), item
        assert item.marker is not None
        assert not item.marker.evaluate({"extra": ""})
    base = {item.name for item in requirements if "extra" not in str(item.marker)}
    assert base == {
        "ai-edge-litert",
        "click",
        "numpy",
        "opencv-python-headless",
        "tflite-runtime",
    }


def test_every_import_is_declared(root_dir: Path, metadata: Message) -> None:
    declared = {Requirement(text).name for text in metadata.get_all("Requires-Dist", [])}
    known = {"train", "convert", "edge_runtime"} | sys.stdlib_module_names | OPTIONAL
    for package in ("train", "convert", "edge_runtime"):
        for path in (root_dir / package).rglob("*.py"):
            for module in imported_modules(path) - known:
                assert DISTRIBUTIONS.get(module, module) in declared, f"{path}: {module}"


def imported_modules(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").partition(".")[0])
    return found


def test_it_runs_from_the_wheel(wheel: zipfile.ZipFile, tmp_path: Path, root_dir: Path) -> None:
    """Unpacked far from the checkout: the profiles are found inside the package."""
    site = tmp_path / "site"
    wheel.extractall(site)
    script = (
        "import edge_runtime, edge_runtime.device as d; from edge_runtime.cli import main\n"
        "import sys; print(edge_runtime.__file__); print(d.load_profile('pi4').id)\n"
        "sys.argv = ['edge-htr', 'devices']; main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    where, device, *listed = result.stdout.splitlines()
    assert Path(where).is_relative_to(site)
    assert device == "pi4"
    assert len(listed) == len(list((root_dir / "devices").glob("*.toml")))


def test_the_entry_point(wheel: zipfile.ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith("/entry_points.txt")]
    assert "edge-htr = edge_runtime.cli:main" in wheel.read(name).decode("utf-8")


def test_the_source_archive_builds_the_same(root_dir: Path, tmp_path: Path) -> None:
    """The archive holds all that its wheel needs, and no test data or checkpoints."""
    import tarfile

    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(command, cwd=root_dir, check=True, capture_output=True, timeout=120)
    (path,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for wanted in ("pyproject.toml", "README.md", "LICENSE", "devices/pi4.toml", "train/py.typed"):
        assert wanted in names
    assert not [name for name in names if name.endswith(".keras") or name.startswith("tests/")]
