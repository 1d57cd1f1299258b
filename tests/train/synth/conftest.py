"""The two fonts and the small place lists that the tests of synthesis draw with."""

from pathlib import Path

import pytest

pytest.importorskip("PIL", reason="needs Pillow: pip install 'edge-htr[desktop]'")

from train.synth.corpus import Corpus
from train.synth.fonts import FontSpec, load_fonts
from train.synth.synthesizer import LineSynthesizer

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


@pytest.fixture(scope="session")
def fonts_dir() -> Path:
    return FIXTURES / "fonts"


@pytest.fixture(scope="session")
def text_dir() -> Path:
    return FIXTURES / "text"


@pytest.fixture(scope="session")
def fonts(fonts_dir: Path) -> list[FontSpec]:
    return load_fonts(fonts_dir)


@pytest.fixture(scope="session")
def corpus(text_dir: Path) -> Corpus:
    return Corpus.read(text_dir)


@pytest.fixture(scope="session")
def synth(fonts: list[FontSpec], corpus: Corpus) -> LineSynthesizer:
    return LineSynthesizer(fonts, corpus)


@pytest.fixture(scope="session")
def ascii_font(fonts_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mali without anything but ASCII letters, digits and the space."""
    subset = pytest.importorskip("fontTools.subset")
    fonts = pytest.importorskip("fontTools.ttLib")
    target: Path = tmp_path_factory.mktemp("fonts") / "ascii-only.ttf"
    with fonts.TTFont(fonts_dir / "mali.ttf") as font:
        cutter = subset.Subsetter()
        cutter.populate(unicodes=[c for c in range(32, 127) if chr(c).isalnum() or c == 32])
        cutter.subset(font)
        font.save(target)
    return target
