"""`edge-htr bench`: measures how fast models run on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edge_runtime.cli_options import lexicon_option, runtime_option


def _thread_counts(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> list[int | None]:
    """Turn ``1,4`` into ``[1, 4]``, and nothing into the default."""
    if value is None:
        return [None]
    parts = value.split(",")
    if not all(part.isdecimal() and 1 <= int(part) <= 64 for part in parts):
        raise click.BadParameter(f"{value!r} is not a list of numbers from 1 to 64, such as 1,4")
    return [int(part) for part in parts]


@click.command(
    epilog="Examples: edge-htr bench | edge-htr bench old.tflite new.tflite --threads 1,4"
    " --json report.json"
)
@click.argument("models", nargs=-1, type=click.Path(path_type=Path), metavar="[MODEL...]")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Pictures of lines to read  [default: the samples that come with edge-htr]",
)
@click.option(
    "--threads",
    callback=_thread_counts,
    metavar="N[,N...]",
    help="Measure with each of these numbers  [default: one per core, 4 at most]",
)
@click.option("--runs", type=click.IntRange(1), default=1024, show_default=True)
@click.option(
    "--seconds",
    type=click.FloatRange(0, min_open=True),
    default=60.0,
    show_default=True,
    help="A model is measured for --runs readings or this long, whichever ends first.",
)
@click.option("--warmup", type=click.IntRange(0), default=20, show_default=True)
@click.option(
    "--rounds",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="Fresh processes per model, in turns with the other models.",
)
@click.option(
    "--json",
    "json_to",
    type=click.Path(allow_dash=True, path_type=Path),
    metavar="FILE|-",
    help="Write the report as JSON; - prints it instead of the table.",
)
@lexicon_option
@runtime_option
def bench(
    models: tuple[Path, ...],
    data: Path | None,
    threads: list[int | None],
    runs: int,
    seconds: float,
    warmup: int,
    rounds: int,
    json_to: Path | None,
    lexicon: str,
    runtime: str | None,
) -> None:
    """Measure how fast models read lines on this machine.

    Every MODEL is measured in processes of its own, in turns with the others; by default the model
    that comes with edge-htr. Times are milliseconds; several models are compared with the first.
    """
    import json

    from edge_runtime.atomic import write_atomically
    from edge_runtime.bench import BenchSettings, benchmark, find_pictures
    from edge_runtime.recognizer import DEFAULT_MODEL

    report = benchmark(
        models or (DEFAULT_MODEL,),
        threads,
        find_pictures(data),
        BenchSettings(runs=runs, seconds=seconds, warmup=warmup, rounds=rounds),
        runtime,
        say=lambda text: click.echo(text, err=True),
        lexicon=lexicon,
    )
    as_json = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
    if json_to is not None and str(json_to) == "-":
        click.echo(as_json, nl=False)
        return
    if json_to is not None:
        write_atomically(json_to, as_json)
    click.echo(render(report), nl=False)


def render(report: dict[str, Any]) -> str:
    """The report for people."""
    machine = report["machine"]
    where = machine["board"] or machine["cpu"] or machine["architecture"]
    text = (
        f"{report['kind']} on {where}, {machine['cores']} cores, {machine['architecture']},"
        f" governor {machine['governor'] or 'unknown'}\n"
        f"{report['pictures']} pictures; milliseconds\n"
    )
    for number, result in enumerate(report["models"]):
        text += "\n" + _result(result)
        if number:
            ratio = result["ratio"]
            text += (
                f"against the first: inference {ratio['infer']:.2f}x, whole line"
                f" {ratio['total']:.2f}x as fast, file {ratio['bytes']:.2f}x smaller\n"
            )
    return text


def _result(result: dict[str, Any]) -> str:
    memory = result["peak_memory_mb"]
    rows = [
        f"{result['name']} ({result['path']}, {result['bytes']:,} bytes)",
        f"{result['runtime']}, threads: {result['threads']}, lexicon: {result['lexicon']},"
        f" {result['runs']} lines; load"
        f" {result['load_ms']:.1f}, first line {result['first_ms']:.1f}, imports"
        f" {result['import_ms']:.0f}, peak memory {f'{memory:.0f} MiB' if memory else 'unknown'}",
        f"{'':<12}{'p50':>10}{'p90':>10}{'p99':>10}{'mean':>10}{'max':>10}",
    ]
    for stage, figures in result["stages"].items():
        cells = "".join(f"{figures[key]:>10.2f}" for key in ("p50", "p90", "p99", "mean", "max"))
        rows.append(f"{stage:<12}{cells}")
    return "\n".join(rows) + "\n"
