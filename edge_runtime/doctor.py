"""Finds out what runs here: every check gives a finding, and its cure where something is wrong."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edge_runtime.doctor_board import (
    check_board,
    check_bytecode,
    check_disk,
    check_memory,
    check_throttling,
)
from edge_runtime.doctor_camera import check_camera, check_picamera
from edge_runtime.doctor_runtime import (
    check_libraries,
    check_model,
    check_python,
    check_runtime,
    check_userland,
)
from edge_runtime.doctor_system import Finding, System

SAMPLE: Final = Path(__file__).with_name("samples") / "000000.jpg"


def examine(system: System, model: Path | None = None) -> Iterator[Finding]:
    """All checks, in an order in which a cure may also mend what comes later.

    Args:
        system: what is looked at.
        model: the model file to read a sample line with, by default the one of the package.
    """
    yield check_python(system)
    yield check_userland(system)
    yield check_board(system)
    yield check_throttling(system)
    yield check_memory(system)
    yield check_disk(system)
    yield check_bytecode(system)
    yield from check_libraries(system)
    yield from check_runtime(system)
    yield check_model(system, model, SAMPLE)
    yield check_picamera(system)
    yield from check_camera(system)
