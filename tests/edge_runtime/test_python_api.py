"""The Python interface: lazy, complete, documented, and safe between threads."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import edge_runtime
from edge_runtime import Bundle, Recognizer, find_lexicon, load_gray

HEAVY = ("numpy", "cv2", "ai_edge_litert", "tflite_runtime", "tensorflow", "click")


def page(root: Path) -> str:
    return (root / "docs/python.md").read_text(encoding="utf-8")


def loaded(root: Path, code: str) -> str:
    """Heavy modules that a few lines of Python load."""
    code += f"; import sys; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_importing_the_package_loads_nothing(root_dir: Path) -> None:
    assert (
        loaded(root_dir, "import edge_runtime; edge_runtime.__version__; dir(edge_runtime)") == "[]"
    )
    assert loaded(root_dir, "from edge_runtime import EdgeHtrError") == "[]"
    assert "numpy" in loaded(root_dir, "from edge_runtime import Recognizer")


def test_every_name_has_one_home() -> None:
    assert set(edge_runtime._HOMES) | {"__version__"} == set(edge_runtime.__all__)
    assert edge_runtime.__all__ == sorted(edge_runtime.__all__, key=lambda n: (not n.isupper(), n))
    assert 10 <= len(edge_runtime.__all__) <= 16
    for name, home in edge_runtime._HOMES.items():
        assert getattr(edge_runtime, name) is getattr(sys.modules[home], name)


def test_the_page_names_what_is_there(root_dir: Path) -> None:
    table = re.findall(r"^\| `(\w+)` \|", page(root_dir), flags=re.MULTILINE)
    assert sorted(table) == sorted(edge_runtime.__all__)


def test_the_programs_of_the_page_run(root_dir: Path) -> None:
    programs = re.findall(r"```python\n(.*?)```", page(root_dir), flags=re.DOTALL)
    assert len(programs) == 3
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(programs)],
        cwd=root_dir, capture_output=True, text=True, encoding="utf-8", check=False,
        env={"PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("51/4d")


def test_threads_share_a_recognizer_with_a_lexicon(root_dir: Path) -> None:
    bundle = Bundle.open(edge_runtime.DEFAULT_MODEL)
    recognizer = Recognizer(bundle, lexicon=find_lexicon("builtin", bundle), threads=1)
    pictures = [
        load_gray(path) for path in sorted((root_dir / "edge_runtime/samples").glob("*.jpg"))
    ]
    alone = [recognizer.read(picture) for picture in pictures]
    recognizer.decoder.forget()
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(recognizer.read, pictures * 2))
    read = [(line.text, line.confidence) for line in alone]
    assert [(line.text, line.confidence) for line in together] == read * 2


def test_other_names_are_not_there() -> None:
    with pytest.raises(ImportError):
        from edge_runtime import Reader  # noqa: F401
