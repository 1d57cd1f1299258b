"""Every probability and range of synthesis, in one place.

Lengths are in heights of a lower-case body ("bodies") unless another unit is named; a pair is the
low and the high end of a uniform draw.
"""

from dataclasses import dataclass, field

Range = tuple[float, float]


@dataclass(frozen=True)
class HandSettings:
    """How writers differ from one another, and a writer from himself."""

    slant: Range = (-0.12, 0.45)
    """Shear of the letters added to the font's own: x grows by this much per unit of height."""
    stretch: Range = (0.68, 1.2)
    """Width of the letters against the font's."""
    tracking: Range = (-0.1, 0.15)
    """Extra space after each letter."""
    word_gap: Range = (0.55, 1.7)
    """Space between words; varies again by ``gap_spread`` from gap to gap."""
    gap_spread: float = 0.3
    pen: Range = (0.026, 0.09)
    """Radius of the pen stroke."""
    outline_share: float = 0.2
    """Share of lines drawn with the font's own stroke widths; the others have a round pen."""
    jitter: Range = (0.01, 0.06)
    """Standard deviation of a letter's height against the baseline; other jitters follow it."""
    wander: Range = (0.0, 0.16)
    """Slow movement of the baseline along the line."""
    climb: Range = (-0.008, 0.01)
    """Slope of the baseline."""
    warp: Range = (0.02, 0.1)
    """Elastic distortion within letters."""
    donor_share: float = 0.4
    """Share of lines in which some letters take their shape from a second font."""
    donor_letters: Range = (0.1, 0.5)
    """Share of the letters that do so in such a line."""
    joined: float = 0.35
    """Share of writers who join letters that the font does not join."""
    plain_capitals: float = 0.75
    """Share of lines in a font with ornamental capitals that take plain ones elsewhere."""
    drawn_marks: float = 0.55
    """Share of lines whose tone and letter marks are pen strokes instead of the font's marks."""
    mark_shift: Range = (-0.1, 0.65)
    """How far marks stand to the right of their letter."""
    mark_flat: Range = (0.0, 0.75)
    """How level the marks are drawn: 1 makes a grave or a tilde a bar."""
    missing_dot: float = 0.01
    """Share of lines whose writer leaves the dots off i."""
    scribble: float = 0.015
    """Share of lines with a struck-out word before or between the words; it is not in the text."""


@dataclass(frozen=True)
class PaperSettings:
    """Form rows photographed by phone, clean scans, faint scans."""

    body_px: Range = (13.0, 30.0)
    """Height of a lower-case body in the picture, in pixels."""
    row_ratio: Range = (0.18, 0.36)
    """Body height over picture height in a form row."""
    scan_ratio: Range = (0.22, 0.34)
    """The same for a scan."""
    row_aspect: Range = (12.0, 17.0)
    """Width over height of a form row, if the text leaves room."""
    faint: float = 0.1
    """Share of form rows that are faint scans on white."""
    tinted: float = 0.06
    """Share of scans that are photographs of uneven, darker paper instead."""
    border: float = 0.9
    """Share of form rows in which cell borders are seen."""
    next_cell: float = 0.8
    """Share of form rows that show the beginning of the next cell at the right."""
    neighbour: float = 0.35
    """Share of form rows into which the rows above or below intrude."""
    cut: float = 0.12
    """Share of form rows whose lower or upper edge cuts letters."""
    blur: Range = (0.0, 0.95)
    """Standard deviation of the lens blur in pixels."""
    noise: Range = (0.0, 5.0)
    """Standard deviation of sensor noise in grey levels."""
    sharpen: float = 0.3
    """Share of pictures sharpened as phones do it."""
    low_contrast: float = 0.1
    """Share of pictures in which ink and paper are close."""
    jpeg: tuple[int, int] = (50, 95)
    """Quality of the JPEG compression that every picture passes."""


@dataclass(frozen=True)
class TextSettings:
    """What is written, and where ink and label differ as they do in real sets."""

    styles: dict[str, float] = field(
        default_factory=lambda: {"kalapa": 0.42, "cinnamon": 0.36, "words": 0.12, "rare": 0.1}
    )
    """Share of the text styles in a mixed run."""
    lengths: tuple[int, int] = (6, 70)
    """Shortest and longest text in characters."""
    kalapa_lower: float = 0.08
    """Share of kalapa lines written with lower-case initials though labelled in Title Case."""
    kalapa_stop: float = 0.03
    """Share of kalapa lines that end in a written full stop which the label lacks."""
    cinnamon_small_vowels: float = 0.6
    """Share of cinnamon lines that have no capital vowels with marks: ``huyện ứng Hoà``."""
    cinnamon_capital_units: bool = True
    """Whether labels have Phường, Quận, Huyện with a capital, also where it is written small."""
    old_tone: float = 0.2
    """Share of lines that place tones the old way (hòa instead of hoà)."""
    capitals: float = 0.03
    """Share of lines in capitals only."""
    paper_follows_text: float = 0.7
    """How often kalapa text is on a form row and other text on a scan; else a coin decides."""


@dataclass(frozen=True)
class SynthSettings:
    """All settings of a run."""

    hand: HandSettings = field(default_factory=HandSettings)
    paper: PaperSettings = field(default_factory=PaperSettings)
    text: TextSettings = field(default_factory=TextSettings)
