"""The tests that are run on emulated boards.

Those whose outcome can depend on the machine: runtime, OpenCV, number formats, files as bytes, and
what the programs know of the board. The rest is plain Python that already ran here; under
emulation the whole suite takes twenty times as long.
"""

from typing import Final

_NAMES: Final = (
    *("bundle", "charset", "converted", "ctc", "decoder", "device", "image", "interpreter"),
    *("lexicon", "lines", "machine", "macs", "network_file", "preprocess", "recognizer"),
    *("runtimes", "second_row", "seed_image", "words"),
)
FILES: Final = tuple(f"tests/edge_runtime/test_{name}.py" for name in _NAMES)
OPTIONS: Final = (
    *("-q", "-p", "no:cacheprovider", "--timeout", "0", "-m", "not desktop and not slow"),
    # A library switches the smallest numbers off in 32-bit programs; numpy finds that strange.
    *("-W", "ignore:The value of the smallest subnormal:UserWarning"),
)
_TOO_LONG: Final = "not shipped_model"
"""They read the samples again and again, which the golden lines do once."""
_NOT_32_BIT: Final = " and not delegate_runs_what_it_can"
"""The 32-bit tflite-runtime has no delegate."""


def command(bits: int) -> tuple[str, ...]:
    """What follows `python` on a system of 32 or 64 bits, but for the files."""
    left_out = _TOO_LONG + (_NOT_32_BIT if bits == 32 else "")
    return ("-m", "pytest", *OPTIONS, "-k", left_out)
