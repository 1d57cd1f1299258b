"""The shipped recipe `quick` teaches a network to read a handful of phrases, from fonts to text."""

from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("tensorflow")
pytest.importorskip("PIL")

from edge_runtime.cli import cli
from train.checkpoint import read_card

pytestmark = [pytest.mark.desktop, pytest.mark.slow, pytest.mark.timeout(900)]

FONTS = Path(__file__).resolve().parents[1] / "fixtures" / "fonts"
PHRASES = (
    "Hà Nội", "Huế", "Đà Nẵng", "Cần Thơ", "Quận 1", "Quận 3", "Tân Bình", "Gò Vấp", "Phú Nhuận",
    "Cà Mau", "Hải Phòng", "Nam Định", "Sóc Trăng", "Tây Ninh", "Vũng Tàu", "Đắk Lắk",
)  # fmt: skip


def edge_htr(*arguments: str) -> None:
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output


def test_half_the_quick_recipe_reads_lines_it_never_saw(tmp_path: Path) -> None:
    """Measured: 3.5 % CER after 8 epochs, 0.8 % after the recipe's 16."""
    (tmp_path / "phrases.txt").write_text("\n".join(PHRASES), encoding="utf-8")
    lines, out = tmp_path / "lines", tmp_path / "run"
    written = ["--fonts", str(FONTS), "--text", str(tmp_path / "phrases.txt"), "--out", str(lines)]
    edge_htr("synth", *written, "--count", "600", "--seed", "3")
    trained = ["--data", str(lines), "--out", str(out), "--cache", str(tmp_path / "cache")]
    edge_htr("train", *trained, "--recipe", "quick", "--epochs", "8")
    (measured,) = read_card(out / "model.keras").metrics
    assert measured["n"] >= 20
    assert measured["cer"] < 0.15
