"""Finds a TensorFlow Lite runtime: ai-edge-litert, else tflite-runtime, else TensorFlow.

``EDGE_HTR_RUNTIME`` or an argument forces one of them by name.
"""

import os
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import numpy as np

from edge_runtime.errors import RuntimeMissingError

VARIABLE: Final = "EDGE_HTR_RUNTIME"

_MODULES: Final = {
    "ai-edge-litert": "ai_edge_litert.interpreter",
    "tflite-runtime": "tflite_runtime.interpreter",
    "tensorflow": "tensorflow.lite.python.interpreter",
}
RUNTIMES: Final = tuple(_MODULES)
"""Names in the order of preference."""

_INSTALL: Final = {
    "ai-edge-litert": "pip install ai-edge-litert",
    "tflite-runtime": "pip install tflite-runtime==2.14.0 'numpy<2' (Python 3.11)",
    "tensorflow": "pip install 'edge-htr[desktop]'",
}


@dataclass(frozen=True)
class Runtime:
    """One usable TFLite runtime."""

    name: str
    version: str
    module: Any
    """The module with ``Interpreter`` and ``OpResolverType``."""

    @property
    def resizes(self) -> bool:
        """Whether an interpreter that has run can be given another width.

        tflite-runtime 2.14 fails at it, without a message, where a network has a loop behind
        quantized convolutions; asked once more it even runs, with the shapes of the old width.
        """
        return self.name != "tflite-runtime"

    def interpreter(self, network: bytes, threads: int, *, plain: bool = False) -> Any:
        """A fresh, not yet allocated interpreter.

        Args:
            network: the flatbuffer.
            threads: threads per inference.
            plain: without delegates and with every intermediate tensor kept, for inspection.
        """
        kinds = self.module.OpResolverType
        kind = kinds.BUILTIN_WITHOUT_DEFAULT_DELEGATES if plain else kinds.AUTO
        return self.module.Interpreter(
            model_content=network,
            num_threads=threads,
            experimental_op_resolver_type=kind,
            experimental_preserve_all_tensors=plain,
        )


def find_runtime(name: str | None = None) -> Runtime:
    """The runtime called ``name``, the one ``EDGE_HTR_RUNTIME`` names, or the best that is there.

    Raises:
        RuntimeMissingError: no such runtime, it is not installed, or it cannot work here.
    """
    wanted = name or os.environ.get(VARIABLE) or None
    if wanted is not None:
        if wanted not in _MODULES:
            raise RuntimeMissingError(f"no runtime {wanted!r}: use one of {', '.join(RUNTIMES)}")
        return _load(wanted)
    reasons = []
    for candidate in RUNTIMES:
        try:
            return _load(candidate)
        except RuntimeMissingError as error:
            reasons.append(str(error))
    raise RuntimeMissingError("no TensorFlow Lite runtime works here: " + "; ".join(reasons))


def _load(name: str) -> Runtime:
    if name == "tflite-runtime" and int(np.__version__.split(".")[0]) >= 2 and _is_there(name):
        raise RuntimeMissingError(
            f"tflite-runtime cannot work with numpy {np.__version__}:"
            " pip install 'numpy<2' 'opencv-python-headless<4.12'"
        )
    try:
        module = import_module(_MODULES[name])
    except ModuleNotFoundError:
        raise RuntimeMissingError(f"{name} is not installed ({_INSTALL[name]})") from None
    except ImportError as error:  # a library it is linked with is missing or too old
        raise RuntimeMissingError(f"{name} cannot be loaded ({error})") from None
    return Runtime(name, _version(name), module)


def _is_there(name: str) -> bool:
    return _version(name) != "unknown"


def _version(name: str) -> str:
    for package in (name, f"{name}-cpu", f"{name}-nightly"):
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return "unknown"
