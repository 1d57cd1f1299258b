"""Is a picture one line of text, or a page of lines?

Line pictures are the rule in data sets and must never be taken for pages: their crops often show
cell borders and parts of the rows above and below, which a search for lines takes for lines. So the
shape of the picture decides where it can, and where it cannot, a page has to show two rows of text
that are alike, or one that is small in the picture.
"""

from collections.abc import Sequence
from typing import Final, Literal

from edge_runtime.lines import Page, PageLine

Mode = Literal["line", "page", "auto"]
MODES: Final[tuple[Mode, ...]] = ("line", "page", "auto")

_LINE_ASPECT: Final = 10.0
"""From this width over height on a picture holds one line, whatever is found in it. Of 4,273 line
pictures of two data sets all but 12 are wider than that, and none is below 6.6."""
_EITHER_ASPECT: Final = 2.0
"""Below it a picture is a page, unless one line fills it."""
_FILLED: Final = 7.0
"""A picture that is less high than this holds one line, body heights of its text."""
_WIDE: Final = 0.4
"""Share of the picture's width that a row of a page has at least."""
_ALIKE: Final = 0.6
"""Body height of the smaller of two rows of a page over that of the larger."""


def shape_decides(width: int, height: int) -> bool:
    """Whether a picture is a line by its shape alone, so that no line has to be looked for."""
    return width >= _LINE_ASPECT * height


def is_page(page: Page) -> bool:
    """Whether a picture, with the lines that were found in it, is to be read as a page."""
    width, height = page.size
    if shape_decides(width, height):
        return False
    rows = _rows(page.lines)
    wide = [row for row in rows if sum(line.box[2] for line in row) > _WIDE * width]
    if width >= _EITHER_ASPECT * height:
        bodies = sorted((max(line.body for line in row) for row in wide), reverse=True)
        alike = len(bodies) > 1 and bodies[1] > _ALIKE * bodies[0]
        return alike or _is_small(page.lines, height)
    return len(rows) != 1 or _is_small(page.lines, height)


def _is_small(lines: Sequence[PageLine], height: int) -> bool:
    """Whether the largest text is small in the picture."""
    return bool(lines) and height > _FILLED * max(line.body for line in lines)


def _rows(lines: Sequence[PageLine]) -> list[list[PageLine]]:
    """Lines side by side, rows from the top."""
    rows: list[list[PageLine]] = []
    for line in sorted(lines, key=_middle):
        if rows and _middle(line) - _middle(rows[-1][0]) < 0.9 * max(line.body, rows[-1][0].body):
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _middle(line: PageLine) -> float:
    return float(line.quad[:, 1].mean())
