"""`edge-htr info`: shows what is inside a model file, or how two of them differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edge_runtime.cli_options import runtime_option


@click.command(epilog="Examples: edge-htr info model.tflite | edge-htr info old.tflite new.tflite")
@click.argument(
    "models", nargs=-1, type=click.Path(dir_okay=False, path_type=Path), metavar="[MODEL] [OTHER]"
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--width",
    type=click.IntRange(1, 2**15),
    metavar="PIXELS",
    help="Width of the line that the work is counted for  [default: the widest]",
)
@runtime_option
def info(models: tuple[Path, ...], as_json: bool, width: int | None, runtime: str | None) -> None:
    """Show a model's card, operators, tensors, work and size by part, or compare two.

    MODEL is a .tflite file made by edge-htr; by default the one that comes with it. Opening it
    verifies its hash, charset and structure. With a second one, what differs is shown.
    """
    from edge_runtime.bundle import Bundle
    from edge_runtime.model_info import describe
    from edge_runtime.recognizer import DEFAULT_MODEL

    if len(models) > 2:
        raise click.UsageError(f"{len(models)} models: give one, or two to compare")
    opened = [Bundle.open(model) for model in models or (DEFAULT_MODEL,)]
    if len(opened) == 2:
        from edge_runtime.model_compare import compare

        facts = compare(*opened, width=width, runtime=runtime)
    else:
        facts = describe(opened[0], width=width, runtime=runtime)
    if as_json:
        import json

        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
    else:
        click.echo(render_two(facts) if len(opened) == 2 else render(facts), nl=False)


def render(facts: dict[str, Any]) -> str:
    """The facts for people."""
    card, macs = facts["card"], facts["macs"]
    lines = [
        ("model", f"{card['name']}, made {card['created']} by edge-htr {card['tool_version']}"),
        ("file", f"{facts['path']}, {facts['bytes']:,} bytes"),
        ("sha256", f"{card['network_sha256']} (network, verified)"),
        ("runs on", _runtime(card["runtime"], facts["min_runtime_version"])),
        ("architecture", _pairs(card["architecture"])),
        ("precision", _pairs(card["precision"])),
        ("preprocessing", _pairs(card["preprocessing"])),
        ("input", _tensor(facts["input"]) + f", {_widths(card)}"),
        ("output", _tensor(facts["output"]) + f", one step per {card['time_stride']} pixels"),
        ("charset", f"{facts['symbols']} symbols and the CTC blank"),
        ("training", _pairs(card["training"])),
        *(("metrics", _pairs(metric)) for metric in card["metrics"]),
        ("tensors", _pairs(facts["tensors"])),
        ("work", f"{macs['total'] / 1e6:,.1f} million multiply-accumulates at {macs['width']} px"),
    ]
    text = "".join(f"{name:<14} {value}\n" for name, value in lines)
    return text + _operators(facts) + _sizes(facts["size_by_part"])


def render_two(facts: dict[str, Any]) -> str:
    """The comparison of two models for people."""
    paths = [model["path"] for model in facts["models"]]
    text = f"A  {paths[0]}\nB  {paths[1]}\n\n{'':<36} {'A':>13} {'B':>13} {'B / A':>7}\n"
    for name, (a, b) in facts["numbers"].items():
        ratio = f"{b / a:.3f}" if a else ""
        text += f"{name:<36} {a:>13,} {b:>13,} {ratio:>7}".rstrip() + "\n"
    text += "\ncard, where it differs\n"
    for name, (a, b) in facts["card"].items():
        text += f"{name:<36} {_brief(a)}  |  {_brief(b)}\n"
    return text + _charsets(facts["charset"])


def _charsets(charset: dict[str, Any]) -> str:
    if charset["same_order"]:
        return f"{'charset':<36} the same\n"
    first, second = charset["only_first"], charset["only_second"]
    if not first and not second:
        return f"{'charset':<36} the same symbols in another order\n"
    return f"{'charset, only in A':<36} {first}\n{'charset, only in B':<36} {second}\n"


def _operators(facts: dict[str, Any]) -> str:
    by_operator, custom = facts["macs"]["by_operator"], facts["custom_operators"]
    rows = [f"\n{'operator':<28} {'count':>7} {'million MAC':>12}\n"]
    for name, count in facts["operators"].items():
        macs = f"{by_operator[name] / 1e6:,.2f}" if name in by_operator else ""
        mark = " (custom: only special runtimes have it)" if name in custom else ""
        rows.append(f"{name:<28} {count:>7} {macs:>12}{mark}".rstrip() + "\n")
    return "".join(rows)


def _sizes(parts: dict[str, int]) -> str:
    whole = sum(parts.values())
    rows = [f"\n{'part':<28} {'bytes':>10} {'share':>7}\n"]
    rows += [f"{name:<28} {size:>10,} {size / whole:>7.1%}\n" for name, size in parts.items()]
    return "".join(rows)


def _runtime(needed: str, minimum: str) -> str:
    return f"{needed} (operators of TensorFlow {minimum} or later)" if minimum else needed


def _widths(card: dict[str, Any]) -> str:
    if card["layout"] == "fixed":
        return "fixed width"
    return f"{card['min_width']} to {card['max_width']} wide in steps of {card['width_multiple']}"


def _tensor(facts: dict[str, Any]) -> str:
    sides = " x ".join("any" if side < 0 else str(side) for side in facts["shape"])
    return f"{facts['dtype']} {sides}"


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_brief(value)}" for name, value in values.items()) or "not stated"


def _brief(value: object) -> str:
    """A value for one line of the summary; a long list or table is left to ``--json``."""
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if not isinstance(value, (dict, list)) or len(text) <= 60 else "(see --json)"
