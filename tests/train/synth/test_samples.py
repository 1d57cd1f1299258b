"""The shipped sample lines: complete, small, with the notices of their fonts."""

import json
from pathlib import Path

import cv2
import pytest

from edge_runtime.charset import VIETNAMESE
from train.synth.fonts import load_fonts
from train.synth_cli import _synthesizer


@pytest.fixture
def samples(root_dir: Path) -> Path:
    return root_dir / "edge_runtime" / "samples"


def _labels(samples: Path) -> dict[str, str]:
    lines = (samples / "labels.tsv").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("\t") for line in lines)
    return {name: text for name, _, text in pairs}


def test_pictures_and_labels_belong_together(samples: Path) -> None:
    labels = _labels(samples)
    assert sorted(labels) == sorted(path.name for path in samples.glob("*.jpg"))
    assert len(labels) == 12
    for name, text in labels.items():
        picture = cv2.imread(str(samples / name), cv2.IMREAD_UNCHANGED)
        assert picture is not None
        assert picture.ndim == 2
        assert VIETNAMESE.unknown(text) == []


def test_samples_are_small(samples: Path) -> None:
    assert sum(path.stat().st_size for path in samples.iterdir()) <= 200_000


def test_every_font_has_its_notice(samples: Path) -> None:
    about = json.loads((samples / "synth.json").read_text(encoding="utf-8"))
    readme = (samples / "README.md").read_text(encoding="utf-8")
    assert "SIL Open Font License, Version 1.1" in readme
    assert f"--seed {about['seed']} " in readme
    table = [line for line in readme.splitlines() if line.startswith("| ")][1:]
    rows = {line.split("|")[1].strip().lower().replace(" ", "-") for line in table}
    assert rows == set(about["fonts"])


@pytest.mark.shared
def test_the_command_in_the_readme_makes_these_texts(samples: Path, shared_dir: Path) -> None:
    synth = _synthesizer(
        load_fonts(shared_dir / "fonts"), shared_dir / "text", ("kalapa", "cinnamon")
    )
    made = [synth.line(index, 29).text for index in range(12)]
    assert made == list(_labels(samples).values())
