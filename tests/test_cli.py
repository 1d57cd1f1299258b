"""The `edge-htr` group: the table, errors and exit codes, logging."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.testing import CliRunner, Result

from edge_runtime import __version__
from edge_runtime import cli as cli_module
from edge_runtime.cli import COMMANDS, Entry, cli
from edge_runtime.errors import BundleError, GateError

Invoke = Callable[[Callable[[], None]], Result]


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs a function as the command `probe` of the group."""

    def call(body: Callable[[], None], *options: str) -> Result:
        module = ModuleType("probe_cli")
        module.probe = click.command()(body)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "probe_cli", module)
        monkeypatch.setitem(COMMANDS, "probe", Entry("probe_cli:probe", "Probe."))
        return CliRunner().invoke(cli, [*options, "probe"])

    return call


def raising(error: BaseException) -> Callable[[], None]:
    def body() -> None:
        raise error

    return body


def leaves(name: str) -> Iterator[list[str]]:
    """The command line of a command, or of each command of a subgroup."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.name == name
    if isinstance(command, click.Group):
        yield from ([name, sub] for sub in command.list_commands(click.Context(command)))
    else:
        yield [name]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_loads_and_shows_an_example(name: str) -> None:
    for words in leaves(name):
        result = CliRunner().invoke(cli, [*words, "--help"])
        assert result.exit_code == 0, result.output
        assert " ".join(["edge-htr", *words]) in result.output


def test_help_lists_every_command_with_its_line() -> None:
    output = CliRunner().invoke(cli, ["--help"]).output
    for name, entry in COMMANDS.items():
        assert any(name in line and entry.help in line for line in output.splitlines())


def test_version() -> None:
    assert CliRunner().invoke(cli, ["--version"]).output == f"edge-htr {__version__}\n"


@pytest.mark.parametrize("arguments", [["nonsense"], ["--nonsense"], ["devices", "--nonsense"]])
def test_wrong_usage_exits_2(arguments: list[str]) -> None:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2
    assert "nonsense" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (BundleError("model.tflite: the card\nis damaged"), 1, "model.tflite: the card is damaged"),
        (GateError("CER is 9 %"), 3, "CER is 9 %"),
        (PermissionError(13, "Permission denied", "a.png"), 1, "a.png: Permission denied"),
        (OSError("disk on fire"), 1, "disk on fire"),
        (
            ModuleNotFoundError("No module named 'tensorflow'", name="tensorflow"),
            1,
            "'probe' needs tensorflow: pip install 'edge-htr[desktop]'",
        ),
        (
            ModuleNotFoundError("No module named 'PIL.Image'", name="PIL.Image"),
            1,
            "'probe' needs PIL: pip install 'edge-htr[desktop]'",
        ),
    ],
)
def test_errors_are_one_line_on_stderr(
    invoke: Invoke, error: Exception, code: int, line: str
) -> None:
    result = invoke(raising(error))
    assert result.exit_code == code
    assert result.stderr == f"Error: {line}\n"
    assert result.stdout == ""


@pytest.mark.parametrize(
    "command",
    [
        "train --data edge_runtime/samples --out {new}",
        "convert train/checkpoints/vi-line.keras -o {new}",
        "eval train/checkpoints/vi-line.keras edge_runtime/samples",
        "synth --fonts tests/fixtures/fonts --text tests/fixtures/text --count 1 --out {new}",
        "recombine train/checkpoints/vi-line.keras --data edge_runtime/samples"
        " --text tests/fixtures/text --count 1 --out {new}.npy",
        "photograph --data edge_runtime/samples --count 1 --out {new}.npy",
    ],
)
def test_a_command_whose_extra_is_missing_names_it(
    root_dir: Path, tmp_path: Path, command: str
) -> None:
    """As on a device; child processes do not find the packages either."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    for name in ("tensorflow", "keras", "rich", "PIL", "fontTools"):
        missing = f"raise ModuleNotFoundError({f'No module named {name!r}'!r}, name={name!r})\n"
        (hidden / f"{name}.py").write_text(missing)
    done = subprocess.run(
        [sys.executable, "-m", "edge_runtime", *command.format(new=tmp_path / "new").split()],
        cwd=root_dir,
        env=os.environ | {"PYTHONPATH": str(hidden), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].endswith(": pip install 'edge-htr[desktop]'")
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["hidden"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_interruption_exits_130(invoke: Invoke, error: BaseException) -> None:
    result = invoke(raising(error))
    assert result.exit_code == 130
    assert result.stderr.strip() == "Interrupted."


@pytest.mark.parametrize("error", [ValueError("a bug"), ModuleNotFoundError(name="mistyped")])
def test_bugs_keep_their_traceback(invoke: Invoke, error: Exception) -> None:
    assert invoke(raising(error)).exception is error


def test_a_table_entry_that_is_no_command_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "probe", Entry("edge_runtime.cli:COMMANDS", "Probe."))
    with pytest.raises(TypeError, match="not a click command"):
        cli.get_command(click.Context(cli), "probe")


def talk() -> None:
    logging.getLogger("edge_runtime.talk").info("details")
    click.echo("result")


@pytest.mark.parametrize(("options", "stderr"), [([], ""), (["-v"], "INFO edge_runtime.talk:")])
def test_log_goes_to_stderr_when_asked(
    invoke: Callable[..., Result], options: list[str], stderr: str
) -> None:
    result = invoke(talk, *options)
    assert result.stdout == "result\n"
    assert result.stderr.startswith(stderr)
    assert bool(result.stderr) is bool(stderr)
    assert not logging.getLogger("edge_runtime").handlers


def test_vv_shows_where_an_error_comes_from(invoke: Callable[..., Result]) -> None:
    result = invoke(raising(BundleError("damaged")), "-vv")
    assert "Traceback" in result.stderr
    assert result.stderr.endswith("Error: damaged\n")


def test_interrupt_outside_of_click_exits_130(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_module, "cli", lambda **_: raising(KeyboardInterrupt())())
    with pytest.raises(SystemExit) as stop:
        cli_module.main()
    assert stop.value.code == 130


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX pipe")
def test_a_closed_pipe_is_quiet(root_dir: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    result = subprocess.run(
        [sys.executable, "-m", "edge_runtime", "devices", "--json"],
        cwd=root_dir,
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert result.stderr == b""
