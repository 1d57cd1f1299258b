"""One writer: the choices that stay the same along a line."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from train.synth.fonts import FontSpec
from train.synth.glyphs import split_letter
from train.synth.settings import HandSettings, Range

Generator = np.random.Generator


@dataclass(frozen=True)
class Hand:
    """A writer's habits. Lengths are in heights of a lower-case body."""

    font: FontSpec
    donor: FontSpec | None
    donor_letters: frozenset[str]
    slant: float
    stretch: float
    tracking: float
    word_gap: float
    gap_spread: float
    pen: float
    outline: float
    """1 draws the font's stroke widths, 0 a round pen; between, a mixture."""
    jitter: float
    wander: float
    climb: float
    warp: float
    joins: float
    """Chance that two small letters are joined by a stroke."""
    drawn_marks: bool
    drawn_horn: bool
    mark_shift: float
    mark_lift: float
    mark_size: float
    mark_flat: float
    mark_turn: float
    tone_beside: float
    """How far right of a circumflex or breve its tone stands; below 0.2 it stands on top."""
    dots: bool
    marks_of: dict[str, float] = field(default_factory=dict)
    """Extra flatness by mark, as some writers flatten only some marks."""

    def font_of(self, body: str) -> FontSpec:
        """The font that gives a letter body its shape."""
        if self.donor is not None and body in self.donor_letters:
            return self.donor
        return self.font


def draw_hand(
    fonts: Sequence[FontSpec], symbols: set[str], settings: HandSettings, rng: Generator
) -> Hand:
    """A random writer who can write all ``symbols``; ``fonts`` must all have them."""
    font = fonts[_weighted(fonts, rng)]
    donor, taken = _donor(font, fonts, symbols, settings, rng)
    outline = rng.uniform(0.3, 1.0) if rng.random() < settings.outline_share else 0.0
    drawn = bool(rng.random() < settings.drawn_marks)
    return Hand(
        font=font,
        donor=donor,
        donor_letters=frozenset(taken),
        slant=_triangular(settings.slant, 0.05, rng),
        stretch=_triangular(settings.stretch, 0.9, rng),
        tracking=_triangular(settings.tracking, 0.0, rng),
        word_gap=_triangular(settings.word_gap, 0.9, rng),
        gap_spread=settings.gap_spread,
        pen=_triangular(settings.pen, 0.046, rng),
        outline=float(outline),
        jitter=_uniform(settings.jitter, rng),
        wander=_uniform(settings.wander, rng),
        climb=_uniform(settings.climb, rng),
        warp=_uniform(settings.warp, rng),
        joins=_uniform((0.4, 1.0), rng) if rng.random() < settings.joined else 0.0,
        drawn_marks=drawn,
        drawn_horn=drawn and bool(rng.random() < 0.5),
        mark_shift=_triangular(settings.mark_shift, 0.12, rng),
        mark_lift=float(np.clip(rng.normal(0.04, 0.08), -0.05, 0.3)),
        mark_size=float(rng.uniform(0.85, 1.7)),
        mark_flat=_triangular(settings.mark_flat, 0.1, rng),
        mark_turn=float(rng.normal(0.0, 0.15)),
        tone_beside=float(rng.uniform(-0.1, 0.6)),
        dots=bool(rng.random() >= settings.missing_dot),
        marks_of={m: float(rng.uniform(0.0, 0.5)) for m in "\u0300\u0303\u0302\u0309"},
    )


def _donor(
    font: FontSpec,
    fonts: Sequence[FontSpec],
    symbols: set[str],
    settings: HandSettings,
    rng: Generator,
) -> tuple[FontSpec | None, set[str]]:
    """A second font and the letter bodies it gives, if the writer has one."""
    bodies = sorted({split_letter(symbol)[0] for symbol in symbols})
    mixes, plain = rng.random() < settings.donor_share, rng.random() < settings.plain_capitals
    simple = [other for other in fonts if not other.swash]
    donor = simple[_weighted(simple, rng)] if simple else None
    taken: set[str] = set()
    if mixes:
        share = _uniform(settings.donor_letters, rng)
        taken |= {body for body in bodies if rng.random() < share}
    capitals_only = not any(symbol.islower() for symbol in symbols)
    if font.swash and (plain or capitals_only):
        taken |= {body for body in bodies if body.isupper()}
    return (donor, taken) if taken else (None, taken)


def _weighted(fonts: Sequence[FontSpec], rng: Generator) -> int:
    weights = np.cumsum([font.weight for font in fonts])
    return int(np.searchsorted(weights, rng.random() * weights[-1], side="right"))


def _uniform(limits: Range, rng: Generator) -> float:
    return float(rng.uniform(*limits))


def _triangular(limits: Range, mode: float, rng: Generator) -> float:
    low, high = limits
    if low == high:
        return low
    return float(rng.triangular(low, min(max(mode, low), high), high))
