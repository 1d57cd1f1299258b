"""A converted bundle runs alike on every TFLite runtime; see ``fixtures/make_converted.py``.

It has what converted files have: int8 convolutions, a loop with weights in int8, any width.
"""

from pathlib import Path

import numpy as np
import pytest

from edge_runtime.bundle import Bundle
from edge_runtime.ctc import greedy
from edge_runtime.interpreter import open_network
from edge_runtime.runtimes import find_runtime
from tests.block_script import CHARSET, ink_of
from tests.tiny_models import FIXTURES

TEXTS = ("x", "xa1 đx", "ă1ộ", "xx aa", "đđđđđđđđđ", "ộă1a xđ 1ax")
PATH = FIXTURES / "converted.tflite"


@pytest.mark.parametrize("threads", [1, 2])
def test_the_text_is_that_of_keras_and_the_logits_are_near(threads: int) -> None:
    bundle = Bundle.open(PATH)
    network = open_network(bundle.network, bundle.card, threads=threads)
    with np.load(PATH.with_suffix(".npz")) as keras:
        for i, text in enumerate(TEXTS):
            logits = network.run(ink_of(text))
            expected = keras[str(i)][: len(logits)]
            assert greedy(expected, CHARSET).text == text
            assert greedy(logits, CHARSET).text == text
            error = np.sqrt(np.mean((logits - expected) ** 2))
            assert error < 0.03 * expected.std()


def test_the_delegate_runs_what_it_can() -> None:
    """A tensor whose shape is not known beforehand would switch it off."""
    interpreter = find_runtime().interpreter(Bundle.open(PATH).network, 1)
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], [1, 48, 96, 1])
    interpreter.allocate_tensors()
    assert "DELEGATE" in [operator["op_name"] for operator in interpreter._get_ops_details()]


def test_the_file_is_of_the_default_precision_and_small() -> None:
    bundle = Bundle.open(PATH)
    assert bundle.card.precision == {"cnn": "int8", "head": "dynamic"}
    assert bundle.card.layout == "dynamic"
    assert Path(PATH).stat().st_size < 70_000
