"""From a grey picture of one line to the network's input: white ink on black, at a steady height.

The steps, each cheap enough for a Pi Zero: reduce the picture; subtract the paper, estimated at a
quarter of the resolution; find the body of the text while ignoring ruled lines, cell borders and
neighbouring rows; straighten a sloping baseline; scale so that the body, not the picture, has a
steady height; crop to the ink. Ruled lines are ignored for finding the text, never erased: erasing
them damages letters, and a network that was trained with them reads past them.

The same function runs in training and on the device; its constants travel in the model's card.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.errors import BundleError
from edge_runtime.image import Gray
from edge_runtime.second_row import split_rows
from edge_runtime.textbody import TextBody, find_body, text_strokes

Ink = npt.NDArray[np.uint8]
FloatMap = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Preprocessing:
    """All constants between the picture and the network. They are stored in the card."""

    kind: str = "ink"
    """``ink`` is the method of this file, ``seed`` the one of ``seed_image``."""
    height: int = 48
    """Rows of the network's input, pixels."""
    max_width: int = 960
    """Columns at most; a longer line is squeezed to it, pixels."""
    work_height: int = 96
    """Pictures are reduced to this height before anything else, pixels."""
    body: float = 25.0
    """Rows between the 10th and the 90th percentile of the ink after scaling, pixels."""
    body_center: float = 24.5
    """Row on which the median of the ink lies after scaling, pixels."""
    stretch: float = 0.75
    """Horizontal scale relative to the vertical one."""
    white_percentile: float = 99.0
    """This percentile of the text's own ink becomes full white."""

    def as_dict(self) -> dict[str, Any]:
        """The settings as plain values for the card."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Settings from a card.

        Raises:
            BundleError: a field is unknown or has the wrong type.
        """
        known = {f.name: f.type for f in fields(cls)}
        for name, value in values.items():
            if name not in known:
                raise BundleError(f"the card's preprocessing has an unknown field {name!r}")
            kinds: tuple[type, ...] = (str,) if name == "kind" else (int, float)
            if isinstance(value, bool) or not isinstance(value, kinds):
                raise BundleError(f"the card's preprocessing.{name} is {value!r}: wrong type")
        return cls(**values)


def preprocess(gray: Gray, settings: Preprocessing) -> Ink:
    """Turn a line picture into the network's input.

    Args:
        gray: uint8 (h, w), dark ink on light paper.
        settings: the constants the network was trained with.

    Returns:
        uint8 (settings.height, W), ink white on black, 1 <= W <= settings.max_width.
        A picture without ink gives a black one.

    Raises:
        BundleError: ``settings.kind`` is not known.
    """
    if settings.kind == "seed":
        from edge_runtime.seed_image import seed_preprocess

        return seed_preprocess(gray)
    ink = _find_ink(gray, settings)
    return _place(ink, find_body(ink), settings)


def preprocess_rows(gray: Gray, settings: Preprocessing) -> tuple[Ink, ...]:
    """Like ``preprocess``, for a picture that may hold a line broken into two rows.

    Returns:
        What ``preprocess`` gives; behind it, where two rows are suspected, the same of the upper
        and of the lower row. ``row_choice.choose_rows`` decides by what is read in them.

    Raises:
        BundleError: ``settings.kind`` is not known.
    """
    if settings.kind == "seed":
        return (preprocess(gray, settings),)
    ink = _find_ink(gray, settings)
    strokes = text_strokes(ink)
    whole = _place(ink, find_body(ink, strokes.mask), settings)
    rows = split_rows(ink, strokes) or ()
    return (whole, *(_place(row, find_body(row), settings) for row in rows))


def _find_ink(gray: Gray, settings: Preprocessing) -> Ink:
    if settings.kind != "ink":
        raise BundleError(
            f"unknown preprocessing {settings.kind!r}: the model needs a newer edge-htr"
        )
    return subtract_paper(_reduce(gray, settings.work_height))


def _reduce(gray: Gray, height: int) -> Gray:
    """Reduce to the working height; a lower picture stays as it is."""
    rows, columns = gray.shape
    if rows <= height:
        return gray
    width = max(1, round(columns * height / rows))
    return np.asarray(cv2.resize(gray, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def subtract_paper(gray: Gray) -> Ink:
    """Ink as darkness relative to the paper around it, uint8 (h, w), not yet stretched.

    The paper is a median over about 40 pixels of the local maximum, at a quarter of the size: the
    maximum takes thin strokes out, the median takes the rest, and shading stays.
    """
    rows, columns = gray.shape
    small = cv2.resize(
        gray, (max(1, columns // 4), max(1, rows // 4)), interpolation=cv2.INTER_AREA
    )
    small = cv2.medianBlur(cv2.dilate(small, np.ones((3, 3), np.uint8)), 9)
    paper = cv2.resize(small, (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.subtract(paper, gray), np.uint8)


def _place(ink: Ink, body: TextBody, settings: Preprocessing) -> Ink:
    """Warp the ink so that its body has the steady height and place, and stretch its contrast."""
    scale = settings.body / body.height
    width = round(max(1.0, (body.right - body.left) * scale * settings.stretch))
    width = min(max(width, 8), settings.max_width)
    step = (body.right - body.left) / width
    columns = body.left + (np.arange(width, dtype=np.float32) + 0.5) * step - 0.5
    rows = (np.arange(settings.height, dtype=np.float32) - settings.body_center) / scale
    map_x = np.broadcast_to(columns, (settings.height, width)).astype(np.float32)
    map_y = rows[:, None] + body.center(columns)[None, :]
    source = _smooth_for(ink, 1.0 / scale)
    warped = cv2.remap(
        source, map_x, map_y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
    )
    return _stretch_contrast(np.asarray(warped, np.uint8), settings.white_percentile)


def _smooth_for(ink: Ink, reduction: float) -> Ink:
    """Low-pass before a reduction, so that thin strokes keep their weight."""
    if reduction <= 1.15:
        return ink
    sigma = 0.45 * float(np.sqrt(reduction**2 - 1.0))
    return np.asarray(cv2.GaussianBlur(ink, (0, 0), sigma), np.uint8)


def _stretch_contrast(ink: Ink, percentile: float) -> Ink:
    """Scale so that strokes are white whatever the pen; paper grain is taken off first."""
    counts = np.bincount(ink.ravel(), minlength=256)
    grain = _percentile(counts, 50.0)
    strong = counts.copy()
    strong[: grain + 8] = 0
    if strong.sum() == 0:
        return np.zeros_like(ink)
    white = max(_percentile(strong, percentile) * 0.9, grain + 12.0)
    table = (np.arange(256, dtype=np.float32) - grain) * (255.0 / (white - grain))
    return np.asarray(cv2.LUT(ink, np.clip(table, 0, 255).astype(np.uint8)), np.uint8)


def _percentile(counts: npt.NDArray[np.integer[Any]], percent: float) -> int:
    """Percentile of values given as a histogram of 256 bins."""
    total = np.cumsum(counts)
    return int(np.searchsorted(total, total[-1] * percent / 100.0))
