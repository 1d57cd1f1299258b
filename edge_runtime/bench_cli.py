"""`edge-htr bench`: measures how fast models run on this machine."""

from __future__ import annotations

from pathlib import Path

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
    epilog="Examples: edge-htr bench --html report.html | edge-htr bench old.tflite new.tflite"
    " --threads 1,4 --json report.json | edge-htr bench --compare before.json after.json"
)
@click.argument("models", nargs=-1, type=click.Path(path_type=Path), metavar="[MODEL...]")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Pictures of lines to read  [default: the samples that come with edge-htr]",
)
@click.option(
    "--device",
    metavar="ID|FILE",
    help="Board whose budgets are looked at, see 'edge-htr devices'  [default: this machine]",
)
@click.option(
    "--threads",
    callback=_thread_counts,
    metavar="N[,N...]",
    help="Measure with each of these numbers  [default: one per core, 4 at most]",
)
@click.option("--quick", is_flag=True, help="64 readings in one round; the report says so.")
@click.option(
    "--runs",
    type=click.IntRange(1),
    help="At least so many readings of each model  [default: 1024, and 60 seconds]",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0, min_open=True),
    help="At least so long. Given alone, --runs or --seconds is the only measure.",
)
@click.option("--warmup", type=click.IntRange(0), default=20, show_default=True)
@click.option(
    "--rounds",
    type=click.IntRange(1),
    help="Fresh processes per model, in turns with the other models  [default: 3]",
)
@click.option(
    "--sustained",
    type=click.FloatRange(0, min_open=True),
    metavar="MIN",
    help="Then read so many minutes without a pause, and tell the drift.",
)
@click.option(
    "--profile/--no-profile", default=True, show_default=True, help="Time the operators too."
)
@click.option(
    "--json",
    "json_to",
    type=click.Path(allow_dash=True, path_type=Path),
    metavar="FILE|-",
    help="Write the report as JSON; - prints it instead of the table.",
)
@click.option(
    "--html",
    "html_to",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the report as one page with its plots.",
)
@click.option(
    "--compare",
    nargs=2,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="A.json B.json",
    help="Measure nothing: say how much faster report B is than A.",
)
@click.option("--anyway", is_flag=True, help="With --compare: even if machines or pictures differ.")
@lexicon_option
@runtime_option
def bench(
    models: tuple[Path, ...],
    data: Path | None,
    device: str | None,
    threads: list[int | None],
    quick: bool,
    runs: int | None,
    seconds: float | None,
    warmup: int,
    rounds: int | None,
    sustained: float | None,
    profile: bool,
    json_to: Path | None,
    html_to: Path | None,
    compare: tuple[Path, Path] | None,
    anyway: bool,
    lexicon: str,
    runtime: str | None,
) -> None:
    """Measure how fast models read lines on this machine.

    Every MODEL is measured in processes of its own, in turns with the others; by default the model
    that comes with edge-htr. Times are milliseconds; several models are compared with the first.
    A board that throttles while it is measured makes the report invalid.
    """
    import json

    if compare:
        if models or html_to:
            raise click.UsageError("--compare measures nothing: give it no MODEL and no --html")
        _compare(compare, anyway, json_to)
        return
    if quick and (runs or seconds):
        raise click.UsageError("--quick stands for --runs 64 --rounds 1: leave one of them out")

    from edge_runtime.atomic import write_atomically
    from edge_runtime.bench import BenchSettings, benchmark, find_pictures
    from edge_runtime.bench_device import add_device
    from edge_runtime.bench_table import render
    from edge_runtime.device import load_profile
    from edge_runtime.errors import DataError
    from edge_runtime.recognizer import DEFAULT_MODEL

    # What is mistyped is told before a minute has gone.
    if device:
        load_profile(device)
    for target in (json_to, html_to):
        if target is not None and str(target) != "-" and not target.parent.is_dir():
            raise DataError(f"{target}: there is no folder {target.parent}")
    least_runs, least_seconds = _extent(quick, runs, seconds)
    report = benchmark(
        models or (DEFAULT_MODEL,),
        threads,
        find_pictures(data),
        BenchSettings(
            runs=least_runs,
            seconds=least_seconds,
            warmup=warmup,
            rounds=rounds or (1 if quick else 3),
            sustained_minutes=sustained or 0.0,
            profile=profile,
        ),
        runtime,
        say=lambda text: click.echo(text, err=True),
        lexicon=lexicon,
    )
    add_device(report, device)
    if html_to is not None:
        from edge_runtime.bench_page import render_page

        write_atomically(html_to, render_page(report))
    as_json = json.dumps(report, ensure_ascii=False) + "\n"
    if json_to is not None and str(json_to) == "-":
        click.echo(as_json, nl=False)
        return
    if json_to is not None:
        write_atomically(json_to, as_json)
    click.echo(render(report), nl=False)


def _extent(quick: bool, runs: int | None, seconds: float | None) -> tuple[int, float]:
    """Readings and seconds that both have to be reached."""
    if quick:
        return 64, 0.0
    if runs is None and seconds is None:
        return 1024, 60.0
    return runs or 1, seconds or 0.0


def _compare(reports: tuple[Path, Path], anyway: bool, json_to: Path | None) -> None:
    import json

    from edge_runtime.atomic import write_atomically
    from edge_runtime.bench_compare import compare, read_report
    from edge_runtime.bench_table import render_comparison

    before, after = map(read_report, reports)
    result = compare(before, after, anyway=anyway)
    as_json = json.dumps(result, ensure_ascii=False, indent=2) + "\n"
    if json_to is not None and str(json_to) == "-":
        click.echo(as_json, nl=False)
        return
    if json_to is not None:
        write_atomically(json_to, as_json)
    click.echo(render_comparison(result), nl=False)
