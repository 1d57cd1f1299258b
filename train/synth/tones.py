"""Where the tone mark of oa, oe and uy stands: ``hoà`` (new) or ``hòa`` (old)."""

import re
import unicodedata

_TONE = "[\u0300\u0301\u0303\u0309\u0323]"
_OLD = re.compile(rf"(o)({_TONE})([ae])(?![\w\u0300-\u036f])|((?<!q)u)({_TONE})(y)(?!\w)", re.I)
_NEW = re.compile(rf"(o)([ae])({_TONE})(?![\w\u0300-\u036f])|((?<!q)u)(y)({_TONE})(?!\w)", re.I)


def new_placement(text: str) -> str:
    """Tones of open oa, oe, uy on the second vowel; NFC."""
    return unicodedata.normalize("NFC", _OLD.sub(_swap, unicodedata.normalize("NFD", text)))


def old_placement(text: str) -> str:
    """Tones of open oa, oe, uy on the first vowel; NFC."""
    return unicodedata.normalize("NFC", _NEW.sub(_swap, unicodedata.normalize("NFD", text)))


def _swap(match: re.Match[str]) -> str:
    first, second, third = (group for group in match.groups() if group is not None)
    return first + third + second
