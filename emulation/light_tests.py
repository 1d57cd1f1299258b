"""The tests that are run on emulated boards.

Those whose outcome can depend on the machine: runtime, OpenCV, number formats, files as bytes, and
what the programs know of the board. The rest is plain Python that already ran here; under
emulation the whole suite takes twenty times as long.
"""

from typing import Final

_NAMES: Final = (
    *("bundle", "charset", "converted", "ctc", "decoder", "device", "image", "interpreter"),
    *("lexicon", "lines", "machine", "macs", "network_file", "preprocess", "recognizer"),
    *("runtimes", "second_row", "seed_image", "shipped_model", "words"),
)
FILES: Final = tuple(f"tests/edge_runtime/test_{name}.py" for name in _NAMES)
