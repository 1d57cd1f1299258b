"""edge-htr's runtime: all that a device needs to read a line of handwriting.

    from edge_runtime import Bundle, Recognizer

    recognizer = Recognizer(Bundle.open("model.tflite"))

Importing the package costs nothing; the names below load their modules at first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge_runtime.bundle import Bundle
    from edge_runtime.recognizer import Line, Recognizer

__all__ = ["Bundle", "Line", "Recognizer", "__version__"]

__version__ = "0.1.0"

_HOMES = {
    "Bundle": "edge_runtime.bundle",
    "Line": "edge_runtime.recognizer",
    "Recognizer": "edge_runtime.recognizer",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'edge_runtime' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
