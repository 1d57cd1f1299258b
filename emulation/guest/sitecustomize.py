"""What every emulated Python does first: children are started through the emulator as well."""

import os
import sys

if "EMULATED_PYTHON" in os.environ:
    sys.executable = os.environ["EMULATED_PYTHON"]
