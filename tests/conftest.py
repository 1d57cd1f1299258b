"""Fixtures and markers that all tests share."""

import os
import signal
from importlib.util import find_spec
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent

# Two cores are the least that a machine has: one thread each keeps tests from slowing one another.
for variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

# A shell that starts this in the background has Ctrl-C ignored here and in all children, who would
# then wait for ever to be interrupted.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# The same examples on every run, and no time limit on one: the machine may be busy.
hypothesis.settings.register_profile(
    "any-machine",
    deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("any-machine")


def find_shared() -> Path | None:
    """The folder with real data sets: EDGE_HTR_SHARED, or `../shared` beside the checkout."""
    folder = Path(os.environ.get("EDGE_HTR_SHARED") or ROOT.parent / "shared")
    return folder if folder.is_dir() else None


def _reasons_to_skip() -> dict[str, str]:
    """Marker -> why tests that carry it cannot run here."""
    reasons = {}
    if find_spec("tensorflow") is None:
        reasons["desktop"] = "needs TensorFlow: pip install 'edge-htr[desktop]'"
    if find_shared() is None:
        reasons["shared"] = "needs the shared data folder (EDGE_HTR_SHARED)"
    if os.environ.get("EDGE_HTR_DEVICE") != "1":
        reasons["device"] = "needs a real board (EDGE_HTR_DEVICE=1)"
    return reasons


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run, and say why."""
    reasons = _reasons_to_skip()
    for item in items:
        for marker in reasons.keys() & {mark.name for mark in item.iter_markers()}:
            item.add_marker(pytest.mark.skip(reason=reasons[marker]))


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder with real data sets; the test is skipped where there is none."""
    folder = find_shared()
    if folder is None:
        pytest.skip("needs the shared data folder (EDGE_HTR_SHARED)")
    return folder


@pytest.fixture(scope="session")
def root_dir() -> Path:
    """The root of the checkout."""
    return ROOT
