"""The GitHub action and the shell snippet of docs/ci.md: their own lines, run here.

`pip` and `gh` are stubs that note what they were told; `edge-htr` is the real one.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_models import model_path
from tests.yaml_subset import parse

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("bash") is None, reason="needs bash"
)

ACTION = ".github/actions/check/action.yml"
# As a virtual environment's: `-m venv DIR` makes DIR/bin/python, anything else is noted.
PYTHON = """#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; \
cp "$STUBS/edge-htr" "$3/bin/"; exit; fi
echo "$@" >> "$STUBS/pip.log"
"""
GH = """#!/bin/sh
echo "$@" >> "$STUBS/gh.log"
case "$*" in *--paginate*) printf '%s' "$OLD_COMMENT";; esac
"""


@dataclass
class Runner:
    """A machine of GitHub, as far as the action looks at it."""

    folder: Path
    steps: dict[str, dict[str, Any]]

    def step(self, name: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the lines of a step, with its variables empty where the test does not set them."""
        step = self.steps[name]
        assert set(env) <= set(step.get("env", {})) | {"OLD_COMMENT"}
        blank = dict.fromkeys(step.get("env", {}), "")
        return self.bash(step["run"], blank | env)

    def bash(self, script: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        own = {
            "STUBS": str(self.folder / "bin"),
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "RUNNER_TEMP": str(self.folder / "temp"),
            "GITHUB_REPOSITORY": "owner/project",
            **{n: str(self.folder / n) for n in ("GITHUB_PATH", "GITHUB_OUTPUT")},
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
        }
        return subprocess.run(
            ["bash", "-c", script], env=os.environ | own | env, cwd=self.folder,
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    def read(self, name: str) -> str:
        path = self.folder / name
        return path.read_text(encoding="utf-8") if path.exists() else ""


@pytest.fixture
def runner(root_dir: Path, tmp_path: Path) -> Runner:
    (tmp_path / "temp").mkdir()
    (tmp_path / "bin").mkdir()
    real = f'#!/bin/sh\nPYTHONPATH="{root_dir}" exec "{sys.executable}" -m edge_runtime "$@"\n'
    for name, text in {"python3": PYTHON, "gh": GH, "edge-htr": real}.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    action = parse((root_dir / ACTION).read_text(encoding="utf-8"))
    return Runner(tmp_path, {step["name"]: step for step in action["runs"]["steps"]})


def test_it_uses_no_other_action_and_no_input_inside_a_script(root_dir: Path) -> None:
    action = parse((root_dir / ACTION).read_text(encoding="utf-8"))
    assert action["runs"]["using"] == "composite"
    assert set(action["inputs"]) >= {"model", "device", "baseline", "data", "version"}
    for step in action["runs"]["steps"]:
        assert "uses" not in step
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]  # a model named $(rm -rf) must stay a name
        for said in step.get("env", {}).values():
            for name in re.findall(r"inputs\.([\w-]+)", said):
                assert name in action["inputs"]


@pytest.mark.parametrize(
    ("version", "wanted"),
    [("", "here/../../.."), ("0.1.0", "edge-htr==0.1.0"), ("dist/a.whl", "dist/a.whl")],
)
def test_it_installs_its_own_commit_or_a_release(runner: Runner, version: str, wanted: str) -> None:
    done = runner.step("Install edge-htr", VERSION=version, ACTION_PATH="here")
    assert done.returncode == 0, done.stderr
    assert runner.read("bin/pip.log") == f"-m pip install --quiet {wanted}\n"
    assert runner.read("GITHUB_PATH") == f"{runner.folder / 'temp' / 'edge-htr' / 'bin'}\n"


def test_a_model_that_passes(runner: Runner) -> None:
    done = runner.step(
        "Check the model", MODEL=str(model_path()), DEVICES="pi4\n pi5 ", ARGUMENTS="--no-timing"
    )
    assert done.returncode == 0, done.stderr
    summary = runner.read("summary.md")
    assert "### edge-htr check: passed" in summary
    assert "| pi4 |" in summary
    assert "| pi5 |" in summary
    assert runner.read("GITHUB_OUTPUT") == "exit-code=0\n"
    assert "<testsuite" in runner.read("temp/edge-htr-check.xml")


def test_a_model_that_fails_says_so_and_fails_the_job(runner: Runner, root_dir: Path) -> None:
    done = runner.step(
        "Check the model",
        MODEL=str(model_path()),
        DEVICES="pi4",
        ARGUMENTS="--no-timing",
        BASELINE=str(root_dir / "tests/baselines/vi-line.json"),
        DATA=str(root_dir / "edge_runtime/samples"),
    )
    assert done.returncode == 0, done.stderr  # the comment comes first
    assert "### edge-htr check: exceeded" in runner.read("summary.md")
    assert "Error: exceeded: CER" in done.stderr
    assert runner.read("GITHUB_OUTPUT") == "exit-code=3\n"
    assert runner.step("Pass or fail", CODE="3").returncode == 3
    assert runner.step("Pass or fail", CODE="0").returncode == 0


def test_an_error_is_in_the_summary_too(runner: Runner) -> None:
    name = "a b;$(touch hacked).tflite"
    runner.step("Check the model", MODEL=name, DEVICES="pi4 *", ARGUMENTS="--no-timing")
    assert "### edge-htr check: error" in runner.read("summary.md")
    assert "unknown device '*'" in runner.read("summary.md")
    assert runner.read("GITHUB_OUTPUT") == "exit-code=1\n"
    runner.step("Check the model", MODEL=name, DEVICES="pi4", ARGUMENTS="--no-timing")
    assert f"{name}: no such file" in runner.read("summary.md")
    assert not (runner.folder / "hacked").exists()


def test_it_comments_once_and_then_renews(runner: Runner) -> None:
    comment = "Comment on the pull request"
    assert runner.step(comment, NUMBER="7").returncode == 0
    assert runner.step(comment, GH_TOKEN="secret").returncode == 0
    assert runner.read("bin/gh.log") == ""
    assert runner.step(comment, NUMBER="7", GH_TOKEN="secret").returncode == 0
    last = runner.read("bin/gh.log").splitlines()[-1]
    assert "-X POST repos/owner/project/issues/7/comments -F body=@" in last
    runner.step(comment, NUMBER="7", GH_TOKEN="secret", OLD_COMMENT="41\n42\n")
    last = runner.read("bin/gh.log").splitlines()[-1]
    assert "-X PATCH repos/owner/project/issues/comments/41 " in last


def test_the_shell_snippet_of_the_page(runner: Runner, root_dir: Path) -> None:
    page = (root_dir / "docs" / "ci.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"```bash\n(.*?)```", page, flags=re.DOTALL)
    shutil.copytree(root_dir / "edge_runtime" / "samples", runner.folder / "lines")
    shutil.copy(root_dir / "tests" / "baselines" / "vi-line.json", runner.folder / "baseline.json")
    script = script.replace(" check ", " check --no-timing ")
    assert runner.bash(script, {"MODEL": "vi-line"}).returncode == 0
    assert runner.bash(script, {"MODEL": str(model_path())}).returncode == 3
    assert "<failure" in runner.read("check.xml")
    assert "### edge-htr check: exceeded" in runner.read("check.md")


@pytest.mark.parametrize("text", ["a: [1, 2]", "a: 'b'", "- a", 'a: "b" # c', "a: b\n  c: d"])
def test_the_reader_refuses_what_it_does_not_know(text: str) -> None:
    with pytest.raises(ValueError, match="not"):
        parse(text)
