"""Python in a child process that finds the same packages as this one, installed or not."""

import os
import sys
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parent.parent)
"""Where a child finds `edge_runtime`."""


def child_environment() -> dict[str, str]:
    """The environment of a child that is to import what this process could import."""
    return os.environ | {"PYTHONPATH": os.pathsep.join([_ROOT, *filter(None, sys.path)])}
