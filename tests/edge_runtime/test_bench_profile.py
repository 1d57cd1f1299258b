"""Time by operator: the network is cut, and each cut is a network that runs."""

from typing import Any

import numpy as np
import pytest

from edge_runtime import bench_profile
from edge_runtime.bench_profile import cut, profile
from edge_runtime.bundle import Bundle
from edge_runtime.errors import InferenceError
from edge_runtime.network_file import NetworkFile, Operator
from edge_runtime.runtimes import find_runtime
from tests.tiny_models import model_path


def network(name: str) -> bytes:
    return Bundle.open(model_path(name)).network


def invoked(data: bytes) -> Any:
    interpreter = find_runtime().interpreter(data, 1, plain=True)
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]
    grey = np.linspace(0, 1, int(np.prod(entry["shape"])), dtype=np.float32)
    interpreter.set_tensor(entry["index"], grey.reshape(entry["shape"]).astype(entry["dtype"]))
    interpreter.invoke()
    return interpreter


def test_a_cut_gives_what_the_whole_computes_there() -> None:
    whole = network("tiny-fixed")
    operators = NetworkFile.parse(whole).main.operators
    kept = invoked(whole)
    for end in range(1, len(operators) + 1):
        assert len(NetworkFile.parse(cut(whole, end)).main.operators) == end
        shorter = invoked(cut(whole, end))
        (output,) = shorter.get_output_details()
        assert output["index"] == operators[end - 1].outputs[0]
        np.testing.assert_array_equal(
            shorter.get_tensor(output["index"]), kept.get_tensor(output["index"])
        )


def test_only_operators_that_are_there_can_be_cut_after() -> None:
    whole = network("tiny-fixed")
    count = len(NetworkFile.parse(whole).main.operators)
    assert cut(whole, count) == whole
    for wrong in (0, count + 1):
        with pytest.raises(InferenceError, match="cannot cut"):
            cut(whole, wrong)


@pytest.mark.parametrize("name", ["tiny-dynamic", "tiny-int8", "tiny-gru"])
def test_times_add_up(name: str) -> None:
    found = profile(network(name), 64, find_runtime(), 1)
    rows = found["operators"]
    assert [r["name"] for r in rows] == [
        o.name for o in NetworkFile.parse(network(name)).main.operators
    ]
    assert min(row["ms"] for row in rows) >= 0
    for key in ("parts", "by_operator"):
        assert sum(found[key].values()) == pytest.approx(found["total_ms"])


def test_each_operator_gets_the_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = network("tiny-fixed")
    count = len(NetworkFile.parse(whole).main.operators)
    lengths = iter([*np.arange(1.0, count + 1), *np.arange(1.0, count + 1) + 0.5])
    monkeypatch.setattr(bench_profile, "_fastest", lambda *arguments: next(lengths))
    assert [row["ms"] for row in profile(whole, 64, find_runtime(), 1)["operators"]] == [
        1.0
    ] * count


def operators(*names: str) -> list[Operator]:
    return [Operator(name, 1, False, (), (), (), (False, False)) for name in names]


def test_parts_of_a_network() -> None:
    names = ["CONV_2D", "ADD", "MAX_POOL_2D", "RESHAPE", "WHILE", "SPLIT", "WHILE", "CONCATENATION"]
    assert bench_profile._parts(operators(*names)) == (
        ["convolutions"] * 3 + ["recurrence"] * 4 + ["head"]
    )
    assert bench_profile._parts(operators("CONV_2D", "SOFTMAX")) == ["convolutions", "head"]


def test_long_networks_are_cut_at_the_borders_of_their_parts() -> None:
    names = ["CONV_2D"] * 150 + ["WHILE"] * 3 + ["ADD"] * 200
    ends = bench_profile._ends(operators(*names))
    assert len(ends) <= bench_profile.MOST_CUTS
    assert {150, 153, 353} <= set(ends)
