"""edge-htr's runtime: all that a device needs to read a line of handwriting.

    from edge_runtime import Recognizer, load_gray

    recognizer = Recognizer()
    print(recognizer.read(load_gray("line.png")).text)

Importing the package costs nothing; the names below load their modules at first use. They are the
Python interface, which docs/python.md explains; other modules may change without notice.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge_runtime.bundle import Bundle
    from edge_runtime.decoder import find_lexicon
    from edge_runtime.errors import EdgeHtrError
    from edge_runtime.fields import Field
    from edge_runtime.image import load_gray
    from edge_runtime.lexicon import Lexicon
    from edge_runtime.lines import Page, PageLine, find_lines
    from edge_runtime.recognizer import DEFAULT_MODEL, Line, Recognizer, Word

__all__ = [
    "DEFAULT_MODEL",
    "Bundle",
    "EdgeHtrError",
    "Field",
    "Lexicon",
    "Line",
    "Page",
    "PageLine",
    "Recognizer",
    "Word",
    "__version__",
    "find_lexicon",
    "find_lines",
    "load_gray",
]

__version__ = "0.1.0"

_HOMES = {
    "DEFAULT_MODEL": "edge_runtime.recognizer",
    "Bundle": "edge_runtime.bundle",
    "EdgeHtrError": "edge_runtime.errors",
    "Field": "edge_runtime.fields",
    "Lexicon": "edge_runtime.lexicon",
    "Line": "edge_runtime.recognizer",
    "Page": "edge_runtime.lines",
    "PageLine": "edge_runtime.lines",
    "Recognizer": "edge_runtime.recognizer",
    "Word": "edge_runtime.recognizer",
    "find_lexicon": "edge_runtime.decoder",
    "find_lines": "edge_runtime.lines",
    "load_gray": "edge_runtime.image",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'edge_runtime' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
