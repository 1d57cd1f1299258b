"""The golden lines: the samples that come with edge-htr, and lines that are drawn here."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np

from edge_runtime.bench import SAMPLES
from edge_runtime.check_lines import labelled_lines
from edge_runtime.image import Gray

DRAWN: Final = (
    ("drawn-short.png", ("So 7",), 0.9),
    ("drawn-ruled.png", ("12/5 Tran Phu, Hue",), 1.0),
    ("drawn-two-rows.png", ("Xa Hiep Hoa, Huyen Vu Thu,", "Thai Binh"), 0.8),
    ("drawn-wide.png", ("Thon 69 Xa Hong Ly Huyen Vu Thu Tinh Thai Binh Viet Nam",), 1.0),
)
"""Name, rows of text, size: what the samples lack. Printed strokes, so that no font is needed."""
_ROW: Final = 44


def write_pictures(folder: Path) -> list[Path]:
    """Paths of all golden lines, those that are drawn without loss in ``folder``."""
    folder.mkdir(exist_ok=True)
    for name, rows, size in DRAWN:
        if not (folder / name).exists():
            cv2.imwrite(str(folder / name), draw(rows, size, ruled="ruled" in name))
    return [*sorted(SAMPLES.glob("*.jpg")), *(folder / name for name, _, _ in DRAWN)]


def draw(rows: tuple[str, ...], size: float, *, ruled: bool) -> Gray:
    """Dark strokes on shaded, grainy paper, uint8 (h, w)."""
    font = cv2.FONT_HERSHEY_SCRIPT_SIMPLEX
    widest = max(cv2.getTextSize(text, font, size, 2)[0][0] for text in rows)
    height, width = _ROW * len(rows) + 24, widest + 60
    shade = 232 - 40 * np.linspace(0, 1, width)[None, :] * np.ones((height, 1))
    grain = np.random.default_rng(len(rows[0])).normal(0, 3, (height, width))
    paper = np.clip(shade + grain, 0, 255).astype(np.uint8)
    for number, text in enumerate(rows):
        base = _ROW * (number + 1)
        cv2.putText(paper, text, (30, base), font, size, 60, 2, cv2.LINE_AA)
        if ruled:
            cv2.line(paper, (0, base + 4), (width, base + 6), 150, 1)
    return paper


def labels() -> dict[str, str]:
    """What is written in each sample."""
    return {path.name: text for path, text in labelled_lines(SAMPLES)}
