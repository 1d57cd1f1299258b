"""Puts a lexicon together from its sources."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path

import numpy as np

from edge_runtime.charset import VIETNAMESE
from edge_runtime.errors import LexiconError
from edge_runtime.lexicon import pack
from edge_runtime.lexicon_meta import LexiconMeta, Weights
from train.lexicon import vietnamese
from train.lexicon.sources import Country, read_phrases, read_text
from train.lexicon.units import Unit, check_levels, unit_sections, walk
from train.lexicon.words import WordCounts, same_spelling, word_sections
from train.synth.addresses import compose
from train.synth.corpus import Corpus
from train.synth.settings import TextSettings

LINES = 60_000
"""Synthetic addresses that are counted, beside the names, to learn what follows what."""
_STREET, _NAME = 2.0, 2.0
"""How often each listed street and each place counts, beside the synthetic lines."""
_LISTS = ("vn_ward_district_province.tsv", "vn_units_2025.json")
_STYLES = {"kalapa": 0.5, "cinnamon": 0.5}


@dataclass
class Recipe:
    """What a lexicon is made of."""

    name: str = "words"
    word_lists: Sequence[Path] = ()
    """Words or phrases, one a line."""
    tables: Sequence[Path] = ()
    """Tables of places: .tsv until June 2025, .json since."""
    package: str | None = None
    """An installed package of places."""
    folder: Path | None = None
    """A folder of Vietnamese name lists, as ``edge-htr synth --text`` takes it."""
    lines: int = LINES
    weights: Weights = field(default_factory=Weights)
    without: frozenset[str] = frozenset()
    """Wards to leave out, for measurements: folded names."""


def read_weights(path: Path | None = None) -> Weights:
    """Weights from a TOML file; by default those learnt for Vietnamese addresses.

    Raises:
        LexiconError: the file cannot be read, or names what is no weight.
    """
    path = path or Path(__file__).with_name("weights.toml")
    try:
        return Weights.from_dict(tomllib.loads(read_text(path)))
    except (tomllib.TOMLDecodeError, LexiconError) as error:
        raise LexiconError(f"{path}: {error}") from None


def build(recipe: Recipe) -> bytes:
    """The bytes of a lexicon file.

    Raises:
        LexiconError: a source is not as expected, or there is nothing in them.
        RuntimeMissingError: the package is not installed.
    """
    country = _country(recipe)
    counts, spellings = WordCounts(), same_spelling
    for path in recipe.word_lists:
        for phrase, weight in read_phrases(path):
            counts.add(phrase.lower().split(), weight)
    if recipe.word_lists:
        counts.keep_numbers()
    if recipe.folder is not None:
        _count_lists(counts, recipe)
    if country.provinces:
        spellings = vietnamese.word_spellings
        _count_places(counts, country.provinces)
    alphabet, arrays = word_sections(counts, spellings)
    kinds = vietnamese.kinds() if country.provinces else ()
    arrays |= unit_sections(country.provinces, kinds)
    meta = LexiconMeta(
        recipe.name, alphabet, len(counts.words), kinds, recipe.weights, tuple(_sources(recipe))
    )
    return pack(meta, arrays)


def _country(recipe: Recipe) -> Country:
    country = Country()
    if recipe.package is not None:
        country.read_package(recipe.package)
    tables = [*recipe.tables, *(recipe.folder / name for name in _LISTS if recipe.folder)]
    for path in tables:
        if path.suffix == ".json":
            country.read_json(path)
        else:
            country.read_table(path)
    for unit in walk(country.provinces):
        unit.inside = [u for u in unit.inside if not _left_out(u, recipe)]
    check_levels(country.provinces)
    return country


def _left_out(unit: Unit, recipe: Recipe) -> bool:
    return unit.kind.level == 2 and vietnamese.fold(unit.name) in recipe.without


def _count_lists(counts: WordCounts, recipe: Recipe) -> None:
    """Count streets, and synthetic addresses for what follows what."""
    assert recipe.folder is not None
    corpus = Corpus.read(recipe.folder)
    kept = [
        place
        for place in corpus.places
        if vietnamese.fold(vietnamese.split_kind(place[0], 2)[1]) not in recipe.without
    ]
    corpus = replace(corpus, places=tuple(kept))
    for street in corpus.streets:
        counts.add(vietnamese.words_of(street), _STREET, whole=False)
    rng = np.random.default_rng(0)
    settings = TextSettings(styles=_STYLES)
    for _ in range(recipe.lines):
        counts.add(vietnamese.words_of(compose(corpus, settings, VIETNAMESE, rng).label))
    for phrase, share in vietnamese.head_phrases().items():
        counts.add(phrase.split(), share * recipe.lines)


def _count_places(counts: WordCounts, provinces: Iterable[Unit]) -> None:
    """Every word of a name has to be in the lexicon; kinds are words, too."""
    for name in {unit.name for unit in walk(provinces)}:
        counts.add(vietnamese.words_of(name), _NAME, whole=False)
    for kind in vietnamese.kinds():
        for form, weight in kind.forms:
            counts.add(form.split(), weight, whole=False)


def _sources(recipe: Recipe) -> Iterable[dict[str, str]]:
    """What the lexicon was made from, with the notices that have to travel with it."""
    for path in [*recipe.word_lists, *recipe.tables]:
        yield {"name": path.name, "notice": ""}
    if recipe.folder is not None:
        for path in sorted(recipe.folder.glob("LICENSE*")):
            yield {"name": path.name, "notice": read_text(path)}
    if recipe.package is not None:
        yield {
            "name": f"{recipe.package} {metadata.version(recipe.package)}",
            "notice": _notice(recipe.package),
        }


def _notice(package: str) -> str:
    """The licence text of an installed package."""
    files = metadata.files(package) or []
    texts = [file.read_text() for file in files if "LICENSE" in file.name.upper()]
    return "\n".join(texts)
