"""Which frames are worth reading: sharp ones, of a scene that does not move fast.

Sharpness is relative: how much fine detail a picture has depends on what is written, so a frame is
compared with the best of the last seconds.
"""

from collections import deque
from enum import Enum
from typing import Final

import cv2

from edge_runtime.camera_frame import Frame
from edge_runtime.frame_motion import Motion
from edge_runtime.image import Gray

_FAST: Final = 0.3
"""Widths of the picture a second: at 1/60 s a frame of 1280 pixels is then smeared by 6."""
_BLURRED: Final = 0.6
"""Sharpness over the best of the last seconds, at most."""
_MEMORY: Final = 3.0
"""Seconds that the best is remembered."""


class Verdict(Enum):
    """Whether a frame is read, and if not why."""

    READ = "read"
    MOVING = "moving"
    BLURRED = "blurred"


class FrameGate:
    """Judges frame after frame."""

    def __init__(self) -> None:
        self.sharpness = 0.0
        """Of the last frame."""
        self._recent: deque[tuple[float, float]] = deque()
        self._last: float | None = None

    def judge(self, frame: Frame, motion: Motion) -> Verdict:
        """Whether to read a frame.

        Args:
            frame: the next one.
            motion: from the frame before, which was judged as well.
        """
        since, self._last = self._last, frame.seconds
        if motion.matrix is None:  # another scene has another sharpness
            self._recent.clear()
        sharp = self.sharpness = sharpness(frame.gray)
        while self._recent and self._recent[0][0] < frame.seconds - _MEMORY:
            self._recent.popleft()
        self._recent.append((frame.seconds, sharp))
        if motion.matrix is not None and since is not None and frame.seconds > since:
            speed = motion.way / (frame.seconds - since)
            if speed > _FAST:
                return Verdict.MOVING
        best = max(value for _, value in self._recent)
        return Verdict.READ if sharp >= _BLURRED * best else Verdict.BLURRED


def sharpness(gray: Gray) -> float:
    """Standard deviation of the Laplacian, noise smoothed away: more is sharper."""
    smooth = cv2.blur(gray, (3, 3))
    _, deviation = cv2.meanStdDev(cv2.Laplacian(smooth, cv2.CV_16S))
    return float(deviation[0, 0])
