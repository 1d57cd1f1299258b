"""The machine is watched while something else is measured."""

from collections.abc import Callable
from time import sleep
from typing import Any

from edge_runtime.bench_watch import Watch

Look = Callable[[], dict[str, Any]]


def looks(*throttled: int | None) -> Look:
    values = iter(throttled)
    last = throttled[-1]
    return lambda: {"throttled": next(values, last), "watts": 2.0, "celsius": 50.0}


def test_it_looks_before_during_and_after() -> None:
    with Watch(looks(0), every_s=0.01) as watch:
        sleep(0.1)
    assert len(watch.notes) > 3
    seconds = [note["s"] for note in watch.notes]
    assert seconds == sorted(seconds)
    assert (watch.mean_watts(), watch.hottest()) == (2.0, 50.0)
    assert watch.mean_watts(since=10.0) is None


def test_throttling_that_passes_is_noted() -> None:
    with Watch(looks(0, 0, 0x4, 0), every_s=0.01) as watch:
        sleep(0.1)
    assert watch.throttling() == ["throttled"]


def test_what_was_so_since_the_start_is_not_new() -> None:
    with Watch(looks(0x50000), every_s=9.0) as watch:
        pass
    assert watch.throttling() == []
    with Watch(looks(None), every_s=9.0) as watch:
        pass
    assert watch.throttling() == []
