"""Weighs what the lock installs on each kind of system; `edge-htr check` judges by the result.

    python -m deploy.install_table -o devices/install-size.json     (needs the network)

Renew it after `make lock`; a test compares its versions with the lock's.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import click

from deploy.offline_bundle import LOCK, download
from deploy.target import Target, pins
from edge_runtime.atomic import write_atomically
from edge_runtime.errors import EdgeHtrError
from edge_runtime.install_size import weigh

SYSTEMS: Final = (
    Target("aarch64", "3.11"),
    Target("aarch64", "3.13"),
    Target("x86_64", "3.11"),
    Target("x86_64", "3.13"),
)
"""32-bit systems take numpy and OpenCV from apt: there is nothing to weigh for them."""


def weigh_target(target: Target) -> dict[str, Any]:
    """Fetch and weigh the pinned wheels of one system.

    Raises:
        DataError: pip failed, or a wheel is damaged.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lock = folder / "lock.txt"
        lock.write_text("".join(f"{line}\n" for line in pins(LOCK, target)), encoding="utf-8")
        download(lock, target, folder)
        return weigh(folder, target.machine, target.python, "requirements/base.txt")


@click.command()
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def main(out: Path) -> None:
    """Write the table of installation sizes to OUT."""
    rows = []
    try:
        for target in SYSTEMS:
            click.echo(f"{target.machine}, Python {target.python}", err=True)
            rows.append(weigh_target(target))
    except EdgeHtrError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)
    write_atomically(out, json.dumps({"schema": 1, "systems": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
