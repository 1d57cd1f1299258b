"""The ratio to the reference network, without a clock."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from edge_runtime import check_speed
from edge_runtime.bundle import Bundle
from edge_runtime.check_speed import REFERENCE, SERIES, reference_ratio
from edge_runtime.network_file import NetworkFile
from tests.tiny_models import model_path


def test_the_reference_is_small_and_made_of_what_our_networks_are_made_of() -> None:
    reference, shipped = Bundle.open(REFERENCE), Bundle.open("vi-line")
    assert reference.file_bytes < 100_000
    assert reference.card.precision == shipped.card.precision
    names = [
        {op.name for graph in NetworkFile.parse(each.network).subgraphs for op in graph.operators}
        for each in (reference, shipped)
    ]
    assert {"CONV_2D", "FULLY_CONNECTED", "WHILE"} <= names[0] & names[1]
    assert not any(op.custom for op in NetworkFile.parse(reference.network).main.operators)


def test_median_and_ends_of_the_series(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[int] = []

    def timed(calls: Sequence[Sequence[Any]]) -> Any:
        ran.extend(np.shape(call())[0] for row in calls for call in row)
        return np.array([[8, 6, 7, 9, 8, 8], [1, 1, 1, 1, 1, 2]]) * 1e-3

    monkeypatch.setattr(check_speed, "fastest_in_turns", timed)
    found = reference_ratio(Bundle.open(model_path()), None)
    assert (found["ratio"], found["low"], found["high"]) == (7.5, 4.0, 9.0)
    assert (found["ms"], found["reference_ms"]) == (6.0, 1.0)
    widest = Bundle.open(model_path()).card, Bundle.open(REFERENCE).card
    assert ran == [c.max_width // c.time_stride for c in widest for _ in range(SERIES)]
