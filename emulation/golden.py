"""What a board must read like a PC, from the results of ``guest/read_lines.py`` on both.

The int8 part of a network is the same to the bit on every 64-bit ARM core and on x86-64, for one
version of ai-edge-litert. The rest is not, and this is where it differs:

* OpenCV resizes and warps by other code on ARM: a grey level more or less in one pixel of twenty.
  The size of the text is measured on that, and may differ by a hundredth of a pixel; the ink by
  some levels, its width by a pixel.
* The recurrent part quantizes its inputs as it runs; a value on the border of two steps falls on
  the other side of it after another order of additions.

So the same ink has to give the same int8 values and the same text. The same picture has to give the
same text too, unless the PC itself finds both readings about equally likely.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from edge_runtime.charset import Charset
from edge_runtime.ctc import Logits, greedy
from edge_runtime.metrics import edit_distance
from edge_runtime.row_choice import choose_rows

Arrays = dict[str, Any]
"""Of ``read_lines.py``: ``KIND/PICTURE`` or ``KIND/PICTURE/ROW``."""

STEPS: Final = {"ai-edge-litert": 0.0, "tflite-runtime": 0.5}
"""By how much int8 values may differ from ai-edge-litert's on x86-64, on average over a line. The
kernels of tflite-runtime round otherwise in each layer: one value in five is a step aside."""
LOGITS: Final = {"ai-edge-litert": 0.05, "tflite-runtime": 0.2}
"""The same for logits of the same ink; seen were 0.01 and 0.06. Single ones say nothing: where two
letters are nearly as likely, one of tflite-runtime's was 3.3 aside."""
INK: Final = {True: 2.0, False: 16.0}
"""Levels of 255 by which the ink may differ, on average over the pixels of a line: with the same
version of OpenCV, and with another one, by which everything may lie a fraction of a pixel aside."""
COLUMNS: Final = 4
"""Columns by which the ink may be wider or narrower."""
TIE: Final = 1.0
"""Nats by which the other reading may be less likely on the PC: less than e to one."""
EDITS: Final = 0.1
"""Share of a line's characters that may be read otherwise in a picture that another version of
OpenCV prepared: that is other ink, of which the PC's likelihoods say nothing."""


@dataclass(frozen=True)
class Agreement:
    """What a comparison saw."""

    lines: int
    int8_values: int
    int8_differing: int
    logits: float
    """Largest mean difference of a line for the same ink."""
    ink: float
    """Largest mean difference of a line, levels."""
    ties: tuple[str, ...]
    """Lines whose text differs as it may: two readings about equally likely, or another OpenCV."""
    faults: tuple[str, ...]
    """What must not be, one sentence each."""


def compare(pc: Arrays, board: Arrays, charset: Charset) -> Agreement:
    """Compare a board's results with those of a PC, for the lines that the board read.

    Args:
        pc: with ai-edge-litert on x86-64.
        board: with the PC's ink given to its network.
        charset: of the model.
    """
    runtime = str(board["runtime"])
    names = [key.removeprefix("text/") for key in board if key.startswith("text/")]
    faults: list[str] = []
    ties, inks, logits, values, differing = [], [0.0], 0.0, 0, 0
    for name in names:
        ink, fault = _ink(pc, board, name)
        inks.append(ink)
        faults += fault
        for row in _rows(pc, name):
            apart = np.abs(pc[f"int8/{row}"].astype(int) - board[f"int8/{row}"])
            values, differing = values + apart.size, differing + int((apart > 0).sum())
            if apart.mean() > STEPS[runtime]:
                faults.append(f"{row}: int8 values differ by {apart.mean():.2g} on average")
            far = float(np.abs(pc[f"given/{row}"] - board[f"given/{row}"]).mean())
            logits = max(logits, far)
            if not far <= LOGITS[runtime]:
                faults.append(f"{row}: logits of the same ink differ by {far:.2g} on average")
        tie, fault = _texts(pc, board, name, charset)
        ties += tie
        faults += fault
    return Agreement(len(names), values, differing, logits, max(inks), tuple(ties), tuple(faults))


def _rows(results: Arrays, name: str) -> Iterator[str]:
    """Names of a picture's rows: of the whole, perhaps of its upper and lower row."""
    for key in results:
        if key.startswith(f"ink/{name}/"):
            yield key.removeprefix("ink/")


def _ink(pc: Arrays, board: Arrays, name: str) -> tuple[float, list[str]]:
    """Mean difference of the ink of the whole line, and what is wrong with it."""
    one, other = pc[f"ink/{name}/0"], board[f"ink/{name}/0"]
    if abs(one.shape[1] - other.shape[1]) > COLUMNS:
        return 0.0, [f"{name}: the ink is {other.shape[1]} columns wide, not {one.shape[1]}"]
    if one.shape != other.shape:
        return 0.0, []  # a column more: nothing lies on the same place any more
    far = float(np.abs(one.astype(int) - other).mean())
    if far <= INK[_same_opencv(pc, board)]:
        return far, []
    return far, [f"{name}: the ink differs by {far:.2f} levels on average"]


def _same_opencv(pc: Arrays, board: Arrays) -> bool:
    return str(pc["opencv"]) == str(board["opencv"])


def _texts(pc: Arrays, board: Arrays, name: str, charset: Charset) -> tuple[list[str], list[str]]:
    """Ties and faults in what was read."""
    rows = list(_rows(pc, name))
    here = choose_rows([pc[f"given/{row}"] for row in rows], charset)
    there = choose_rows([board[f"given/{row}"] for row in rows], charset)
    same_ink = greedy(here, charset).text, greedy(there, charset).text
    own = str(pc[f"text/{name}"]), str(board[f"text/{name}"])
    faults: list[str] = []
    ties: list[str] = []
    for kind, (one, other) in (("ink", same_ink), ("picture", own)):
        if one != other:
            nats = likelihood(here, one, charset) - likelihood(here, other, charset)
            said = f"{name}: of the same {kind} {other!r}, on the PC {one!r}, {nats:.2f} nats apart"
            other_picture = kind == "picture" and not _same_opencv(pc, board)
            near = edit_distance(one, other) <= EDITS * len(one) if other_picture else nats <= TIE
            (ties if near else faults).append(said)
    return ties, faults


def likelihood(logits: Logits, text: str, charset: Charset) -> float:
    """Log probability of a text, nats, over all alignments (the forward algorithm of CTC).

    Args:
        logits: float32 (T, len(charset) + 1), the blank last.
        text: without spaces at its ends.
        charset: has every symbol of the text.
    """
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    classes = [charset.blank]
    for symbol in charset.encode(text):
        classes += [symbol, charset.blank]
    labels = np.array(classes)
    may_skip = np.zeros(len(labels), bool)  # over the blank between two different symbols
    may_skip[2:] = (labels[2:] != charset.blank) & (labels[2:] != labels[:-2])
    paths = np.full(len(labels), -np.inf)
    paths[:2] = log_p[0, labels[:2]]
    for step in log_p[1:, :]:
        one = np.concatenate([[-np.inf], paths[:-1]])
        two = np.where(may_skip, np.concatenate([[-np.inf, -np.inf], paths])[: len(paths)], -np.inf)
        paths = np.logaddexp(np.logaddexp(paths, one), two) + step[labels]
    return float(np.logaddexp(paths[-1], paths[-2] if len(paths) > 1 else -np.inf))
