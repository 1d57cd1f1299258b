"""The chart of instructions over models and versions, as a picture file."""

from collections.abc import Sequence
from typing import Any, Final

from edge_runtime.svg import Bar, bars

_STYLE: Final = (
    "<style>svg{font:12px sans-serif;background:#fff}text{fill:#333}.mark{fill:#9ab}"
    ".strong{fill:#26a}.axis{stroke:#333}.grid{stroke:#ddd}</style>"
)
_ACCENT: Final = "cortex-a72"


def bars_of(history: Sequence[dict[str, Any]]) -> str:
    """An SVG file with a bar for each core of each entry.

    Args:
        history: of ``instructions.HISTORY``, oldest first.
    """
    rows = [
        Bar(
            f"{one['model']} {one['network'][:6]} {core.removeprefix('cortex-')}",
            0.0,
            counts["line"] / 1e6,
            f"{counts['line'] / 1e6:.0f} ({counts['inference'] / 1e6:.0f})",
            core == _ACCENT,
        )
        for one in history
        for core, counts in sorted(one["counts"].items())
    ]
    drawn = bars(rows, "million instructions for a line (in the network)")
    head = '<svg xmlns="http://www.w3.org/2000/svg" '
    return f"{drawn.replace('<svg ', head, 1).replace('>', f'>{_STYLE}', 1)}\n"
