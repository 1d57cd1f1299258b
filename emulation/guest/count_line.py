"""Reads a line between marks of the counting plugin; see ``emulation/insn_count.c``.

    python count_line.py MODEL OTHER PICTURE

Another line is read before it, as on a board, where no line is as wide as the last: the interpreter
is resized within what is counted. Both were read before: start-up is not. Prints the stages.
"""

import json
import os
import sys
from pathlib import Path

import cv2

from edge_runtime import Recognizer, recognizer


class MarkingStopwatch(recognizer.Stopwatch):
    """Sets a mark where the recognizer ends a stage."""

    stages: list[str]

    def __init__(self) -> None:
        super().__init__()
        self.stages = MarkingStopwatch.stages = []
        os.getppid()

    def lap(self, stage: str) -> None:
        """End a stage."""
        os.getppid()
        self.stages.append(stage)
        super().lap(stage)


def main() -> None:
    """Read the other line, the line, and both again, the last of them with marks."""
    cv2.setNumThreads(1)
    model, other, picture = map(Path, sys.argv[1:])
    reader = Recognizer(model, threads=1)
    contents = [path.read_bytes() for path in (other, picture)]
    for content in (*contents, contents[0]):
        reader.read_file(content)
    recognizer.Stopwatch = MarkingStopwatch  # type: ignore[misc]
    reader.read_file(contents[1])
    print(json.dumps(MarkingStopwatch.stages))


if __name__ == "__main__":
    main()
