"""`edge-htr eval` on lines in the block script; a .tflite needs no TensorFlow for it."""

import json
import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge_runtime.cli import cli
from edge_runtime.evaluation import ReadLine, evaluate
from tests.tiny_models import TEXT, model_path, write_picture
from train.error_page import error_page, write_error_page

MODEL = str(model_path())


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["eval", *map(str, arguments)])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Four lines; the label of one says other than its picture."""
    folder = tmp_path / "set"
    folder.mkdir()
    rows = {"1.png": TEXT, "2.png": "xăộx", "3.png": "xx", "4.png": "xx"}
    for name, text in rows.items():
        write_picture(folder / name, text)
    rows["4.png"] = "xá"
    (folder / "labels.tsv").write_text(
        "".join(f"{name}\t{text}\n" for name, text in rows.items()), encoding="utf-8"
    )
    return folder


def test_rates_are_measured(data: Path) -> None:
    result = run(MODEL, data, "--json", "-")
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["n"] == 4
    assert report["cer"] == pytest.approx(1 / (6 + 4 + 2 + 2))
    assert report["ser"] == pytest.approx(1 / 4)
    assert report["intervals"]["cer"][1] >= report["cer"]
    assert report["letters"] == [{"reference": "á", "reading": "x", "count": 1}]
    assert report["unreadable"] == []
    assert re.fullmatch("[0-9a-f]{64}", report["sha256"])


def test_the_summary_goes_to_stdout_and_json_to_a_file(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    result = run(MODEL, data, "--json", out)
    assert re.search(r"CER +7\.14 %  \(95 %: ", result.stdout)
    assert json.loads(out.read_text(encoding="utf-8"))["n"] == 4


def test_writers_are_listed(tmp_path: Path) -> None:
    root = tmp_path / "kalapa"
    for writer, text in (("7", "xx"), ("12", TEXT)):
        folder = root / "images" / writer
        folder.mkdir(parents=True)
        write_picture(folder / "0.png", text)
        (root / "annotations").mkdir(exist_ok=True)
        (root / "annotations" / f"{writer}.txt").write_text(f"{writer}/0.png\txx\n")
    result = run(MODEL, root, "--json", "-")
    by_writer = json.loads(result.stdout)["by_writer"]
    assert by_writer["7"]["cer"] == 0
    assert by_writer["12"]["cer"] > 0
    assert "writer" in run(MODEL, root).stdout


def test_a_part_of_the_split_and_a_limit_can_be_chosen(data: Path) -> None:
    counts = [
        json.loads(result.stdout)["n"] if result.exit_code == 0 else 0
        for part in ("train", "dev-writers", "dev-lines")
        for result in [run(MODEL, data, "--part", part, "--json", "-")]
    ]
    assert sum(counts) == 4
    assert json.loads(run(MODEL, data, "--limit", "2", "--json", "-").stdout)["n"] == 2


def test_bad_rows_and_pictures_are_reported_and_the_rest_is_measured(data: Path) -> None:
    (data / "2.png").write_text("no picture")
    with (data / "labels.tsv").open("a", encoding="utf-8") as table:
        table.write("gone.png\tx\n")
    result = run(MODEL, data, "--json", "-")
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert report["n"] == 3
    assert [bad["id"].split("/")[-1] for bad in report["unreadable"]] == ["2.png"]
    assert "gone.png does not exist" in result.stderr
    assert "2.png: not a picture" in result.stderr


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("gone.tflite", "no such file"),
        ("model.h5", "a model is a .tflite bundle or a .keras checkpoint"),
        ("model.onnx", "a model is a .tflite bundle or a .keras checkpoint"),
    ],
)
def test_wrong_models_are_one_line(data: Path, model: str, reason: str) -> None:
    result = run(model, data)
    assert (result.exit_code, result.stdout) == (1, "")
    assert reason in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("part", ["dev", "test"])
def test_an_unknown_part_lists_the_known(data: Path, part: str) -> None:
    result = run(MODEL, data, "--part", part)
    assert result.exit_code == 1
    assert "dev-writers" in result.stderr


def test_data_that_is_none_is_one_line(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "gone"):
        result = run(MODEL, folder)
        assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)


def test_a_bundle_is_measured_without_tensorflow(data: Path) -> None:
    import subprocess

    code = (
        "import sys; from edge_runtime.cli import cli\n"
        "cli(sys.argv[1:], standalone_mode=False)\n"
        "sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "eval", MODEL, str(data)],
        capture_output=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0


@pytest.mark.desktop
def test_a_checkpoint_is_measured_as_its_bundle_is(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    from tests.tiny_networks import reader, save

    result = run(save(reader(), tmp_path / "reader.keras"), data, "--json", "-")
    assert result.exit_code == 0, result.stderr
    keras, bundle = json.loads(result.stdout), json.loads(run(MODEL, data, "--json", "-").stdout)
    for figure in ("n", "cer", "wer", "ser", "letters", "intervals"):
        assert keras[figure] == bundle[figure]


@pytest.mark.desktop
def test_a_damaged_checkpoint_is_one_line(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    from tests.tiny_networks import reader, save

    path = save(reader(), tmp_path / "reader.keras")
    path.write_bytes(path.read_bytes()[:2000])
    result = run(path, data)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: {path}: not a Keras checkpoint")
    assert len(result.stderr.splitlines()) == 1


# The page of errors


def test_the_page_shows_the_worst_lines_and_needs_nothing_else(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "errors"
    assert run(MODEL, data, "--errors", folder).exit_code == 0
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert [p.name for p in folder.iterdir()] == ["index.html"]
    assert page.count("<figure>") == 1
    assert "x<del>á</del>" in page
    assert "x<ins>x</ins>" in page
    assert page.count("data:image/png;base64,") == 1
    assert "http" not in page


def test_the_page_survives_hostile_text_and_missing_pictures(tmp_path: Path) -> None:
    lines = [
        ReadLine("<script>/1", "<b>&", "", "<i>"),
        ReadLine("2", "a", "<script>alert(1)</script>"),
    ]
    pictures = {"2": tmp_path / "gone.png"}
    page = error_page("<title>", evaluate(lines), lines, pictures)
    assert "<script>" not in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert "nothing read" in page
    assert "<img" not in page


def test_the_page_counts_tones(tmp_path: Path) -> None:
    lines = [ReadLine("1", "má mả", "mà mả")]
    page = write_error_page(tmp_path / "new", "t", evaluate(lines), lines, {}).read_text("utf-8")
    row = next(line for line in page.splitlines() if line.startswith("<tr><th>sắc"))
    assert re.findall("<td[^>]*>([^<]*)</td>", row) == ["", "1", "", "", "", ""]
