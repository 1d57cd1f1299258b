"""`edge-htr devices`: the known boards, which of them this is, and how fast a model should be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from edge_runtime.device import Profile


@click.command()
@click.argument("model", required=False, type=click.Path(path_type=Path))
@click.option(
    "--width",
    type=click.IntRange(1, 2**15),
    metavar="PIXELS",
    help="With MODEL: width of the line to estimate for  [default: the widest]",
)
@click.option("--json", "as_json", is_flag=True, help="All facts, with their sources, as JSON.")
def devices(model: Path | None, width: int | None, as_json: bool) -> None:
    """List the known boards; `*` marks the one this runs on.

    Their figures and budgets are in devices/*.toml. A new board is one more file there, or a file
    of your own, named by its path.

    With MODEL, say what one inference of it should take on each board. That is estimated from its
    multiply-accumulates and never measured: 'edge-htr bench' on the board measures.

    \b
    Example:
      edge-htr devices
      edge-htr devices model.tflite
      edge-htr devices --json
    """
    import json
    from dataclasses import asdict

    from edge_runtime.board import recognise
    from edge_runtime.device import known_profiles

    profiles = known_profiles()
    if model is not None:
        rows = estimates(model, width, profiles)
        click.echo(json.dumps(rows, indent=2) if as_json else render(rows), nl=as_json)
        return
    if width is not None:
        raise click.UsageError("--width needs a MODEL")
    here = recognise(profiles)
    if as_json:
        click.echo(json.dumps([asdict(profile) for profile in profiles], indent=2))
        return
    longest = max(len(profile.id) for profile in profiles)
    for profile in profiles:
        mark = "*" if profile is here else " "
        click.echo(f"{mark} {profile.id:<{longest}}  {profile.summary()}")


def estimates(model: Path, width: int | None, profiles: list[Profile]) -> list[dict[str, Any]]:
    """Of each board, ``device``, ``name`` and ``estimate``: see ``bench_device``, None without.

    Raises:
        BundleError: the model cannot be used.
        InferenceError: the runtime cannot run it.
    """
    from edge_runtime.bench_device import estimate
    from edge_runtime.bundle import Bundle
    from edge_runtime.interpreter import padded_width
    from edge_runtime.macs import count_macs
    from edge_runtime.runtimes import find_runtime

    bundle = Bundle.open(model)
    wanted = padded_width(bundle.card, width or bundle.card.max_width)
    macs = count_macs(bundle.network, wanted, find_runtime())
    return [
        {
            "device": profile.id,
            "name": profile.device.name,
            "million_macs": round(macs.total / 1e6, 1),
            "width": macs.width,
            "estimate": estimate(macs, bundle.card.precision, profile),
        }
        for profile in profiles
        if profile.device.cores
    ]


def render(rows: list[dict[str, Any]]) -> str:
    """The estimates for people."""
    head = rows[0]
    text = (
        f"ESTIMATED from {head['million_macs']:,.1f} million multiply-accumulates at"
        f" {head['width']} pixels, all cores,\nthe network alone; nothing was measured on these"
        " boards. In brackets: a factor of two either way.\n"
    )
    longest = max(len(row["device"]) for row in rows)
    for row in rows:
        guess = row["estimate"]
        said = "no estimate: no rates are published for this board and system"
        if guess:
            span = f"({guess['low_ms']:.1f} to {guess['high_ms']:.1f})"
            said = f"estimated {guess['infer_ms']:6.1f} ms {span}"
        text += f"  {row['device']:<{longest}}  {said}\n"
    return text
