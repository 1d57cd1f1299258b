"""The soak, short: nothing is lost and nothing leaks, whatever fails meanwhile."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_leaks(root_dir: Path) -> None:
    """In a process of its own: it limits the size of files, and its memory is measured."""
    command = [sys.executable, "-m", "tests.camera_soak", "--frames", "3000", "--losses", "10"]
    done = subprocess.run(
        command, cwd=root_dir, capture_output=True, encoding="utf-8", timeout=240, check=False
    )
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    assert report["missing"] == {"file": 0, "log": 0, "server": 0}
    assert report["lines"] >= 3 * 248
    assert report["lost"] >= 10
    assert report["disk_full"] == 5
    assert report["growth_percent"] < 5.0  # histories still fill in so short a run
    assert report["threads"] == 0
