"""The picture preparation of the project this one started from, kept as the baseline's own.

Grey, resized to 163 rows with its aspect kept, padded on the right (or cropped) to 3002 columns,
smoothed, and made black and white by an adaptive threshold. Nothing here is tuned: the point is to
measure the starting network on the pictures it was made for. The constants are those of the
starting project's description; where that leaves room, the choice is named beside the constant.
"""

from math import ceil
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Gray = npt.NDArray[np.uint8]
Ink = npt.NDArray[np.uint8]

SEED_HEIGHT: Final = 163
"""Rows of the seed network's input, pixels."""
SEED_WIDTH: Final = 3002
"""Columns of the seed network's input, pixels; shorter lines are padded, longer ones cropped."""
BLUR: Final = 5
"""Side of the Gaussian smoothing kernel, pixels; sigma follows from it as OpenCV does (1.1)."""
THRESHOLD_BLOCK: Final = 11
"""Side of the neighbourhood whose Gaussian-weighted mean is the threshold, pixels."""
THRESHOLD_OFFSET: Final = 4
"""Grey levels by which a pixel must be darker than its neighbourhood to be ink."""


def seed_preprocess(gray: Gray) -> Ink:
    """Turn a line picture into the seed network's input.

    Args:
        gray: uint8 (h, w), dark ink on light paper, not empty.

    Returns:
        uint8 (163, 3002), 255 where there is ink and 0 elsewhere; the network takes it / 255.
    """
    line = _to_width(_to_height(gray))
    smooth = cv2.GaussianBlur(line, (BLUR, BLUR), 0)
    ink = cv2.adaptiveThreshold(
        smooth,
        255,
        cv2.ADAPTIVE_THRESH_GAUSSIAN_C,
        cv2.THRESH_BINARY_INV,
        THRESHOLD_BLOCK,
        THRESHOLD_OFFSET,
    )
    return np.asarray(ink, np.uint8)


def _to_height(gray: Gray) -> Gray:
    """Resize to the input's height with the aspect kept (bilinear, as the seed did)."""
    rows = gray.shape[0]
    # Columns that the crop would drop anyway are not enlarged first: a picture four pixels high and
    # millions wide would not fit into the memory of a small board.
    kept = gray[:, : 2 * ceil(SEED_WIDTH * rows / SEED_HEIGHT)]
    width = max(1, kept.shape[1] * SEED_HEIGHT // rows)
    return np.asarray(cv2.resize(kept, (width, SEED_HEIGHT)), np.uint8)


def _to_width(line: Gray) -> Gray:
    """Crop on the right, or pad there with each row's own median, which is its paper."""
    missing = SEED_WIDTH - line.shape[1]
    if missing <= 0:
        return line[:, :SEED_WIDTH]
    return np.pad(line, ((0, 0), (0, missing)), mode="median")
