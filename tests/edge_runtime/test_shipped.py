"""A shipped model is found by its bare name; files of one's own come first."""

from pathlib import Path

import pytest

from edge_runtime import shipped
from edge_runtime.bundle import Bundle
from edge_runtime.decoder import find_lexicon, has_lexicon
from edge_runtime.errors import BundleError
from edge_runtime.shipped import find_model, shipped_names

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "tiny-dynamic.tflite"


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with the models ``one`` and ``one-nano``, and an empty current folder."""
    folder = tmp_path / "models"
    folder.mkdir()
    for name in ("one", "one-nano"):
        (folder / f"{name}.tflite").write_bytes(FIXTURE.read_bytes())
    monkeypatch.setattr(shipped, "MODELS", folder)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return folder


def test_a_bare_name_is_a_shipped_model(models: Path) -> None:
    assert shipped_names() == ("one", "one-nano")
    assert find_model("one-nano") == models / "one-nano.tflite"
    assert Bundle.open("one").path == models / "one.tflite"


def test_a_path_stays_a_path(models: Path) -> None:
    for path in ("one.tflite", "./one", "two", str(models / "one.tflite")):
        assert find_model(path) == Path(path)
    Path("one").write_bytes(b"my own")
    assert find_model("one") == Path("one")


def test_what_is_not_there_is_an_error(models: Path) -> None:
    with pytest.raises(BundleError, match="two"):
        Bundle.open("two")


def test_a_variant_takes_the_lexicon_of_the_model_it_is_named_after(models: Path) -> None:
    assert not has_lexicon(Bundle.open("one-nano"))
    lexicon = Path(shipped.__file__).with_name("models") / "vi-line.lexicon"
    if not lexicon.is_file():
        pytest.skip("no lexicon is shipped in this checkout")
    (models / "one.lexicon").write_bytes(lexicon.read_bytes())
    assert find_lexicon("builtin", Bundle.open("one-nano")) is not None
    assert not has_lexicon(Bundle.open(FIXTURE))
