"""Texts in the label styles of the real sets, and salads that reach every symbol."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from edge_runtime.charset import Charset, normalize_text
from edge_runtime.errors import DataError
from train.synth import salads
from train.synth.corpus import Corpus
from train.synth.places import (
    bare,
    digits,
    hamlet,
    number,
    pick,
    place_name,
    province_name,
    street,
    typed,
)
from train.synth.settings import TextSettings
from train.synth.tones import new_placement, old_placement

Generator = np.random.Generator

_WAYS = ("đường", "phố", "Đường", "Phố", "ngõ", "hẻm", "ngách", "kiệt", "đại lộ", "Đ.")

_UNITS = ("phường", "quận", "huyện")


@dataclass(frozen=True)
class Written:
    """What the writer writes and what the label says; they differ where real sets do."""

    drawn: str
    label: str
    style: str


def compose(corpus: Corpus, settings: TextSettings, charset: Charset, rng: Generator) -> Written:
    """A random text within the length limits, all symbols from ``charset``, both forms NFC.

    Raises:
        DataError: the style settings name an unknown style, or no text fits the limits.
    """
    style = "given" if corpus.lines else _style(corpus, settings, rng)
    low, high = settings.lengths
    for _ in range(60):
        written = _finish(_MAKERS[style](corpus, rng), style, settings, rng)
        fits = low <= len(written.label) <= high or style == "given"
        if written.label and fits and not charset.unknown(written.drawn + written.label):
            return written
    raise DataError(f"no {style} text of {low} to {high} characters: widen the limits")


def _style(corpus: Corpus, settings: TextSettings, rng: Generator) -> str:
    unknown = sorted(set(settings.styles) - set(_MAKERS))
    if unknown or not settings.styles:
        raise DataError(f"unknown text style {unknown}: choose from {sorted(_MAKERS)}")
    names = [s for s in settings.styles if corpus.places or s not in ("kalapa", "cinnamon")]
    if not names:
        raise DataError("address styles need vn_ward_district_province.tsv in the text folder")
    shares = np.cumsum([settings.styles[name] for name in names])
    return names[int(np.searchsorted(shares, rng.random() * shares[-1], side="right"))]


def _finish(text: str, style: str, settings: TextSettings, rng: Generator) -> Written:
    place = old_placement if rng.random() < settings.old_tone else new_placement
    label = normalize_text(place(text) if style != "given" else text)
    drawn = label
    if style not in ("given", "rare") and rng.random() < settings.capitals:
        label = drawn = label.upper()
    elif style == "kalapa":
        label = drawn = title_case(label)
        if rng.random() < settings.kalapa_lower:
            drawn = " ".join(w.lower() if rng.random() < 0.7 else w for w in label.split())
    elif style == "cinnamon" and rng.random() < settings.cinnamon_small_vowels:
        label = small_vowels(label)
        drawn = drawn if rng.random() < 0.15 else label
    if style == "cinnamon" and settings.cinnamon_capital_units:
        label = capital_units(label)
    if style == "kalapa" and rng.random() < settings.kalapa_stop:
        drawn += "."
    return Written(drawn, label, style)


def small_vowels(text: str) -> str:
    """Initial capitals with marks (Ấp, Ứng, Ích) as small letters."""
    words = text.split()
    return " ".join(
        word[0].lower() + word[1:] if word[0] not in "Đ" and not word[0].isascii() else word
        for word in words
    )


def capital_units(text: str) -> str:
    """Phường, Quận and Huyện with a capital, as 2,254 of 2,287 real cinnamon labels have them.

    What is written has a small letter more often: the label is what addresses are spelt like.
    """
    words = text.split(" ")
    return " ".join(word.capitalize() if word in _UNITS else word for word in words)


def title_case(text: str) -> str:
    """Every word with a capital first letter and the rest small, as kalapa labels have it."""
    return " ".join(word[0].upper() + word[1:].lower() for word in text.split())


def _kalapa(corpus: Corpus, rng: Generator) -> str:
    """Like ``Tổ 5 Ấp Suối Đục Sông Nhạn Cẩm Mỹ Đồng Nai``; ``_finish`` sets the case."""
    ward, district, province = pick(corpus.places, rng)
    parts = []
    chance = rng.random()
    if chance < 0.48:
        parts.append(hamlet(corpus, rng))
        if rng.random() < 0.15:
            parts.insert(0, f"Tổ {digits(rng)}" if rng.random() < 0.6 else number(rng))
    elif chance < 0.68:
        house = number(rng)
        if rng.random() < 0.3:
            house = f"Số {house}"
        if rng.random() < 0.12:
            house += f" {pick(('Ngõ', 'Ngách', 'Hẻm', 'Kiệt'), rng)} {number(rng)}"
        parts.append(f"{house} {street(corpus, rng)}")
    for unit, full in ((ward, 0.15), (district, 0.22)):
        kind, name = bare(unit)
        if name.isdigit() or rng.random() < full:
            name = typed(kind, name, rng, short=0.45)
        parts.append(name)
    parts.append(province_name(province, 0.7, rng))
    return " ".join(part for part in parts if part).replace(".", "").replace(",", "")


def _cinnamon(corpus: Corpus, rng: Generator) -> str:
    """Like ``Số 12/3 đường X, Phường Y, Quận Z, Hà Nội`` in natural case."""
    ward, district, province = pick(corpus.places, rng)
    parts = [_head(corpus, rng)]
    if rng.random() < 0.12:
        parts.append(_lead(hamlet(corpus, rng), rng))
    for unit in (ward, district):
        kind, name = bare(unit)
        text = typed(kind, name, rng, short=0.12) if kind else name
        if name and not (kind and rng.random() < 0.03):
            parts.append(text[0].lower() + text[1:] if rng.random() < 0.12 else text)
    parts.append(province_name(province, 0.9, rng))
    if rng.random() < 0.05:
        parts.pop()
    return _join([part for part in parts if part], rng)


def _head(corpus: Corpus, rng: Generator) -> str:
    """The first part of a cinnamon address: house, hamlet, plot, kilometre, building."""
    chance = rng.random()
    if chance < 0.5:
        return _house(corpus, rng)
    if chance < 0.85:
        return _lead(hamlet(corpus, rng), rng)
    name = place_name(corpus, rng)
    forms = (
        f"Lô {pick('ABCDEFGHJKLMNPQRSTVWXYZ', rng)}{digits(rng)}, KCN {name}",
        f"Km {digits(rng)}+{digits(rng)} Quốc lộ {digits(rng)}{pick('ABCDN', rng)}",
        f"Tầng {digits(rng)}, Tòa nhà {name}, {number(rng)} {street(corpus, rng)}",
        f"Khu đô thị {name} ({pick(('nối dài', 'cũ', 'mới', 'gần chợ', 'QL 1A'), rng)})",
        f"{pick('ABCDEFGHIJKLMNOPQRSTUVWXYZ', rng)}{digits(rng)}-{digits(rng)} {name}",
        f"UBND xã {name}",
        f"KP.{digits(rng)}, đường số {digits(rng)}",
        f"Chợ {name}",
    )
    return pick(forms, rng)


def _house(corpus: Corpus, rng: Generator) -> str:
    """``Số 12/3 đường X``, ``253 X``, ``No# 7-9, phố X``."""
    house = number(rng)
    if rng.random() < 0.08:
        house += pick(("-", " - "), rng) + str(digits(rng))
    if rng.random() < 0.5:
        house = f"{pick(('Số', 'Số', 'Số', 'số', 'Nhà số', 'SN', 'No#'), rng)} {house}"
    if rng.random() < 0.35:
        house += f"{',' if rng.random() < 0.15 else ''} {pick(_WAYS, rng)}"
    return f"{house} {street(corpus, rng)}"


def _lead(text: str, rng: Generator) -> str:
    """Small first letter now and then; mostly for Ấp, as the real labels have it."""
    return text[0].lower() + text[1:] if rng.random() < (0.7 if text[0] == "Ấ" else 0.1) else text


def _join(parts: list[str], rng: Generator) -> str:
    text = parts[0]
    for part in parts[1:]:
        chance = rng.random()
        text += ", " if chance < 0.93 else (" - ", ",", " ", ". ")[int(chance * 1000) % 4]
        text += part
    return text


def _given(corpus: Corpus, rng: Generator) -> str:
    return pick(corpus.lines, rng)


_MAKERS: dict[str, Callable[[Corpus, Generator], str]] = {
    "kalapa": _kalapa,
    "cinnamon": _cinnamon,
    "words": salads.words,
    "rare": salads.rare,
    "given": _given,
}
