"""Handwriting fonts from a folder: how often each is used, and which symbols it lacks.

Nothing here draws; ``glyphs`` does. A font that cannot draw a symbol is never asked to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import ImageFont

from edge_runtime.charset import VIETNAMESE, Charset
from edge_runtime.errors import DataError

SUFFIXES = (".ttf", ".otf")
TIER_WEIGHTS = {1: 1.0, 2: 0.6, 3: 0.1}
"""Share of a font by tier: real-pen look, neat print hand, decorative or bold."""
UNKNOWN_WEIGHT = 0.5

_NOWHERE = "\U0010fffe"
"""A code point that no font has a glyph for."""
_TIERS = {
    1: "grape-nuts oooh-baby square-peg mynerve hurricane vujahday-script whisper qwigley caramel "
    "the-nautigal waterfall kolker-brush estonia licorice comforter sedgwick-ave mansalva "
    "dancing-script",
    2: "patrick-hand pangolin fuzzy-bubbles mali playpen-sans shantell-sans charm style-script "
    "playwrite-vn borel",
    3: "itim sriracha pacifico merienda smooch explora gwendolyn inspiration love-light "
    "puppies-play sassy-frass windsong",
}
_RARER = ("waterfall", "kolker-brush", "estonia", "hurricane", "the-nautigal", "caramel")
"""Real-pen fonts with very small bodies or thick strokes: a fraction of their tier."""
_SWASH = (
    "waterfall kolker-brush hurricane licorice whisper inspiration gwendolyn love-light "
    "puppies-play sassy-frass windsong explora comforter the-nautigal style-script smooch qwigley"
)
"""Fonts whose capitals few people write; ``hand`` takes them from another font mostly."""


@dataclass(frozen=True)
class FontSpec:
    """One font file and its role in synthesis."""

    name: str
    path: Path
    weight: float
    """Relative frequency among the fonts of a run."""
    missing: str
    """Symbols of the charset that the font cannot draw."""
    swash: bool = False
    """Whether the capitals are ornamental."""

    def draws(self, text: str) -> bool:
        """Whether every symbol of ``text`` can be drawn."""
        return not set(text) & set(self.missing)


def font_coverage(path: Path, charset: Charset = VIETNAMESE) -> str:
    """Symbols of ``charset`` that the font at ``path`` has no glyph for (the space not counted).

    A glyph is missing when the font draws the symbol exactly as it draws a character that no
    font has, or draws nothing.

    Raises:
        DataError: the file is not a font, or draws none of the symbols.
    """
    try:
        font = ImageFont.truetype(str(path), 32, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        raise DataError(f"{path} is not a TrueType or OpenType font: {error}") from None
    symbols = [s for s in charset.symbols if not s.isspace()]
    missing = "".join(s for s in symbols if not can_draw(font, s))
    if symbols and len(missing) == len(symbols):
        raise DataError(f"{path} draws none of the symbols: damaged, or not a font of letters")
    return missing


def can_draw(font: ImageFont.FreeTypeFont, symbol: str) -> bool:
    """Whether the font has a glyph with ink for ``symbol``."""
    return _drawing(font, symbol) not in (_drawing(font, _NOWHERE), b"")


def _drawing(font: ImageFont.FreeTypeFont, symbol: str) -> bytes:
    mask = font.getmask(symbol, mode="L")
    pixels = bytes(mask)
    return str(mask.size).encode() + pixels if any(pixels) else b""


def font_weight(name: str) -> float:
    """Default weight of a font by its file name: its tier's, or a middling one if unknown."""
    for tier, names in _TIERS.items():
        if name in names.split():
            return TIER_WEIGHTS[tier] * (0.3 if name in _RARER else 1.0)
    return UNKNOWN_WEIGHT


def load_fonts(folder: Path, charset: Charset = VIETNAMESE) -> list[FontSpec]:
    """All fonts of a folder, sorted by name, with their coverage of ``charset``.

    Raises:
        DataError: the folder does not exist, holds no font, or a file in it is not a font.
    """
    if not folder.is_dir():
        raise DataError(f"no font folder at {folder}: give a folder with .ttf or .otf files")
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
    if not paths:
        raise DataError(f"{folder} holds no .ttf or .otf file: put handwriting fonts there")
    return [
        FontSpec(
            path.stem,
            path,
            font_weight(path.stem),
            font_coverage(path, charset),
            path.stem in _SWASH.split(),
        )
        for path in paths
    ]


def coverage_report(fonts: Iterable[FontSpec]) -> list[str]:
    """One line for each font that lacks symbols."""
    return [
        f"{font.name}: lacks {len(font.missing)} symbols ({font.missing}); "
        "it is not used for texts that need them"
        for font in fonts
        if font.missing
    ]


def unreachable(fonts: Sequence[FontSpec], charset: Charset = VIETNAMESE) -> str:
    """Symbols of ``charset`` that no font of the folder can draw."""
    if not fonts:
        return charset.symbols
    return "".join(s for s in charset.symbols if all(s in font.missing for font in fonts))
