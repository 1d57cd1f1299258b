"""The throttle bits of a Raspberry Pi, as `vcgencmd get_throttled` prints them.

Meaning of the bits: raspberrypi/documentation, vcgencmd, get_throttled.
"""

import re
from typing import Final

NOW: Final = {
    0: "under-voltage",
    1: "clock capped",
    2: "throttled",
    3: "soft temperature limit",
}
"""Bit -> what is so at the moment; sixteen bits higher: has been so since the board was started."""

NOW_MASK: Final = 0xF
SINCE_MASK: Final = 0xF0000


def parse_throttled(said: str) -> int | None:
    """The bits from ``throttled=0x50005``; None where that is not what was said."""
    found = re.search(r"throttled=(0x[0-9a-fA-F]+)", said)
    return int(found.group(1), 16) if found else None


def describe_bits(bits: int) -> list[str]:
    """What the bits say, what is so now first."""
    now = [f"{name} now" for bit, name in NOW.items() if bits >> bit & 1]
    since = [
        f"{name} since start"
        for bit, name in NOW.items()
        if bits >> (bit + 16) & 1 and not bits >> bit & 1
    ]
    return now + since


def new_throttling(before: int | None, after: int | None) -> list[str]:
    """What set in between two readings and is no known state of before; empty where unknown.

    A bit of "now" that was there before counts as well: the whole time in between was spoilt.
    """
    if before is None or after is None:
        return []
    risen = after & ~before & (NOW_MASK | SINCE_MASK)
    return [
        name
        for bit, name in NOW.items()
        if risen >> bit & 1 or risen >> (bit + 16) & 1 or after >> bit & 1
    ]
