"""One reading from several of the same line, taken in different frames.

The reading in the middle says which words there are, and for each of them the readings vote: the
way of ROVER (Fiscus, A post-processing system to yield reduced word error rates, ASRU 1997).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from edge_runtime.confusions import align
from edge_runtime.metrics import edit_distance
from edge_runtime.recognizer import Line, Word

_AGREED: Final = 0.5
"""Share of the weight of all readings that one text must have to be settled."""
_POWER: Final = 1.5
"""Of the confidence: one confident reading outvotes several doubtful ones. 1 to 2 are alike."""
_LEAST: Final = 0.05
"""What is read with less confidence counts as if it had this."""
_MISSING: Final = 0.3
"""Confidence of a reading that has nothing where others have a word."""
_REMEMBERED: Final = 2048
"""Pairs of texts: a line is compared with the same readings after each new one."""

Span = tuple[int, int]
Vote = tuple[Line, float]
"""A reading and how much it counts."""


@lru_cache(_REMEMBERED)
def similarity(first: str, second: str) -> float:
    """1.0 for equal texts, 0.0 where no letter is in place."""
    longer = max(len(first), len(second))
    return 1.0 - edit_distance(first, second) / longer if longer else 1.0


def word_confidence(line: Line) -> float:
    """Confidence of a line's words on average, 0 to 1: writing has some words that are sure."""
    letters = sum(len(word.text) for word in line.words)
    return sum(len(w.text) * w.confidence for w in line.words) / letters if letters else 0.0


def elect(votes: Sequence[Vote]) -> tuple[Line, bool]:
    """The text that the readings of a line have in common.

    The confidence of a line counts nothing here: it is that of all words being right, so a reading
    that lost its last word has more of it than those that are whole.

    Args:
        votes: at least one.

    Returns:
        The reading, and whether readings of just this text have half of the weight. Its words have
        the confidence of the frame that is surest of each, less where under half of the frames
        have it; the line that of the surest frame that reads all of it or, where none does, of the
        one in the middle.
    """
    weight: dict[str, float] = defaultdict(float)
    for line, count in votes:
        weight[line.text] += count * _say(word_confidence(line))
    middle = max(weight, key=lambda text: _agreement(text, weight))
    words = tuple(_elected_words(middle, votes))
    text = " ".join(word.text for word in words)
    near = (line for line, _ in votes if line.text in (text, middle))
    best = max(near, key=lambda line: (line.text == text, line.confidence))
    agreed = weight.get(text, 0.0) >= _AGREED * sum(weight.values())
    return replace(best, text=text, words=words), agreed


def _say(confidence: float) -> float:
    """How much what is read with some confidence counts."""
    return float(max(confidence, _LEAST) ** _POWER)


def _agreement(text: str, weight: dict[str, float]) -> float:
    """How much a text has in common with all of them: the most for the median string."""
    return sum(share * similarity(*sorted((text, other))) for other, share in weight.items())


def _elected_words(middle: str, votes: Sequence[Vote]) -> Iterator[Word]:
    """For each word of the middle reading what most readings have in its place, if anything."""
    say = [defaultdict[str, float](float) for _ in middle.split()]
    surest = [defaultdict[str, float](float) for _ in say]
    support = [defaultdict[str, float](float) for _ in say]
    for line, count in votes:
        sure = _letter_confidences(line.words)
        for place, (start, end) in enumerate(_word_spans(middle, line.text)):
            text = line.text[start:end].strip()
            inside = [c for c in sure[start:end] if c is not None]
            confidence = sum(inside) / len(inside) if inside else _MISSING
            say[place][text] += count * _say(confidence)
            surest[place][text] = max(surest[place][text], confidence)
            support[place][text] += count
    for place, texts in enumerate(say):
        text = max(texts, key=lambda one: texts[one])
        half = _AGREED * sum(support[place].values())
        agreed = min(1.0, support[place][text] / half) if half else 1.0
        confidence = surest[place][text] * agreed
        yield from (Word(word, confidence) for word in text.split())


def _letter_confidences(words: Iterable[Word]) -> list[float | None]:
    """Confidence of the word of each character of a text; None for the spaces."""
    confidences: list[float | None] = []
    for word in words:
        confidences += [word.confidence] * len(word.text) + [None]
    return confidences[:-1]


@lru_cache(_REMEMBERED)
def _word_spans(middle: str, text: str) -> tuple[Span, ...]:
    """Where in a text the words of the middle reading are, space around them perhaps included."""
    ends = []
    position = 0
    for letter, other in align(middle, text):
        if letter == " ":
            ends.append(position)
        position += len(other)
    ends.append(position)
    return tuple(zip([0, *ends[:-1]], ends, strict=True)) if middle else ()
