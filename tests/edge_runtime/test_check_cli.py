"""`edge-htr check` from end to end: real models, spoilt ones, and each for the right reason."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge_runtime.bundle import Bundle
from edge_runtime.cli import cli
from tests.tiny_models import model_path, packed, write_picture

TEXTS = ("xa1 đx", "x1 ax", "xđa 1x", "xaa1x", "x1đ ax", "xa đ1x")
SAMPLES = "edge_runtime/samples"
BASELINE = "tests/baselines/vi-line.json"
RENEW = "Renew its baseline: make baseline"


def check(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["check", *map(str, arguments)])


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """Labelled lines in the block script."""
    folder = tmp_path / "lines"
    folder.mkdir()
    rows = [f"{write_picture(folder / f'{i}.png', t).name}\t{t}\n" for i, t in enumerate(TEXTS)]
    (folder / "labels.tsv").write_text("".join(rows), encoding="utf-8")
    return folder


@pytest.fixture
def baseline(tmp_path: Path, lines: Path) -> Path:
    """The report of the unchanged tiny model."""
    path = tmp_path / "baseline.json"
    result = check(model_path("converted"), "--device", "pi4", "--no-timing", "--data", lines,
                   "--baseline", path, "--update-baseline")  # fmt: skip
    assert result.exit_code == 0, result.output
    return path


def exceeded(result: Result) -> list[tuple[str, str]]:
    findings = json.loads(result.stdout)["findings"]
    return [(f["check"], f["against"]) for f in findings if f["verdict"] == "exceeded"]


def changed(change: str) -> Callable[..., bytes]:
    """A change of ``tests/changed_models.py``; editing networks needs ai-edge-litert's schema."""
    if change == "fattened":
        from tests.changed_models import fattened

        return partial(fattened, share=0.01)
    pytest.importorskip("flatbuffers")
    pytest.importorskip("ai_edge_litert")
    from tests import changed_models

    function: Callable[..., bytes] = getattr(changed_models, change)
    return function


# Of each change, what must fail, and what may fail along with it.
REASONS: dict[str, tuple[tuple[str, str], set[tuple[str, str]]]] = {
    "fattened": (("bundle", "baseline"), set()),
    "deeper": (
        ("multiply-accumulates", "baseline"),
        {("CER", "baseline"), ("multiply-accumulates", "pi4")},
    ),
    "shuffled": (("CER", "baseline"), set()),
    "with_flex": (("foreign operators", "every device"), set()),
}


@pytest.mark.parametrize("change", REASONS)
def test_a_spoilt_tiny_model_fails_for_the_right_reason(
    tmp_path: Path, lines: Path, baseline: Path, change: str
) -> None:
    model = tmp_path / "model.tflite"
    # Its layers are so small that it takes many of them to be noticed, in the file too.
    more = {"layers": 40} if change == "deeper" else {}
    model.write_bytes(changed(change)(Bundle.open(model_path("converted")), **more))
    common = ("--device", "pi4", "--no-timing", "--data", lines, "--format", "json")
    result = check(model, *common, "--baseline", baseline)
    assert result.exit_code == 3, result.output
    reason, others = REASONS[change]
    found = exceeded(result)
    assert reason in found
    assert set(found) - {reason} <= (others | {("bundle", "baseline")} if more else others)


@pytest.mark.parametrize("change", REASONS)
def test_a_spoilt_shipped_model_fails_for_the_right_reason(
    tmp_path: Path, root_dir: Path, change: str
) -> None:
    """Against the committed baseline, as `make check-models` uses it."""
    model = tmp_path / "model.tflite"
    model.write_bytes(changed(change)(Bundle.open("vi-line")))
    result = check(model, "--device", "pi4", "--no-timing", "--data", root_dir / SAMPLES,
                   "--baseline", root_dir / BASELINE, "--format", "json")  # fmt: skip
    assert result.exit_code == 3, result.output
    reason, others = REASONS[change]
    found = exceeded(result)
    assert reason in found
    assert set(found) - {reason} <= others
    assert f"{reason[0]} " in result.stderr.splitlines()[-1]


def test_the_shipped_model_passes_on_every_board(root_dir: Path) -> None:
    boards = [w for board in ("pi4", "pi5", "pi-zero-2w") for w in ("--device", board)]
    result = check("vi-line", *boards, "--no-timing", "--data", root_dir / SAMPLES,
                   "--baseline", root_dir / BASELINE)  # fmt: skip
    assert result.exit_code == 0, f"{result.output}\nA new model? {RENEW}"
    assert "limits kept" in result.stdout.splitlines()[-1]


@pytest.mark.parametrize("kind", ["text", "junit", "markdown"])
def test_a_name_cannot_drive_the_terminal(tmp_path: Path, kind: str) -> None:
    model = tmp_path / "model.tflite"
    model.write_bytes(packed(name="\x1b[31mred\x00"))
    result = check(model, "--no-timing", "--format", kind)
    assert result.exit_code == 0
    assert "?[31mred?" in result.stdout
    assert not {"\x1b", "\x00"} & set(result.stdout)


