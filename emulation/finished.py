"""Folders that are there whole or not at all: made beside their place, then renamed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def finished(folder: Path, recipe: str) -> Iterator[Path | None]:
    """Fill a folder unless it is there already, made by the same recipe.

    Args:
        folder: the place; its parent is made.
        recipe: what decides the content, as text; another one makes the folder anew.

    Yields:
        An empty folder to fill, or None where nothing is to be done. What is cut short is redone.
    """
    stamp = folder.with_name(f"{folder.name}.recipe")
    if folder.is_dir() and stamp.is_file() and stamp.read_text(encoding="utf-8") == recipe:
        yield None
        return
    partial = folder.with_name(f"{folder.name}.partial")
    stamp.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    yield cleared(partial)
    partial.rename(folder)
    stamp.write_text(recipe, encoding="utf-8")


def cleared(folder: Path) -> Path:
    """The folder, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
