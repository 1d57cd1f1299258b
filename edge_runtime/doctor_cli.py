"""`edge-htr doctor`: what runs here, what does not, and the cure."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Model to read a sample line with  [default: the one that comes with edge-htr]",
)
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
@click.pass_context
def doctor(ctx: click.Context, model: Path | None, as_json: bool) -> None:
    """Say what runs on this machine, and the cure for what does not.

    Looks at Python, the libraries, the TFLite runtime, the model, the board and its cameras.
    Libraries are imported in child processes, so that one that crashes is found as well. A warning
    is something that may cost time or a camera; a problem stops reading, and the exit code is 1.

    \b
    Example:
      edge-htr doctor
      edge-htr doctor --model mine.tflite --json
    """
    import json
    from dataclasses import asdict

    from edge_runtime import __version__
    from edge_runtime.doctor import examine
    from edge_runtime.doctor_system import System

    findings = []
    for finding in examine(System(), model):
        findings.append(finding)
        if not as_json:
            text = f"{finding.level:<8} {finding.check:<11} {finding.finding}\n"
            if finding.cure:
                text += f"{'':<8} {'':<11} -> {finding.cure}\n"
            click.echo(text.encode(), nl=False)  # UTF-8 in every locale: the sample is Vietnamese
    problems = sum(finding.level == "problem" for finding in findings)
    warnings = sum(finding.level == "warning" for finding in findings)
    if as_json:
        report = {
            "schema": 1,
            "tool_version": __version__,
            "ok": not problems,
            "findings": [asdict(finding) for finding in findings],
        }
        click.echo(json.dumps(report, indent=2))
    else:
        verdict = "edge-htr cannot read here" if problems else "edge-htr reads here"
        click.echo(f"\n{verdict}: {problems} problems, {warnings} warnings")
    if problems:
        ctx.exit(1)
