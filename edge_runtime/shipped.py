"""The models that come with the package, by name."""

from pathlib import Path
from typing import Final

MODELS: Final = Path(__file__).with_name("models")
"""Where they are, each ``NAME.tflite`` with its card ``NAME.md``."""


def shipped_names() -> tuple[str, ...]:
    """Names of the models, in order of the alphabet."""
    return tuple(sorted(path.stem for path in MODELS.glob("*.tflite")))


def find_model(model: Path | str) -> Path:
    """The file of a model: the path itself, or that of a shipped model given by its bare name."""
    path = Path(model)
    bare = path.name == str(model) and not path.suffix
    if bare and not path.exists() and path.name in shipped_names():
        return MODELS / f"{path.name}.tflite"
    return path
