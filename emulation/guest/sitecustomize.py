"""What every emulated Python does first."""

import os
import sys

if "EMULATED_PYTHON" in os.environ:
    # Children are started through the emulator as well: the PC's kernel knows no ARM programs.
    sys.executable = os.environ["EMULATED_PYTHON"]
    # One thread an inference: threads wait for each other in a loop, which takes ages here.
    os.sched_getaffinity = lambda _process: {0}
