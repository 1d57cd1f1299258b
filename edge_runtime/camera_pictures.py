"""A folder or glob of pictures, read as if they were the frames of a video."""

from pathlib import Path

from edge_runtime.camera_frame import Picture
from edge_runtime.errors import CameraError, ImageError
from edge_runtime.image import load_gray
from edge_runtime.sources import find_sources


class PictureSequence:
    """Pictures in natural order of their names: ``f9.png`` comes before ``f10.png``."""

    rate: float | None = 25.0
    """As of a video: pictures are taken for 1/25 s apart, so that results do not depend on how fast
    they are read."""

    def __init__(self, place: str) -> None:
        """Find the pictures.

        Raises:
            CameraError: there is none.
        """
        found = list(find_sources([place]))
        if len(found) == 1 and not _exists(found[0].content):
            raise CameraError(f"{place}: {found[0].error or 'no such file or folder'}")
        self._left = iter(found)

    def read(self) -> Picture | None:
        """The next picture in grey; see ``FrameSource``."""
        for source in self._left:
            if source.content is None:
                raise ImageError(f"{source.name}: {source.error}")
            try:
                return load_gray(source.content)
            except ImageError as error:
                raise ImageError(f"{source.name}: {error}") from None
        return None

    def close(self) -> None:
        """Nothing is held open."""


def _exists(content: Path | bytes | None) -> bool:
    return isinstance(content, Path) and content.exists()
