"""Where each letter of a text stands, before it is known how large it will be drawn."""

from dataclasses import dataclass

import numpy as np

from train.synth.glyphs import Glyph, glyph_source, split_letter
from train.synth.hand import Hand
from train.synth.strokes import DOT, HORN

Generator = np.random.Generator
_PLAIN = {"ơ": "o", "ư": "u", "Ơ": "O", "Ư": "U"}
_CLOSE = frozenset(",.;:!?")


@dataclass(frozen=True)
class Letter:
    """One written sign. Lengths in heights of a lower-case body."""

    glyph: Glyph
    unit: float
    """Pixels of the glyph's fields per body height."""
    x: float
    """Pen position."""
    lift: float
    """Height above the baseline at which it was written."""
    marks: str
    """Combining characters to draw by pen; the others are pieces of the glyph."""
    joined: bool = False
    """Whether the pen stays down between the letter before and this one."""


@dataclass(frozen=True)
class Layout:
    """A text as a row of letters; the first begins near x = 0."""

    letters: tuple[Letter, ...]
    width: float
    words: tuple[tuple[float, float], ...]
    """Begin and end of each word."""


def lay_out(text: str, hand: Hand, rng: Generator) -> Layout:
    """Place the letters of ``text`` as ``hand`` writes them."""
    letters: list[Letter] = []
    words: list[tuple[float, float]] = []
    x, lift = 0.0, 0.0
    for word in text.split(" "):
        begin = x
        lift = 0.5 * lift + float(rng.normal(0.0, 2.0 * hand.jitter))
        for letter in _word(word, x, lift, hand, rng):
            letters.append(letter)
        x = _end(letters, hand) if word else x
        words.append((begin, x))
        x += hand.word_gap * float(np.exp(rng.normal(0.0, hand.gap_spread)))
    return Layout(tuple(letters), words[-1][1], tuple(words))


def _word(word: str, x: float, lift: float, hand: Hand, rng: Generator) -> list[Letter]:
    spread = rng.normal(0.0, 0.5 * hand.jitter + 0.015, len(word))
    heights = rng.normal(lift, hand.jitter, len(word)).tolist()
    letters = []
    joins = (rng.random(len(word)) < hand.joins).tolist()
    for i, (symbol, extra) in enumerate(zip(word, spread.tolist(), strict=True)):
        glyph, unit, marks = _choose(symbol, hand)
        if symbol in _CLOSE:
            extra += float(rng.uniform(-0.05, 0.4))
        joined = joins[i] and i > 0
        letters.append(Letter(glyph, unit, x + max(extra, -0.1), heights[i], marks, joined))
        x += glyph.advance / unit * hand.stretch + hand.tracking + extra
    return letters


def _choose(symbol: str, hand: Hand) -> tuple[Glyph, float, str]:
    """Glyph, its scale, and the marks left for the pen."""
    body, marks = split_letter(symbol)
    source = glyph_source(hand.font_of(body).path)
    if symbol == "i" and not hand.dots:
        return source.glyph(source.dotless("i")), source.unit, ""
    if not hand.drawn_marks or not (marks or body in _PLAIN):
        return source.glyph(symbol), source.unit, ""
    if hand.drawn_horn and body in _PLAIN:
        body, marks = _PLAIN[body], HORN + marks
    above = any(mark not in DOT + HORN for mark in marks)
    plain = source.dotless(body) if above else body
    if not source.has(plain) or (above and plain in "ij"):
        return source.glyph(symbol), source.unit, ""
    return source.glyph(plain), source.unit, marks


def _end(letters: list[Letter], hand: Hand) -> float:
    last = letters[-1]
    return last.x + max(last.glyph.advance, last.glyph.right) / last.unit * hand.stretch
