"""Multiply-accumulates: the rule of each operator, and how often loops turn."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge_runtime.bundle import Bundle
from edge_runtime.errors import InferenceError, RuntimeMissingError
from edge_runtime.macs import _RULES, count_macs, operator_macs
from edge_runtime.network_file import Operator
from edge_runtime.runtimes import VARIABLE, find_runtime
from tests.block_script import STRIDE
from tests.tiny_models import model_path

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 1024
COUNT_ADDITIONS = """
import sys
from edge_runtime import macs
from edge_runtime.bundle import Bundle
from edge_runtime.runtimes import find_runtime

macs._RULES["ADD"] = lambda operator, shapes: 1000
network = Bundle.open(sys.argv[1]).network
print(macs.count_macs(network, int(sys.argv[2]), find_runtime()).by_operator["ADD"])
"""


def test_the_body_of_a_loop_counts_once_per_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop of tiny-gru multiplies nothing: pretend that its addition does."""
    monkeypatch.setitem(_RULES, "ADD", lambda operator, shapes: 1000)
    network = Bundle.open(model_path("tiny-gru")).network
    for width in (WIDTH, WIDTH // 2):
        counts = count_macs(network, width, find_runtime())
        assert counts.by_operator["ADD"] == 1000 * width // STRIDE


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="MALLOC_PERTURB_ is glibc's")
@pytest.mark.parametrize(
    "runtime",
    ["ai-edge-litert", "tflite-runtime", pytest.param("tensorflow", marks=pytest.mark.desktop)],
)
def test_turns_do_not_depend_on_what_the_memory_held(runtime: str) -> None:
    """Runtimes leave tensors of a loop unwritten; here fresh memory is full of 0x55."""
    try:
        find_runtime(runtime)
    except RuntimeMissingError as error:
        pytest.skip(str(error))
    memory = {"MALLOC_PERTURB_": str(0xFF - 0x55), "MALLOC_MMAP_THRESHOLD_": str(1 << 30)}
    done = subprocess.run(
        [sys.executable, "-c", COUNT_ADDITIONS, str(model_path("tiny-gru")), str(WIDTH)],
        env=os.environ | memory | {VARIABLE: runtime},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) == 1000 * WIDTH // STRIDE


@pytest.mark.parametrize(
    ("operator", "shapes", "macs"),
    [
        (("CONV_2D", (0, 1, 2), (3,)), [(1, 8, 8, 4), (16, 3, 3, 4), (16,), (1, 4, 4, 16)], 9216),
        (("DEPTHWISE_CONV_2D", (0, 1), (2,)), [(1, 8, 8, 4), (1, 3, 3, 4), (1, 8, 8, 4)], 2304),
        (
            ("TRANSPOSE_CONV", (0, 1, 2), (3,)),
            [(4,), (8, 2, 2, 4), (1, 5, 5, 4), (1, 10, 10, 8)],
            3200,
        ),
        (("FULLY_CONNECTED", (0, 1, -1), (2,)), [(7, 20), (30, 20), (7, 30)], 4200),
        (("BATCH_MATMUL", (0, 1), (2,)), [(2, 5, 6), (2, 6, 7), (2, 5, 7)], 420),
        (
            ("UNIDIRECTIONAL_SEQUENCE_LSTM", (0, 1, -1, 2), (3,)),
            [(1, 9, 4), (8, 4), (8, 8), (1, 9, 8)],
            864,
        ),
        (("ADD", (0, 1), (2,)), [(5,), (5,), (5,)], 0),
    ],
)
def test_rules_of_operators(
    operator: tuple[str, tuple[int, ...], tuple[int, ...]],
    shapes: list[tuple[int, ...]],
    macs: int,
) -> None:
    name, inputs, outputs = operator
    found = operator_macs(Operator(name, 1, False, inputs, outputs), dict(enumerate(shapes)))
    assert found == macs


def test_a_transposed_operand_is_multiplied_along_its_other_side() -> None:
    operator = Operator("BATCH_MATMUL", 1, False, (0, 1), (2,), adjoint=(True, False))
    assert operator_macs(operator, {0: (6, 5), 1: (6, 7), 2: (5, 7)}) == 210


def test_a_width_the_network_cannot_have_is_refused() -> None:
    with pytest.raises(InferenceError, match="cannot run width 77"):
        count_macs(Bundle.open(model_path("tiny-fixed")).network, 77, find_runtime())
