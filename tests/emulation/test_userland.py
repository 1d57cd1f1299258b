"""Emulated systems: they look like the boards of the profiles, and start through qemu."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from deploy.target import Target
from edge_runtime.board import recognise
from edge_runtime.check_baseline import read_baseline, regressions
from edge_runtime.check_finding import EXCEEDED
from edge_runtime.device import known_profiles, load_profile
from edge_runtime.shipped import shipped_names
from emulation.board import Board
from emulation.chart import bars_of
from emulation.cores import A72, Core, view
from emulation.instructions import BASELINES, CHART, HISTORY, MODELS_COUNTED, add
from emulation.light_tests import FILES
from emulation.userland import USERLANDS, Emulated, Userland

CORES = [(userland, core) for userland in USERLANDS for core in userland.cores]


@pytest.mark.parametrize(("userland", "core"), CORES, ids=lambda x: x.name)
def test_a_core_is_taken_for_its_board(tmp_path: Path, userland: Userland, core: Core) -> None:
    profile = load_profile(core.device)
    root = view(tmp_path / "system", core, tmp_path / "view")
    here = recognise(known_profiles(), root, profile.runtime.os_bits)
    assert here is not None
    assert here.id == core.device
    assert profile.emulation is not None
    assert profile.emulation.qemu_cpu == core.name
    if userland.bits == 64:
        assert int(profile.emulation.cpuinfo_part, 16) == core.part


def test_every_supported_system_is_emulated() -> None:
    targets = {(userland.target, userland.runtime) for userland in USERLANDS}
    assert (Target("aarch64", "3.11"), "ai-edge-litert") in targets
    assert (Target("aarch64", "3.13"), "ai-edge-litert") in targets
    assert (Target("aarch64", "3.11"), "tflite-runtime") in targets
    assert (Target("armv7l", "3.11"), "tflite-runtime") in targets
    assert [u.name for u in USERLANDS if u.counted] == ["litert-3.11"]


def test_the_launcher_hands_words_and_variables_on(tmp_path: Path) -> None:
    emulated = Emulated(USERLANDS[0], tmp_path / "sys", tmp_path / "site", tmp_path / "qemu")
    loader = tmp_path / "qemu" / "lib64" / "ld-linux-x86-64.so.2"
    loader.parent.mkdir(parents=True)
    loader.write_text('#!/bin/sh\nfor word; do echo "$word"; done\n')
    loader.chmod(loader.stat().st_mode | stat.S_IXUSR)
    python = emulated.python(A72)
    words = subprocess.run(
        [python, "-c", "print(1, 2)"],
        env=os.environ | {"PYTHONPATH": "/a dir", "QEMU_ARGUMENTS": "-plugin x,out=y"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert words[words.index("-cpu") + 1] == "cortex-a72"
    assert words[words.index("-plugin") + 1] == "x,out=y"
    assert words[-2:] == ["-c", "print(1, 2)"]
    (path,) = [word for word in words if word.startswith("PYTHONPATH=")]
    assert f":/a dir:{tmp_path / 'site'}:" in path
    assert f"EMULATED_PYTHON={python}" in words
    assert Board(emulated, A72, python, first=True).name == "litert-3.11 cortex-a72"


def test_the_chosen_tests_are_there(root_dir: Path) -> None:
    assert [name for name in FILES if not (root_dir / name).is_file()] == []


@pytest.mark.parametrize("model", MODELS_COUNTED)
def test_one_per_cent_more_instructions_fail(model: str) -> None:
    report = read_baseline(BASELINES / f"{model}.json")
    assert set(report["instructions"]) == {"cortex-a53", "cortex-a72", "cortex-a76"}
    for factor, over in ((1.009, 0), (1.011, 6)):
        counts = {
            core: {stage: round(n * factor) for stage, n in stages.items()}
            for core, stages in report["instructions"].items()
        }
        found = regressions({**report, "instructions": counts}, report)
        assert sum(finding.verdict == EXCEEDED for finding in found) == over


def test_the_counts_are_those_of_the_shipped_models() -> None:
    assert set(MODELS_COUNTED) == set(shipped_names()) or not shipped_names()
    history = json.loads(HISTORY.read_text(encoding="utf-8"))
    for model in MODELS_COUNTED:
        baseline = read_baseline(BASELINES / f"{model}.json")
        (last,) = [one for one in history if one["model"] == model][-1:]
        assert last["counts"] == baseline["instructions"], "make baseline-arm"
        assert baseline["model"]["network_sha256"].startswith(last["network"])
    assert CHART.read_text(encoding="utf-8") == bars_of(history)


def test_an_entry_of_the_same_network_is_replaced() -> None:
    old = {"version": "1", "model": "m", "network": "abc", "counts": {}}
    new = {**old, "counts": {"cortex-a72": {"line": 2_000_000, "inference": 1_000_000}}}
    other = {**old, "network": "def"}
    assert add([old, other], new) == [other, new]
    drawn = bars_of(add([other], new))
    assert drawn.startswith('<svg xmlns="http://www.w3.org/2000/svg" ')
    assert "m abc a72" in drawn
    assert "2 (1)" in drawn
