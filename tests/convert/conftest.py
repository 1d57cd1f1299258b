"""What the tests of conversion share."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every stage in this process: each child would import TensorFlow anew, for seconds.

    ``test_child.py`` and some tests of the whole command have real children.
    """

    def call(stage: str, cure: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    for name in ("build", "keras_logits", "pipeline", "plan", "proof", "speed", "prune.run"):
        monkeypatch.setattr(import_module(f"convert.{name}"), "run_stage", call)
    monkeypatch.setenv("EDGE_HTR_RUNTIME", "ai-edge-litert")  # TensorFlow's warns of its end
    monkeypatch.setattr(import_module("convert.prune.run"), "run_talking_stage", call)
