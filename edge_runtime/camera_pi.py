"""Cameras at the Raspberry Pi's ribbon connector, through picamera2.

picamera2 comes with Raspberry Pi OS (its libcamera must fit the system's), never from PyPI.
"""

from importlib import import_module
from typing import Any, Final

import numpy as np

from edge_runtime.camera_frame import Picture
from edge_runtime.errors import CameraError, RuntimeMissingError

_BUFFERS: Final = 2
"""Fewest that keep the sensor busy; more would hold older pictures and more memory."""


class PiCamera:
    """An opened camera module."""

    rate: float | None = None

    def __init__(self, number: int, size: tuple[int, int]) -> None:
        """Open and start a camera.

        Args:
            number: as ``rpicam-hello --list-cameras`` counts.
            size: width and height of the pictures.

        Raises:
            RuntimeMissingError: picamera2 is not to be found.
            CameraError: there is no such camera, or it is in use.
        """
        try:
            module = import_module("picamera2")
        except (ImportError, ValueError) as error:  # ValueError: simplejpeg built for another numpy
            raise RuntimeMissingError(_cure(error)) from None
        try:
            self._camera: Any = module.Picamera2(number)
        except (IndexError, RuntimeError) as error:
            raise CameraError(
                f"no camera pi:{number} ({error}): is the ribbon cable in, and the camera not in"
                " use? rpicam-hello --list-cameras shows what is there"
            ) from None
        try:
            # libcamera names formats by the order in a word: RGB888 is blue first in memory.
            main = {"size": size, "format": "RGB888"}
            camera = self._camera
            camera.configure(camera.create_video_configuration(main=main, buffer_count=_BUFFERS))
            camera.start()
            _focus(camera)
        except RuntimeError as error:
            self._camera.close()
            raise CameraError(f"pi:{number} cannot be started ({error})") from None

    def read(self) -> Picture | None:
        """The next picture, blue, green, red.

        Raises:
            CameraError: the camera stopped.
        """
        try:
            picture = self._camera.capture_array("main")
        except (RuntimeError, TimeoutError) as error:
            raise CameraError(str(error) or "it gives no more pictures") from None
        return np.ascontiguousarray(picture[..., :3], np.uint8)

    def close(self) -> None:
        """Stop the camera and give it back."""
        self._camera.stop()
        self._camera.close()


def _focus(camera: Any) -> None:
    """Camera Module 3 has a lens that moves: 2 is libcamera's continuous autofocus."""
    if "AfMode" in getattr(camera, "camera_controls", {}):
        camera.set_controls({"AfMode": 2})


def _cure(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name == "picamera2":
        return (
            "pi: needs picamera2: sudo apt install python3-picamera2 --no-install-recommends, and"
            " a virtual environment made with python3 -m venv --system-site-packages"
        )
    if "numpy" in str(error):
        return f"picamera2 was built for another numpy ({error}): pip install 'numpy<2'"
    return f"picamera2 cannot be imported ({error}): sudo apt install python3-picamera2"
