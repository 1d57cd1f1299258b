"""Parts of an address: house numbers, hamlets, streets, units with their type words."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from train.synth.corpus import Corpus

Generator = np.random.Generator
Item = TypeVar("Item")

_TYPES = {
    "Thành phố": ("Tp", "TP", "TP.", "T.P", "Thành phố"),
    "Thị trấn": ("Tt", "TT", "TT.", "Thị trấn", "Thị Trấn"),
    "Thị xã": ("Tx", "TX", "TX.", "Thị xã", "Thị Xã"),
    "Phường": ("P", "P.", "F", "Phường", "phường"),
    "Quận": ("Q", "Q.", "Quận", "quận"),
    "Huyện": ("H", "H.", "Huyện", "huyện"),
    "Tỉnh": ("T.", "Tỉnh", "tỉnh"),
    "Xã": ("X", "X.", "Xã", "xã"),
}
_HAMLETS = (
    ("Thôn", 30), ("Ấp", 17), ("Tổ", 14), ("Khu", 6), ("Xóm", 6), ("Tdp", 3), ("Kp", 3),
    ("Khóm", 3), ("Khu Phố", 4), ("Tổ Dân Phố", 3), ("Bản", 2), ("Đội", 2), ("Làng", 1),
    ("Khối", 2), ("Buôn", 1), ("Tiểu Khu", 1), ("Ô", 1), ("Ngõ", 1), ("Ấp", 1), ("Cụm", 1),
)  # fmt: skip


def pick(items: Sequence[Item], rng: Generator) -> Item:
    """One of ``items``."""
    return items[int(rng.integers(len(items)))]


def number(rng: Generator) -> str:
    """A house number: 7, 12a, 45/6, 271/7B."""
    text = str(digits(rng))
    while rng.random() < 0.3 and len(text) < 9:
        text += "/" + str(digits(rng))
    if rng.random() < 0.12:
        text += pick("aAbBcCdDeEgGhHkKmM", rng)
    return "0" + text if rng.random() < 0.06 else text


def digits(rng: Generator) -> int:
    """A number of one to three digits."""
    return int(rng.integers(1, (10, 100, 1000)[int(rng.choice(3, p=(0.25, 0.5, 0.25)))]))


def hamlet(corpus: Corpus, rng: Generator) -> str:
    """Thôn 5, Ấp Suối Đục, Khu Phố 3B."""
    weights = np.cumsum([weight for _, weight in _HAMLETS])
    kind = _HAMLETS[int(np.searchsorted(weights, rng.random() * weights[-1], side="right"))][0]
    if kind == "Tổ" or rng.random() < 0.35:
        return f"{kind} {digits(rng)}{pick('ABabC', rng) if rng.random() < 0.1 else ''}"
    name = place_name(corpus, rng)
    tail = pick(("A", "B", "1", "2", "3", "Đông", "Tây", "Thượng", "Hạ"), rng)
    return f"{kind} {name} {tail}" if rng.random() < 0.12 else f"{kind} {name}"


def place_name(corpus: Corpus, rng: Generator) -> str:
    """A plausible place name: a ward's, or two syllables."""
    if rng.random() < 0.4:
        return bare(pick(corpus.places, rng)[0])[1]
    return " ".join(pick(corpus.syllables, rng).capitalize() for _ in range(2))


def street(corpus: Corpus, rng: Generator) -> str:
    """A street's name, or a place's where no streets are listed."""
    return pick(corpus.streets, rng) if corpus.streets else place_name(corpus, rng)


def bare(unit: str) -> tuple[str, str]:
    """Type word and name of a unit: ``Huyện``, ``An Phú``."""
    for kind in _TYPES:
        if unit.startswith(kind + " "):
            return kind, unit[len(kind) + 1 :]
    return "", unit


def typed(kind: str, name: str, rng: Generator, short: float) -> str:
    """A unit with its type word, in full or (chance ``short``) abbreviated."""
    if not kind or rng.random() >= short:
        return f"{kind} {name}".strip()
    mark = pick(_TYPES[kind], rng)
    tight = mark.endswith(".") or name.isdigit()
    return f"{mark}{name}" if tight and rng.random() < 0.5 else f"{mark} {name}"


def province_name(province: str, city: float, rng: Generator) -> str:
    """A province without its type word; TP before Hồ Chí Minh with the chance ``city``."""
    name = bare(province)[1]
    if name == "Hồ Chí Minh" and rng.random() < city:
        mark = pick(("Tp", "TP", "TP", "TP."), rng)
        return f"{mark} {'HCM' if rng.random() < 0.12 else name}"
    return province if rng.random() < 0.05 else name
