"""What counts as the same reading on a board and on a PC."""

from typing import Any

import numpy as np
import pytest

from edge_runtime.charset import Charset
from emulation.golden import compare, likelihood

CHARSET = Charset("abc ")
INK = np.arange(56 * 64, dtype=np.uint8).reshape(56, 64)


def logits_of(text: str, lead: float = 9.0) -> Any:
    """Two time steps a symbol, each followed by a blank one."""
    rows = np.zeros((3 * len(text), len(CHARSET) + 1), np.float32)
    for i, symbol in enumerate(CHARSET.encode(text)):
        rows[3 * i : 3 * i + 2, symbol] = lead
        rows[3 * i + 2, CHARSET.blank] = lead
    return rows


def results(text: str = "ab", runtime: str = "ai-edge-litert", **changes: Any) -> dict[str, Any]:
    found = {
        "runtime": np.array(runtime),
        "opencv": np.array("5.0.0"),
        "text/x.jpg": np.array(text),
        "ink/x.jpg/0": INK,
        "int8/x.jpg/0": np.arange(-50, 50, dtype=np.int8),
        "given/x.jpg/0": logits_of(text),
    }
    return found | {
        name.replace("_", "/", 1) + "/x.jpg/0": value for name, value in changes.items()
    }


def test_equal_results_agree() -> None:
    seen = compare(results(), results(), CHARSET)
    assert (seen.lines, seen.int8_values, seen.int8_differing, seen.faults) == (1, 100, 0, ())


def test_one_int8_step_is_a_fault_of_litert_and_none_of_tflite_runtime() -> None:
    other = np.arange(-50, 50, dtype=np.int8)
    other[7] += 1
    (fault,) = compare(results(), results(int8=other), CHARSET).faults
    assert fault == "x.jpg/0: int8 values differ by 0.01 on average"
    assert not compare(results(), results(runtime="tflite-runtime", int8=other), CHARSET).faults
    other[:60] += 1
    assert compare(results(), results(runtime="tflite-runtime", int8=other), CHARSET).faults


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("given", logits_of("ab") + 0.06, "logits of the same ink"),
        ("given", logits_of("ab") * np.float32(np.nan), "logits of the same ink"),
        ("ink", np.clip(INK.astype(int) + 5, 0, 255).astype(np.uint8), "levels on average"),
        ("ink", INK[:, :50], "columns wide"),
    ],
)
def test_what_is_too_far_apart(name: str, value: Any, said: str) -> None:
    faults = compare(results(), results(**{name: value}), CHARSET).faults
    assert any(said in fault for fault in faults), faults


def test_another_text_is_a_fault_unless_it_is_a_tie() -> None:
    (fault,) = compare(results(), results() | {"text/x.jpg": np.array("cb")}, CHARSET).faults
    assert "of the same picture 'cb', on the PC 'ab'" in fault
    undecided = logits_of("ab")
    undecided[:2, CHARSET.encode("c")] = 8.8
    pc = results(given=undecided)
    board = results(given=undecided) | {"text/x.jpg": np.array("cb")}
    seen = compare(pc, board, CHARSET)
    assert not seen.faults
    assert len(seen.ties) == 1


def test_another_opencv_may_see_another_picture() -> None:
    other = {"opencv": np.array("4.11.0")}
    moved = np.clip(INK.astype(int) + 5, 0, 255).astype(np.uint8)
    assert not compare(results(), results(ink=moved) | other, CHARSET).faults
    assert compare(results(), results(ink=moved), CHARSET).faults
    text = "ab bc ca abc"
    pc = results(text)
    one, three = ({"text/x.jpg": np.array(read)} for read in ("cb bc ca abc", "cc ac ca abc"))
    assert not compare(pc, results(text) | other | one, CHARSET).faults
    assert compare(pc, results(text) | one, CHARSET).faults
    assert compare(pc, results(text) | other | three, CHARSET).faults


def test_only_lines_that_the_board_read_are_compared() -> None:
    more = results() | {"text/y.jpg": np.array("a"), "ink/y.jpg/0": INK}
    assert compare(more, results(), CHARSET).lines == 1


def test_the_likelihood_sums_over_all_alignments() -> None:
    even = np.zeros((2, 5), np.float32)
    # Of 25 paths three read "a": a-, -a, aa; one reads "ab"; one nothing; none "aa".
    assert np.exp(likelihood(even, "a", CHARSET)) == pytest.approx(3 / 25)
    assert np.exp(likelihood(even, "ab", CHARSET)) == pytest.approx(1 / 25)
    assert np.exp(likelihood(even, "", CHARSET)) == pytest.approx(1 / 25)
    assert np.exp(likelihood(even, "aa", CHARSET)) == 0
