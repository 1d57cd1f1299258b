"""The layers hold: what each command imports, and which package may import which."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge_runtime.cli import COMMANDS

HEAVY = {"tensorflow", "keras", "jax", "torch"}
DESKTOP_LAYERS = {"train", "convert"}

# Runs the command in a fresh interpreter, then reports what it had to import.
PROBE = """
import json, sys
from edge_runtime.cli import main
sys.argv = ["edge-htr", *sys.argv[1:]]
code = 0
try:
    main()
except SystemExit as stop:
    code = stop.code or 0
tops = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"code": code, "modules": tops}), file=sys.stderr)
"""


def probe(root: Path, *arguments: str) -> tuple[int, set[str]]:
    """Exit code of `edge-htr ARGUMENTS`, and the top-level modules it imported."""
    result = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    report = json.loads(result.stderr.splitlines()[-1])
    return report["code"], set(report["modules"])


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []])
def test_help_imports_nothing_but_click(root_dir: Path, arguments: list[str]) -> None:
    _, modules = probe(root_dir, *arguments)
    assert not modules & (HEAVY | DESKTOP_LAYERS | {"numpy", "cv2", "ai_edge_litert", "rich"})


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_is_light(root_dir: Path, command: str) -> None:
    code, modules = probe(root_dir, command, "--help")
    assert code == 0
    assert not modules & (HEAVY | {"numpy", "cv2"})


def test_run_imports_no_training_stack(root_dir: Path) -> None:
    models = root_dir / "edge_runtime" / "models"
    samples = root_dir / "edge_runtime" / "samples"
    if not list(models.glob("*.tflite")):
        pytest.skip("no model is shipped in this checkout")
    code, modules = probe(root_dir, "run", str(samples))
    assert code == 0
    assert "numpy" in modules
    assert not modules & (HEAVY | DESKTOP_LAYERS)


def children_seconds() -> float:
    """Processor time of all subprocesses that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def test_help_starts_fast(root_dir: Path) -> None:
    """0.15 s of processor time: on an idle machine that is the wall clock, on a busy one fair."""
    taken = []
    for _ in range(5):
        before = children_seconds()
        subprocess.run(
            [sys.executable, "-m", "edge_runtime", "--help"],
            cwd=root_dir,
            capture_output=True,
            check=True,
            timeout=60,
        )
        taken.append(children_seconds() - before)
    assert min(taken) < 0.15


def imported_modules(file: Path) -> set[str]:
    """Top-level modules that a file imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").partition(".")[0])
    return found


def test_edge_runtime_is_the_bottom_layer(root_dir: Path) -> None:
    for file in (root_dir / "edge_runtime").rglob("*.py"):
        assert not imported_modules(file) & DESKTOP_LAYERS, file


def test_train_does_not_import_convert(root_dir: Path) -> None:
    for file in (root_dir / "train").rglob("*.py"):
        assert "convert" not in imported_modules(file), file


def test_only_the_declared_packages_are_imported_on_a_device(root_dir: Path) -> None:
    allowed = {"click", "numpy", "cv2", "edge_runtime", "ai_edge_litert", "tflite_runtime"}
    allowed |= {"paho"}  # the mqtt extra, imported when it is asked for
    allowed |= {"tensorflow", "keras"}  # last-resort interpreter; .keras files in `eval`
    for file in (root_dir / "edge_runtime").rglob("*.py"):
        assert imported_modules(file) <= allowed | sys.stdlib_module_names, file
