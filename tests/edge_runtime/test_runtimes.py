"""Which TFLite runtime is taken, and what is said when none works."""

import sys
from types import ModuleType

import numpy as np
import pytest

from edge_runtime import runtimes
from edge_runtime.errors import RuntimeMissingError
from edge_runtime.runtimes import RUNTIMES, find_runtime

LITERT, TFLITE, TENSORFLOW = RUNTIMES


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Pretends that just these runtimes are installed; the set may be changed."""
    names: set[str] = set()

    def import_module(target: str) -> ModuleType:
        name = next(n for n, module in runtimes._MODULES.items() if module == target)
        if name not in names:
            raise ModuleNotFoundError(name=target)
        return sys

    monkeypatch.setattr(runtimes, "import_module", import_module)
    monkeypatch.setattr(runtimes, "_version", lambda n: "1.0" if n in names else "unknown")
    monkeypatch.delenv("EDGE_HTR_RUNTIME", raising=False)
    monkeypatch.setattr(np, "__version__", "1.26.4")
    return names


@pytest.mark.parametrize(
    ("there", "chosen"),
    [
        ({LITERT, TFLITE, TENSORFLOW}, LITERT),
        ({TFLITE, TENSORFLOW}, TFLITE),
        ({TENSORFLOW}, TENSORFLOW),
    ],
)
def test_the_lightest_modern_runtime_comes_first(
    installed: set[str], there: set[str], chosen: str
) -> None:
    installed |= there
    assert find_runtime().name == chosen


def test_argument_before_variable_before_default(
    installed: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed |= set(RUNTIMES)
    monkeypatch.setenv("EDGE_HTR_RUNTIME", TFLITE)
    assert find_runtime().name == TFLITE
    assert find_runtime(TENSORFLOW).name == TENSORFLOW
    monkeypatch.setenv("EDGE_HTR_RUNTIME", "")
    assert find_runtime().name == LITERT


def test_a_forced_runtime_that_is_missing_says_how_to_get_it(installed: set[str]) -> None:
    installed.add(LITERT)
    with pytest.raises(RuntimeMissingError, match=r"not installed \(pip install tflite-runtime"):
        find_runtime(TFLITE)


def test_no_runtime_at_all_names_every_cure(installed: set[str]) -> None:
    with pytest.raises(RuntimeMissingError) as caught:
        find_runtime()
    for cure in ("pip install ai-edge-litert", "tflite-runtime==2.14.0", "edge-htr[desktop]"):
        assert cure in str(caught.value)


def test_an_unknown_name_lists_the_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_HTR_RUNTIME", "onnx")
    with pytest.raises(RuntimeMissingError, match="no runtime 'onnx': use one of ai-edge-litert"):
        find_runtime()


def test_tflite_runtime_with_numpy_2_is_refused_with_its_cure(
    installed: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed |= {TFLITE}
    monkeypatch.setattr(np, "__version__", "2.4.0")
    with pytest.raises(RuntimeMissingError, match="pip install 'numpy<2'"):
        find_runtime(TFLITE)
    installed.add(TENSORFLOW)
    assert find_runtime().name == TENSORFLOW


def test_a_runtime_whose_library_is_broken_is_passed_over(
    installed: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed |= {TFLITE}
    working = runtimes.__dict__["import_module"]

    def import_module(target: str) -> ModuleType:
        if target.startswith("ai_edge_litert"):
            raise ImportError("GLIBC_2.34 not found")
        module: ModuleType = working(target)
        return module

    monkeypatch.setattr(runtimes, "import_module", import_module)
    assert find_runtime().name == TFLITE
    with pytest.raises(RuntimeMissingError, match=r"cannot be loaded \(GLIBC_2\.34 not found"):
        find_runtime(LITERT)


def test_the_runtime_that_is_really_here_has_a_version() -> None:
    runtime = find_runtime()
    assert runtime.version[0].isdigit()
