"""The options of `edge-htr run` that only a camera has. Imports nothing but click."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
_FILE = click.Path(dir_okay=False, path_type=Path)

_OPTIONS = (
    click.option(
        "--camera",
        metavar="URI",
        help="Read frames: 0 or usb:0, pi:0, file:clip.mp4, http://..., rtsp://..., - (MJPEG).",
    ),
    click.option("--camera-size", metavar="WxH", help="Ask the camera for it  [default: 1280x960]"),
    click.option("--limit", type=click.IntRange(1), metavar="N", help="Stop after N frames."),
    click.option(
        "--stable",
        type=click.IntRange(1, 12),
        default=5,
        show_default=True,
        help="Report a line after so many readings that agree.",
    ),
    click.option(
        "--min-confidence",
        type=click.FloatRange(0, 1),
        default=0.45,
        show_default=True,
        help="Leave out lines whose words are read with less on average.",
    ),
    click.option("--serve", metavar="[HOST:]PORT", help="Show it in a browser, as it is read."),
    click.option("--log", type=_FILE, metavar="FILE.db", help="Write readings to SQLite as well."),
    click.option(
        "--save",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="Save a picture with boxes for every group of lines.",
    ),
    click.option("--webhook", metavar="URL", help="POST every reading there, as JSON."),
    click.option("--mqtt", metavar="URL", help="Publish every reading: mqtt://host/topic."),
    click.option(
        "--outbox", type=_FILE, metavar="FILE.db", help="Where readings wait for the network."
    ),
)


@dataclass(frozen=True)
class CameraOptions:
    """What the options say; the fields are their names."""

    camera: str | None
    camera_size: str | None
    limit: int | None
    stable: int
    min_confidence: float
    serve: str | None
    log: Path | None
    save: Path | None
    webhook: str | None
    mqtt: str | None
    outbox: Path | None

    def check(self, paths: tuple[str, ...]) -> None:
        """Refuse what does not go together.

        Raises:
            click.UsageError: pictures and a camera, neither, or options without a camera.
        """
        if self.camera is not None and paths:
            raise click.UsageError("--camera and PATH do not go together")
        if self.camera is None and not paths:
            raise click.UsageError("nothing to read: give a PATH or --camera")
        names = ("camera_size", "limit", "serve", "log", "save", "webhook", "mqtt", "outbox")
        given = [name for name in names if getattr(self, name) is not None]
        if self.camera is None and given:
            raise click.UsageError(f"--{given[0].replace('_', '-')} needs --camera")
        if self.outbox is not None and not (self.webhook or self.mqtt):
            raise click.UsageError("--outbox needs --webhook or --mqtt")

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height asked of the camera.

        Raises:
            click.UsageError: not two numbers.
        """
        if self.camera_size is None:
            return None
        width, _, height = self.camera_size.lower().partition("x")
        if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
            raise click.UsageError("--camera-size needs WIDTHxHEIGHT, such as 1280x960")
        return int(width), int(height)


def camera_options(command: Command) -> Command:
    """Give a command the options of a camera."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
