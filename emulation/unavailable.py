"""What is said where there is no emulation: neither a pass nor a failure."""

from typing import Final

from edge_runtime.errors import EdgeHtrError

SKIPPED: Final = 77
"""Exit code, as the test harness of GNU Automake has it: skipped."""


class UnavailableError(EdgeHtrError):
    """This machine cannot emulate a board: a tool, a package or the network is missing."""

    exit_code = SKIPPED