def test_memory_and_time_are_measured_here(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    result = check(model_path(), "--device", "pi4", "--report", target, "--format", "markdown")
    assert result.exit_code == 0, result.output
    report = json.loads(target.read_text(encoding="utf-8"))
    assert 10 < report["run"]["peak_rss_mb"] < 150
    ratio = report["ratio"]
    assert 0 < ratio["low"] <= ratio["ratio"] <= ratio["high"]
    assert "of this" in result.stdout
    verdicts = {f["check"]: f["verdict"] for f in report["findings"]}
    assert (verdicts["peak memory"], verdicts["cold start"]) == ("within", "not judged")


def test_a_baseline_is_written_only_of_a_model_within_its_budgets(
    tmp_path: Path, lines: Path
) -> None:
    path = tmp_path / "baseline.json"
    update = ("--no-timing", "--data", lines, "--baseline", path, "--update-baseline")
    assert check(model_path(), *update, "--max-cer", 0).exit_code == 0
    before = path.read_bytes()
    spoilt = check(model_path("tiny-fixed"), *update, "--device", tight(tmp_path))
    assert spoilt.exit_code == 3
    assert "bundle" in spoilt.stderr.splitlines()[-1]
    assert path.read_bytes() == before
    # Labels of people's handwriting must not be committed along.
    assert all(text not in before.decode("utf-8") for text in TEXTS)


def tight(folder: Path) -> Path:
    """A device of one's own with a budget of a kilobyte."""
    path = folder / "tight.toml"
    path.write_text(
        'schema = 1\n[device]\nid = "tight"\nname = "A tight one"\n[budget]\n'
        'model_bytes = 1000\n[runtime]\npackage = "ai-edge-litert"\ndelegate = "xnnpack"\n'
        'threads = 1\nos_bits = 64\npython = ["3.11"]\n',
        encoding="utf-8",
    )
    return path


def test_the_loss_against_fp32_is_a_budget(tmp_path: Path, lines: Path) -> None:
    model = tmp_path / "model.tflite"
    model.write_bytes(changed("shuffled")(Bundle.open(model_path())))
    common = ("--no-timing", "--data", lines, "--fp32", model_path(), "--max-cer-loss", 0.5)
    result = check(model, *common, "--format", "json")
    assert result.exit_code == 3, result.output
    assert exceeded(result) == [("CER loss", "host")]
    assert check(model_path("tiny-int8"), *common).exit_code == 0


@pytest.mark.desktop
@pytest.mark.slow
def test_the_loss_against_a_checkpoint_is_a_budget(tmp_path: Path, lines: Path) -> None:
    from tests.tiny_networks import reader, save

    checkpoint = save(reader(), tmp_path / "reader.keras")
    model = tmp_path / "model.tflite"
    model.write_bytes(changed("shuffled")(Bundle.open(model_path())))
    common = ("--no-timing", "--data", lines, "--fp32", checkpoint, "--max-cer-loss", 0.5)
    assert exceeded(check(model, *common, "--format", "json")) == [("CER loss", "host")]
    checkpoint.write_bytes(b"damaged")
    result = check(model, *common)
    assert result.exit_code == 1
    assert "reader.keras" in result.stderr.splitlines()[-1]


def test_counted_instructions_are_judged(tmp_path: Path) -> None:
    counts, path = tmp_path / "counts.json", tmp_path / "baseline.json"
    counts.write_text('{"cortex-a72": {"inference": 1000, "line": 5000}}', encoding="utf-8")
    common = (model_path(), "--no-timing", "--instructions", counts, "--baseline", path)
    assert check(*common, "--update-baseline").exit_code == 0
    assert check(*common).exit_code == 0
    counts.write_text('{"cortex-a72": {"inference": 1011, "line": 5000}}', encoding="utf-8")
    result = check(*common, "--format", "json")
    assert exceeded(result) == [("instructions, inference on cortex-a72", "baseline")]
    counts.write_text('{"cortex-a72": 7}', encoding="utf-8")
    assert check(*common).exit_code == 1


def test_an_unreadable_line_is_left_out_and_told(lines: Path) -> None:
    (lines / "0.png").write_bytes(b"no picture")
    result = check(model_path(), "--no-timing", "--data", lines, "--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["accuracy"]["n"] == len(TEXTS) - 1
    assert "0.png" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--update-baseline"], 2, "needs --baseline"),
        (["--max-cer", "1"], 2, "--data DIR"),
        (["--data", "x", "--max-cer-loss", "1"], 2, "--fp32"),
        (["--device", "pi9"], 1, "unknown device 'pi9'"),
        (["--baseline", "missing.json"], 1, "no such baseline"),
        (["--report", "report.pdf"], 1, ".txt, .json, .md or .xml"),
        (["--report", "nowhere/report.md"], 1, "there is no folder nowhere"),
        (["--data", "nowhere", "--no-timing"], 1, "labels.tsv"),
        (["missing.tflite", "--no-timing"], 1, "no such file"),
    ],
)
def test_wrong_usage_and_input_are_one_line(
    arguments: Sequence[str], code: int, message: str
) -> None:
    result = check(*arguments)
    assert result.exit_code == code
    assert message in result.stderr.splitlines()[-1]
    assert result.stdout == ""


@pytest.mark.parametrize("row", ["a.png", "\ttext", "a.png\t  "])
def test_a_malformed_label_is_named(tmp_path: Path, row: str) -> None:
    (tmp_path / "labels.tsv").write_text(f"\n{row}\n", encoding="utf-8")
    result = check(model_path(), "--no-timing", "--data", tmp_path)
    assert result.exit_code == 1
    assert "labels.tsv:2: not a path, a tab and a text" in result.stderr
