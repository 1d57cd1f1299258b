"""The errors of edge-htr. Each is one clear line for the user and carries the exit code.

EdgeHtrError                 1
├── ImageError               1  a picture cannot be read or is outside the limits
├── CameraError              1  a camera or stream cannot be opened, or is lost
├── DataError                1  a data set, label or charset is not as expected
├── BundleError              1  a model file is damaged, foreign or inconsistent
├── LexiconError             1  a lexicon is damaged, hostile or cannot be built
├── RuntimeMissingError      1  no usable TFLite runtime, or an extra is not installed
├── InferenceError           1  the runtime refused or failed to run the network
├── RecipeError              1  a training recipe or checkpoint does not fit
├── ConversionError          1  the converter failed, crashed or met an unsupported layer
└── GateError                3  a budget, tolerance or gate is exceeded
"""


class EdgeHtrError(Exception):
    """Base of all errors that the command line prints as one line and turns into an exit code."""

    exit_code: int = 1


class ImageError(EdgeHtrError):
    """A picture cannot be read, decoded, or is outside the size limits."""


class CameraError(EdgeHtrError):
    """A camera, video or stream cannot be opened, or gives no more pictures."""


class DataError(EdgeHtrError):
    """A data set, label, split or charset is not as expected."""


class BundleError(EdgeHtrError):
    """A model file is damaged, truncated, hostile, foreign or inconsistent."""


class LexiconError(EdgeHtrError):
    """A lexicon file is damaged, hostile or foreign, or its sources do not make one."""


class RuntimeMissingError(EdgeHtrError):
    """No usable TFLite runtime is installed, or a package of an extra is missing."""


class InferenceError(EdgeHtrError):
    """The TFLite runtime refused to load the network or failed to run it."""


class RecipeError(EdgeHtrError):
    """A training recipe or checkpoint is invalid or does not fit."""


class ConversionError(EdgeHtrError):
    """A conversion failed: the converter crashed, or a layer or operator is not supported."""


class GateError(EdgeHtrError):
    """A budget, tolerance or quality gate is exceeded; the command exits with 3."""

    exit_code = 3
