"""`edge-htr run`: reads handwriting from pictures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from edge_runtime.camera_options import CameraOptions, camera_options
from edge_runtime.cli_options import lexicon_option, runtime_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge_runtime.formats import Result
    from edge_runtime.page_mode import Mode
    from edge_runtime.page_reader import PageReader
    from edge_runtime.sources import Source


@click.command(
    epilog="Examples: edge-htr run line.jpg | edge-htr run scans/ --format jsonl --out lines.jsonl"
    " | edge-htr run - < line.png | edge-htr run form.jpg --mode page --format hocr"
    " | edge-htr run scans/ --lexicon builtin --fields --format jsonl"
    " | edge-htr run --camera usb:0 --serve 8080 --log readings.db"
)
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@click.option(
    "--mode",
    type=click.Choice(["line", "page", "auto"]),
    default="auto",
    show_default=True,
    help="What a picture holds: one line, a page of lines, or whichever it looks like.",
)
@click.option(
    "--model",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Model file (.tflite), or the name of one that comes along  [default: vi-line]",
)
@click.option(
    "--threads", type=click.IntRange(1, 64), help="Threads  [default: one per core, 4 at most]"
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "jsonl", "tsv", "hocr", "alto"]),
    default="text",
    show_default=True,
    help="text: one line per line of writing; an empty one for a picture that cannot be read.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file, all or nothing  [default: stdout]",
)
@click.option("-r", "--recursive", is_flag=True, help="Look into the folders inside folders.")
@lexicon_option
@click.option(
    "--fields", is_flag=True, help="Add house number, street, ward, district, province (jsonl)."
)
@runtime_option
@camera_options
@click.pass_context
def run(
    ctx: click.Context,
    /,
    paths: tuple[str, ...],
    mode: Mode,
    model: Path | None,
    threads: int | None,
    format_: str,
    out: Path | None,
    recursive: bool,
    lexicon: str,
    fields: bool,
    runtime: str | None,
    **camera: Any,
) -> None:
    """Read handwriting, line by line.

    PATH is a picture of a line, a page, a form or a label, a folder of such pictures, a glob
    pattern, or - for a picture on stdin. Results go to stdout in the order of the input, the lines
    of a page in reading order. A picture that cannot be read is reported on stderr, the rest is
    read, and the exit code is 1 at the end.

    With --camera, frames are read instead: each line is reported once, when it is certain or has
    left the picture. Ctrl-C ends that cleanly.
    """
    options = CameraOptions(**camera)
    options.check(paths)
    if fields and (format_ != "jsonl" or lexicon == "none"):
        raise click.UsageError("--fields needs --format jsonl and a lexicon of places (--lexicon)")

    from edge_runtime.bundle import Bundle
    from edge_runtime.decoder import find_lexicon
    from edge_runtime.page_reader import PageReader
    from edge_runtime.recognizer import DEFAULT_MODEL, Recognizer
    from edge_runtime.sources import find_sources

    bundle = Bundle.open(model or DEFAULT_MODEL)
    recognizer = Recognizer(
        bundle, lexicon=find_lexicon(lexicon, bundle), threads=threads, runtime=runtime
    )
    if options.camera is not None:
        from edge_runtime.camera_lines import FrameLines
        from edge_runtime.run_camera import run_camera

        lines = FrameLines(recognizer, mode, fields=fields)
        ctx.exit(run_camera(options, lines, bundle.card.network_sha256, format_, out))
    sources = find_sources(paths, recursive=recursive)
    failed = _write(out, format_, read_all(PageReader(recognizer, mode, fields=fields), sources))
    if failed:
        ctx.exit(1)


def read_all(reader: PageReader, sources: Iterator[Source]) -> Iterator[Result]:
    """Read sources one by one; a bad one gives a result with an error."""
    from edge_runtime.errors import EdgeHtrError
    from edge_runtime.formats import Result
    from edge_runtime.native_log import quiet_native_log

    for source in sources:
        if source.content is None:
            yield Result(source.name, error=source.error)
            continue
        try:
            with quiet_native_log(drop=True):  # the decoders' warnings: the error says it
                reading = reader.read_file(source.content)
        except EdgeHtrError as error:
            yield Result(source.name, error=str(error))
        except MemoryError:
            yield Result(source.name, error="not enough memory for this picture")
        else:
            yield Result(source.name, reading.lines, reading.size)


def _write(out: Path | None, format_: str, results: Iterator[Result]) -> int:
    """Write the results to a file or to stdout; returns how many sources failed."""
    from edge_runtime.atomic import atomic_writer

    if out is None:
        return _write_to(sys.stdout.buffer, format_, results)
    with atomic_writer(out) as stream:
        return _write_to(stream, format_, results)


def _write_to(stream: IO[bytes], format_: str, results: Iterator[Result]) -> int:
    """Always UTF-8, whatever the locale: the text is Vietnamese."""
    from edge_runtime.formats import FORMATS

    form = FORMATS[format_]
    failed = 0
    stream.write(form.begin.encode("utf-8"))
    for number, result in enumerate(results):
        if result.error is not None:
            failed += 1
            click.echo(f"Error: {result.source}: {result.error}", err=True)
        stream.write(form.item(number, result).encode("utf-8"))
        stream.flush()
    stream.write(form.end.encode("utf-8"))
    return failed
