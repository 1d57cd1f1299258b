"""Finds the lines of a page between marks of the counting plugin; see ``emulation/insn_count.c``.

    python count_page.py PICTURE

The second search is counted, then the cutting out of all its lines. Prints how many there are.
"""

import os
import sys

import cv2

from edge_runtime import load_gray
from edge_runtime.lines import find_lines


def main() -> None:
    """Search twice, with marks around the second time and the cutting."""
    cv2.setNumThreads(1)
    picture = load_gray(sys.argv[1])
    for line in find_lines(picture).lines:
        assert line.crop.size
    os.getppid()
    page = find_lines(picture)
    os.getppid()
    for line in page.lines:
        assert line.crop.size
    os.getppid()
    print(len(page.lines))


if __name__ == "__main__":
    main()
