"""Gathers all that a board needs into one archive that installs without a network.

    python -m deploy.offline_bundle pi4 -o dist

The archive holds the wheels of the lock for the board's platform and Python versions, the wheel of
this checkout with its model, an installing script, the systemd unit, and a checksum of each file.
"""

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import click

from deploy.target import FROM_APT, Target, pins, targets
from edge_runtime import __version__
from edge_runtime.atomic import atomic_writer
from edge_runtime.device import Profile, load_profile
from edge_runtime.errors import DataError, EdgeHtrError

ROOT: Final = Path(__file__).resolve().parent.parent
LOCK: Final = ROOT / "requirements" / "base.txt"
_SCRIPTS: Final = ("install.sh", "edge-htr.service")


def gather(
    profile: Profile, folder: Path, python: str | None = None, models: Sequence[Path] = ()
) -> None:
    """Fill a folder with what the archive is to hold.

    Args:
        profile: the board.
        folder: an empty folder.
        python: one version, by default each that the profile names.
        models: model files to take along besides the one in the wheel.

    Raises:
        DataError: pip cannot fetch a wheel, or a model or version is not there.
    """
    wheels = folder / "wheels"
    wheels.mkdir()
    for target in targets(profile, python):
        without = FROM_APT if target.machine == "armv7l" else ()
        lock = folder / f"lock-{target.python}.txt"
        lock.write_text(_lines(pins(LOCK, target, without)), encoding="utf-8")
        system = folder / f"lock-{target.python}-system.txt"
        system.write_text(_lines(pins(LOCK, target, FROM_APT)), encoding="utf-8")
        download(lock, target, wheels)
    build_wheel(wheels)
    for model in models:
        if not model.is_file():
            raise DataError(f"{model}: no such model")
        (folder / "models").mkdir(exist_ok=True)
        (folder / "models" / model.name).write_bytes(model.read_bytes())
    for name in _SCRIPTS:
        (folder / name).write_bytes((ROOT / "deploy" / name).read_bytes())
    (folder / "install.sh").chmod(0o755)
    machine = targets(profile, python)[0].machine
    board = f"{profile.id}\n{profile.runtime.os_bits}\n{machine}\n"
    (folder / "board").write_text(board, encoding="utf-8")
    (folder / "SHA256SUMS").write_text(checksums(folder), encoding="utf-8")


def download(lock: Path, target: Target, folder: Path) -> None:
    """Have pip fetch the pinned wheels of a target, each checked against its hash.

    Raises:
        DataError: pip failed.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    _run([*command, *target.pip_options, "-r", str(lock), "-d", str(folder)], "pip")


def build_wheel(folder: Path) -> None:
    """Build the wheel of this checkout.

    Raises:
        DataError: hatchling failed or is not installed.
    """
    _run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], "hatchling"
    )


def _run(command: Sequence[str], what: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise DataError(f"{what} failed: {(lines or done.stderr.splitlines() or ['?'])[-1]}")


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def checksums(folder: Path) -> str:
    """What ``sha256sum -c`` reads, for every file of a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in files
    )


def pack(folder: Path, archive: Path) -> None:
    """Write a folder as a tar file; the same content always gives the same bytes.

    Wheels are compressed already: the archive is not compressed again.
    """
    inside = archive.name.removesuffix(".tar")
    with atomic_writer(archive) as stream, tarfile.open(fileobj=stream, mode="w") as tar:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = tarfile.TarInfo(f"{inside}/{path.relative_to(folder).as_posix()}")
            content = path.read_bytes()
            entry.size, entry.mode = len(content), path.stat().st_mode & 0o755
            tar.addfile(entry, io.BytesIO(content))


@click.command()
@click.argument("board")
@click.option("--python", metavar="3.N", help="Only for this Python  [default: the profile's]")
@click.option(
    "--model",
    "models",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Take this model along too; may be repeated.",
)
@click.option("-o", "--out", type=click.Path(file_okay=False, path_type=Path), default="dist")
def main(board: str, python: str | None, models: tuple[Path, ...], out: Path) -> None:
    """Gather what BOARD needs into one archive; `edge-htr devices` lists the boards."""
    try:
        profile = load_profile(board)
        out.mkdir(parents=True, exist_ok=True)
        archive = out / f"edge-htr-{__version__}-{profile.id}.tar"
        with tempfile.TemporaryDirectory() as folder:
            gather(profile, Path(folder), python, models)
            pack(Path(folder), archive)
    except (EdgeHtrError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{archive} {archive.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
