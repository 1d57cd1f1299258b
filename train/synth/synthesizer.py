"""Synthetic lines of handwriting: text, writer, page and picture from (seed, index) alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge_runtime.charset import VIETNAMESE, Charset
from edge_runtime.errors import DataError
from train.synth.addresses import Written, compose
from train.synth.corpus import Corpus
from train.synth.distort import ink_of, warp
from train.synth.fonts import FontSpec, unreachable
from train.synth.hand import Hand, draw_hand
from train.synth.layout import Layout, lay_out
from train.synth.page import FORMS, Page, draw_kind, draw_page
from train.synth.paper import neighbours, photograph
from train.synth.render import LinePen
from train.synth.settings import SynthSettings

Generator = np.random.Generator


@dataclass(frozen=True)
class SyntheticLine:
    """A picture of one line, uint8 (h, w), grey, and its label (NFC)."""

    picture: NDArray[np.uint8]
    text: str
    style: str = ""
    """Text style: kalapa, cinnamon, words, rare or given."""
    fonts: tuple[str, ...] = ()
    """Names of the fonts that the letters were taken from."""


@dataclass(frozen=True)
class LineSynthesizer:
    """Draws lines; ``line(index, seed)`` depends on its arguments and these fields only.

    Raises:
        DataError: there is no font, or no font can draw some symbol of the charset.
    """

    fonts: Sequence[FontSpec]
    corpus: Corpus
    settings: SynthSettings = field(default_factory=SynthSettings)
    charset: Charset = VIETNAMESE

    def __post_init__(self) -> None:
        """Refuse fonts that leave a symbol of the charset undrawable."""
        if not self.fonts:
            raise DataError("no fonts given: name a folder with handwriting fonts")
        missing = unreachable(self.fonts, self.charset)
        if set(missing) >= set(self.charset.symbols) - {" "}:
            raise DataError("the fonts draw no symbol of the charset: choose other fonts")

    def line(self, index: int, seed: int) -> SyntheticLine:
        """The line number ``index`` of the run ``seed``."""
        rng = np.random.default_rng((seed, index))
        written, able = self._text(rng)
        hand = draw_hand(able, set(written.drawn), self.settings.hand, rng)
        layout = lay_out(written.drawn, hand, rng)
        page = self._page(written, layout, rng)
        picture = self._picture(hand, layout, page, rng)
        names = [font.name for font in (hand.font, hand.donor) if font is not None]
        return SyntheticLine(picture, written.label, written.style, tuple(dict.fromkeys(names)))

    def _text(self, rng: Generator) -> tuple[Written, list[FontSpec]]:
        """A text that at least one font can draw, and the fonts that can."""
        for _ in range(100):
            written = compose(self.corpus, self.settings.text, self.charset, rng)
            fonts = [font for font in self.fonts if font.draws(written.drawn)]
            if fonts:
                return written, fonts
        raise DataError("no font draws the texts: choose fonts with Vietnamese letters")

    def _page(self, written: Written, layout: Layout, rng: Generator) -> Page:
        follows = rng.random() < self.settings.text.paper_follows_text
        form = written.style == "kalapa" if follows else bool(rng.random() < 0.5)
        kind = draw_kind(form, self.settings.paper, rng)
        return draw_page(kind, layout.width, written.drawn.isupper(), self.settings.paper, rng)

    def _picture(self, hand: Hand, layout: Layout, page: Page, rng: Generator) -> NDArray[np.uint8]:
        pen = LinePen(hand, page.frame, rng)
        pen.write(layout)
        if rng.random() < self.settings.hand.scribble:
            begin = layout.words[-1][1] + 1.0
            pen.strike(begin, begin + 2.5)
        body = page.frame.body
        field_ = warp(pen.field, body, hand.warp, rng)
        ink = ink_of(field_, hand.pen * body, body, rng)
        if page.kind in FORMS and rng.random() < self.settings.paper.neighbour:
            ink = neighbours(ink, page, rng)
        return photograph(ink, page, self.settings.paper, rng)
