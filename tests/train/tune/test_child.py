"""Commands in processes of their own: what they say, how they end, Ctrl-C."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from train.tune.child import run_command

ROOT = Path(__file__).resolve().parents[3]
# A stand-in for `python -m edge_runtime`: says that it is there, then waits for Ctrl-C.
WAITING = """
import signal, sys
signal.signal(signal.SIGINT, lambda *_: (print("saving", file=sys.stderr), sys.exit(130)))
print("ready", file=sys.stderr, flush=True)
signal.pause()
"""
PARENT = """
import os, signal, sys
from pathlib import Path
from train.tune.child import ended_like_interrupted, run_command

def say(text):
    print(text, flush=True)
    if text == "ready":
        os.kill(os.getpid(), int(sys.argv[1]))

with ended_like_interrupted():
    try:
        run_command(["train"], Path("log"), say)
    except KeyboardInterrupt:
        sys.exit(130)
"""


def test_its_error_is_the_answer(tmp_path: Path) -> None:
    said: list[str] = []
    log = tmp_path / "log"
    assert run_command(["info", str(tmp_path / "no.tflite")], log, said.append) is not None
    assert run_command(["--version"], log, said.append) is None
    assert all(line in log.read_text() for line in said)
    failed = run_command(["devices", "--nonsense"], log, said.append)
    assert failed is not None
    assert "nonsense" in failed


def test_ctrl_c_reaches_it_once_and_it_may_save(tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text(PARENT)
    for number in (signal.SIGINT, signal.SIGTERM):
        code = (
            "import sys, runpy\n"
            "import train.tune.child as c\n"
            "real = c.subprocess.Popen\n"
            f"c.subprocess.Popen = lambda w, **k: real([sys.executable, '-c', {WAITING!r}], **k)\n"
            "runpy.run_path('run.py')\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(int(number))],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 130, done.stderr
        assert done.stdout.split() == ["ready", "saving"]
