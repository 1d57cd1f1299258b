"""`edge-htr run --camera`: frames in, readings out, until the end, the limit or Ctrl-C."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import sleep
from typing import Final

import click

from edge_runtime.annotate import Label
from edge_runtime.camera import DEFAULT_SIZE, open_frames
from edge_runtime.camera_event import Output, events_of
from edge_runtime.camera_frame import Frame
from edge_runtime.camera_lines import LineReader
from edge_runtime.camera_live import Frames
from edge_runtime.camera_options import CameraOptions
from edge_runtime.camera_reader import CameraReader, CameraReading, ReaderSettings
from edge_runtime.errors import CameraError
from edge_runtime.preview import LiveView, Scene
from edge_runtime.stop_signals import StopSignals
from edge_runtime.stream_output import StreamOutput

INTERRUPTED: Final = 130


def _say(message: str) -> None:
    """For people: on stderr."""
    click.echo(message, err=True)


def run_camera(
    options: CameraOptions, lines: LineReader, model: str, format_: str, out: Path | None
) -> int:
    """Read a camera until it ends.

    Args:
        options: of the command line.
        lines: finds and reads the lines of a frame.
        model: SHA-256 of the network, for the log.
        format_: of the readings, a name of ``formats.FORMATS``.
        out: where they go; stdout by default.

    Returns:
        The exit code: 130 after Ctrl-C, 0 otherwise, also after SIGTERM.

    Raises:
        EdgeHtrError: the camera or an output cannot be opened.
        OSError: an output cannot be opened.
    """
    with ExitStack() as stack, StopSignals() as signals:
        frames = open_frames(options.camera or "", size=options.size or DEFAULT_SIZE, report=_say)
        stack.callback(frames.close)
        view = LiveView(frames.source) if options.serve else None
        outputs: list[Output] = []
        for output in _outputs(options, frames.source, model, format_, out, view):
            outputs.append(output)
            stack.callback(output.close)
        settings = ReaderSettings(options.stable, min_confidence=options.min_confidence)
        loop = CameraLoop(frames, CameraReader(lines, settings), outputs, view)
        loop.run(signals, options.limit)
        _say(loop.summary())
        if not loop.count and frames.state.name == "ended":
            raise CameraError(f"{frames.source}: no picture in it")
        if signals.received == signal.SIGINT:
            _say("Interrupted.")
            return INTERRUPTED
    return 0


class CameraLoop:
    """Frames to the reader, its readings to the outputs."""

    def __init__(
        self, frames: Frames, reader: CameraReader, outputs: list[Output], view: LiveView | None
    ) -> None:
        self.count = 0
        """Frames so far."""
        self.lines = 0
        """Lines reported so far."""
        self._frames = frames
        self._reader = reader
        self._outputs = outputs
        self._view = view
        self._last: Frame | None = None

    def run(self, signals: StopSignals, limit: int | None = None) -> None:
        """Run to the end of the stream, a number of frames or a signal; all is handed on."""
        for frame in signals.until_stopped(self._frames):
            if frame is not None:
                self._take(frame)
            for output in self._outputs:
                output.tick()
            self._show_camera()
            if limit is not None and self.count >= limit:
                break
            if not self._frames.live:
                self._wait_while_paused(signals)
        self._hand_on(self._reader.finish())

    def _wait_while_paused(self, signals: StopSignals) -> None:
        """A recording does not run on while it is paused."""
        while self._view is not None and self._view.paused and signals.received is None:
            sleep(0.1)

    def summary(self) -> str:
        """What a person wants to know at the end."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in self._reader.verdicts.items())
        return f"{self.count} frames ({kinds or 'none looked at'}), {self.lines} lines"

    def _take(self, frame: Frame) -> None:
        self._last = frame
        self.count += 1
        if self._view is None or not self._view.paused:
            self._hand_on(self._reader.feed(frame))
        if self._view is not None:
            labels = tuple(
                Label(track.box, track.text, track.confidence) for track in self._reader.in_view()
            )
            stats = {"ms": self._reader.ms, "verdict": self._reader.verdict, "frames": self.count}
            self._view.show(Scene(frame, labels, stats))

    def _hand_on(self, readings: list[CameraReading]) -> None:
        if not readings or self._last is None:
            return
        self.lines += len(readings)
        events = events_of(self._frames.source, readings)
        for output in self._outputs:
            output.put(events, self._last)

    def _show_camera(self) -> None:
        if self._view is not None:
            state = self._frames.state
            self._view.camera(state.name, state.detail, state.lost)


def _outputs(
    options: CameraOptions,
    source: str,
    model: str,
    format_: str,
    out: Path | None,
    view: LiveView | None,
) -> Iterator[Output]:
    """Opened one after the other, so that a failure closes those before it."""
    yield StreamOutput(out, format_, _say)
    if options.log:
        from edge_runtime.reading_log import ReadingLog

        yield ReadingLog(options.log, source, model, _say)
    if options.save:
        from edge_runtime.picture_folder import PictureFolder

        yield PictureFolder(options.save, _say)
    if options.webhook or options.mqtt:
        yield from _senders(options)
    if view is not None and options.serve:
        yield Served(view, options.serve)


def _senders(options: CameraOptions) -> Iterator[Output]:
    from edge_runtime.outbox import Outbox, Target, default_path

    targets: list[Target] = []
    if options.webhook:
        from edge_runtime.webhook import Webhook

        targets.append(Webhook(options.webhook))
    if options.mqtt:
        from edge_runtime.mqtt import MqttTopic

        targets.append(MqttTopic(options.mqtt))
    for target in targets:
        yield Outbox(options.outbox or default_path(), target, _say)


class Served:
    """The live view as an output, with its server."""

    def __init__(self, view: LiveView, where: str) -> None:
        from edge_runtime.preview_server import PreviewServer, parse_bind

        self._server = PreviewServer(view, *parse_bind(where))
        self.put = view.put
        self.tick = view.tick
        _say(f"Live view: {self._server.url}")

    def close(self) -> None:
        """Stop the server."""
        self._server.close()
