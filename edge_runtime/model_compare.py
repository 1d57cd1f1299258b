"""Two model files side by side, as plain values: what differs, and by how much."""

from typing import Any

from edge_runtime.bundle import Bundle
from edge_runtime.model_info import describe

Facts = dict[str, Any]


def compare(one: Bundle, other: Bundle, *, width: int | None, runtime: str | None) -> Facts:
    """Everything that ``edge-htr info A B`` shows.

    Args:
        one: an opened model.
        other: another.
        width: the line width to count the work for, pixels; by default each one's widest.
        runtime: the TFLite runtime that says the shapes.

    Returns:
        ``models``, the facts of both; ``card``, the fields of the card that differ, with both
        values; ``numbers``, pairs of counts and bytes by name; ``charset``, symbols that only one
        of them reads.

    Raises:
        RuntimeMissingError: no usable TFLite runtime.
        InferenceError: the runtime cannot run one of them.
    """
    facts = [describe(bundle, width=width, runtime=runtime) for bundle in (one, other)]
    first, second = one.charset.symbols, other.charset.symbols
    return {
        "models": facts,
        "card": _differing(*(each["card"] for each in facts)),
        "numbers": _numbers(*facts),
        "charset": {
            "only_first": "".join(symbol for symbol in first if symbol not in second),
            "only_second": "".join(symbol for symbol in second if symbol not in first),
            "same_order": first == second,
        },
    }


def _differing(one: Facts, other: Facts, prefix: str = "") -> dict[str, list[Any]]:
    """Fields with different values, nested ones by ``outer.inner``."""
    found: dict[str, list[Any]] = {}
    for key in dict.fromkeys([*one, *other]):
        a, b = one.get(key), other.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            found |= _differing(a, b, f"{prefix}{key}.")
        elif a != b:
            found[f"{prefix}{key}"] = [a, b]
    return found


def _numbers(one: Facts, other: Facts) -> dict[str, list[int]]:
    """Pairs of sizes and counts; a name that one of them lacks counts 0 there."""
    found = {
        "file, bytes": [one["bytes"], other["bytes"]],
        "multiply-accumulates": [one["macs"]["total"], other["macs"]["total"]],
        "width counted for": [one["macs"]["width"], other["macs"]["width"]],
    }
    for group, unit in (("size_by_part", "bytes of"), ("operators", "operators"), ("tensors", "")):
        for name in dict.fromkeys([*one[group], *other[group]]):
            label = f"{unit} {name}" if unit else f"tensors, {name}"
            found[label] = [one[group].get(name, 0), other[group].get(name, 0)]
    return found
