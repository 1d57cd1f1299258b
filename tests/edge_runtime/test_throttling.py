"""The throttle bits of a Raspberry Pi."""

import pytest

from edge_runtime.throttling import describe_bits, new_throttling, parse_throttled


@pytest.mark.parametrize(
    ("said", "bits"), [("throttled=0x50005\n", 0x50005), ("throttled=0x0", 0), ("error", None)]
)
def test_what_vcgencmd_says(said: str, bits: int | None) -> None:
    assert parse_throttled(said) == bits


def test_what_is_so_now_is_said_once() -> None:
    assert describe_bits(0x70005) == [
        "under-voltage now",
        "throttled now",
        "clock capped since start",
    ]
    assert describe_bits(0) == []


@pytest.mark.parametrize(
    ("before", "after", "new"),
    [
        (0, 0, []),
        (0x50000, 0x50000, []),
        (0, 0x40000, ["throttled"]),
        (0x10001, 0x10001, ["under-voltage"]),
        (0x20002, 0x20000, []),
        (0x10000, 0x90008, ["soft temperature limit"]),
        (None, 0x50005, []),
        (0, None, []),
    ],
)
def test_what_is_new(before: int | None, after: int | None, new: list[str]) -> None:
    assert new_throttling(before, after) == new
