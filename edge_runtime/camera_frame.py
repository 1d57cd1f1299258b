"""A picture of a camera, and what every kind of camera is to the rest of the program."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.image import Gray

Picture = npt.NDArray[np.uint8]
"""(h, w, 3) in the order blue, green, red, or (h, w) grey."""


@dataclass(frozen=True)
class Frame:
    """One picture of a camera or a video."""

    picture: Picture
    number: int
    """Position in the stream from 0. Frames of a camera that were not fetched count too."""
    seconds: float
    """Since the stream began: by its frame rate for a video, by the clock for a camera."""

    @cached_property
    def gray(self) -> Gray:
        """The picture in grey, uint8 (h, w)."""
        if self.picture.ndim == 2:
            return self.picture
        return np.asarray(cv2.cvtColor(self.picture, cv2.COLOR_BGR2GRAY), np.uint8)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels."""
        return self.picture.shape[1], self.picture.shape[0]


class FrameSource(Protocol):
    """Something that gives one picture after another. Only one thread may use it at a time."""

    rate: float | None
    """Pictures a second, where the stream and not the clock says it."""

    def read(self) -> Picture | None:
        """The next picture; None at the end of a stream that has one.

        Raises:
            CameraError: the camera is lost.
            ImageError: this picture is damaged; the next may be good.
        """

    def close(self) -> None:
        """Give the camera back."""
