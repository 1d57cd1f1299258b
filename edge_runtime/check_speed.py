"""How many times as long a network takes as the reference network, in one run on one machine.

Milliseconds of a CI machine say nothing about a board. A ratio to a network made of the same parts
depends far less on the machine; still, processors with other instructions weigh convolutions and
recurrence differently, so a ratio is compared only with those of the same kind of processor.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from edge_runtime.bench_turns import fastest_in_turns
from edge_runtime.bundle import Bundle
from edge_runtime.interpreter import open_network

REFERENCE: Final = Path(__file__).with_name("reference.tflite")
"""Random weights; made by ``python -m convert.reference_network``."""
SERIES: Final = 6
"""Independent series: the lowest and highest of six hold the median with 97 % (1 - 2 / 2**6)."""


def reference_ratio(bundle: Bundle, runtime: str | None) -> dict[str, Any]:
    """Time both networks in turns, each at its widest line, on one thread.

    Returns:
        ``ratio`` (median of the series), ``low`` and ``high`` (a 97 % interval of it), ``ms`` and
        ``reference_ms`` on this machine, and ``reference_sha256``.

    Raises:
        EdgeHtrError: a network cannot be loaded or run.
    """
    reference = Bundle.open(REFERENCE)
    calls = [[inference(each, runtime)] * SERIES for each in (bundle, reference)]
    seconds = fastest_in_turns(calls)
    ratios = seconds[0] / seconds[1]
    return {
        "ratio": float(np.median(ratios)),
        "low": float(ratios.min()),
        "high": float(ratios.max()),
        "ms": float(seconds[0].min() * 1e3),
        "reference_ms": float(seconds[1].min() * 1e3),
        "reference_sha256": hashlib.sha256(reference.network).hexdigest(),
    }


def inference(bundle: Bundle, runtime: str | None) -> Callable[[], object]:
    """One inference of a network at its widest, on one thread: noise, so that nothing is skipped.

    Raises:
        EdgeHtrError: the network cannot be loaded.
    """
    network = open_network(bundle.network, bundle.card, threads=1, runtime=runtime)
    shape = network.height, bundle.card.max_width
    ink = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    return lambda: network.run(ink)
