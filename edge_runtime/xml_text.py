"""Texts for XML files."""

import re
from xml.sax.saxutils import escape, quoteattr


def xml_attribute(value: str) -> str:
    """A value with the quotes around it."""
    return quoteattr(_without_controls(value))


def xml_text(value: str) -> str:
    """A text between tags."""
    return escape(_without_controls(value))


def xml_comment(value: str) -> str:
    """A text in a comment, which must not hold two hyphens in a row or end with one."""
    return xml_text(value).replace("-", "- ")


def _without_controls(value: str) -> str:
    """XML has no place for control characters and a few others, not even escaped."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", value)
