"""`edge-htr bench`: the report's shape and arithmetic; no absolute times."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge_runtime import bench as module
from edge_runtime import bench_case
from edge_runtime.bench import (
    BenchSettings,
    benchmark,
    find_pictures,
)
from edge_runtime.bench_case import STAGES
from edge_runtime.bench_watch import Watch
from edge_runtime.cli import cli
from edge_runtime.errors import EdgeHtrError, ImageError, InferenceError
from tests.lexicons import words_bytes
from tests.tiny_models import model_path, write_picture

QUICK = BenchSettings(runs=4, seconds=0.0, warmup=1, rounds=2, profile=False)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "lines"
    folder.mkdir()
    for i in range(3):
        write_picture(folder / f"{i}.png")
    (folder / "bad.png").write_text("no picture")
    return folder


def bench(*arguments: str | Path) -> Result:
    quick = ["--runs", "4", "--rounds", "1", "--warmup", "0", "--no-profile"]
    return CliRunner().invoke(cli, ["bench", *map(str, arguments), *quick])


def test_two_models_are_measured_in_turns_and_compared(pictures: Path) -> None:
    said: list[str] = []
    models = [model_path("tiny-dynamic"), model_path("tiny-gru")]
    report = benchmark(models, [1], find_pictures(pictures), QUICK, say=said.append)
    assert [text.split("/")[-1] for text in said] == [
        "tiny-dynamic.tflite, threads 1",
        "tiny-gru.tflite, threads 1",
    ] * 2
    first, second = report["models"]
    assert (first["name"], second["name"]) == ("tiny-dynamic", "tiny-gru")
    assert first["ratio"] == {"infer": 1.0, "total": 1.0, "bytes": 1.0}
    ratio = first["stages"]["infer"]["p50"] / second["stages"]["infer"]["p50"]
    assert second["ratio"]["infer"] == pytest.approx(ratio)
    assert second["ratio"]["bytes"] == pytest.approx(first["bytes"] / second["bytes"])
    for result in report["models"]:
        assert result["runs"] == 4
        assert set(result["stages"]) == set(STAGES)
        assert min(result["load_ms"], result["first_ms"], result["import_ms"]) > 0
        total = result["stages"]["total"]
        assert total["min"] <= total["p50"] <= total["p90"] <= total["p99"] <= total["max"]
    assert report["kind"] in ("measured", "emulated")
    assert report["pictures"] == 3
    json.dumps(report)


def test_time_ends_a_run_that_would_be_long(pictures: Path) -> None:
    settings = BenchSettings(
        runs=10**6, seconds=0.0, most_seconds=0.2, warmup=0, rounds=1, profile=False
    )
    report = benchmark([model_path()], [1], find_pictures(pictures), settings)
    assert 0 < report["models"][0]["runs"] < 10**4


def test_every_number_of_threads_is_a_case_of_its_own(pictures: Path) -> None:
    result = bench(model_path(), "--data", pictures, "--threads", "1,2", "--json", "-")
    report = json.loads(result.stdout)
    assert [r["threads"] for r in report["models"]] == [1, 2]


def test_the_table_names_what_matters(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    result = bench(model_path(), model_path("tiny-fixed"), "--data", pictures, "--json", out)
    assert result.exit_code == 0, result.stderr
    for part in ("3 pictures", "tiny-fixed", "p50", "p99", "infer", "total", "against the first"):
        assert part in result.stdout
    assert json.loads(out.read_text(encoding="utf-8"))["schema"] == 2


def test_rounds_are_pooled_and_single_events_are_medians() -> None:
    def answer(value: float) -> dict[str, Any]:
        return {
            **dict.fromkeys(("import_ms", "load_ms", "first_ms", "peak_memory_mb"), value),
            **dict.fromkeys(("cold_start_ms", "seconds"), value),
            **dict.fromkeys(("name", "network_sha256", "runtime", "precision"), ""),
            **dict.fromkeys(("bytes", "width"), 1),
            "threads": 1,
            "lexicon": "none",
            "samples": {stage: [value, value] for stage in STAGES},
        }

    result = bench_case.pooled(Path("m"), [answer(1.0), answer(2.0), answer(9.0)])
    assert result["runs"] == 6
    assert (result["load_ms"], result["peak_memory_mb"], result["seconds"]) == (2.0, 9.0, 12.0)
    assert result["samples_ms"]["infer"] == [[1.0, 1.0], [2.0, 2.0], [9.0, 9.0]]
    assert result["stages"]["infer"]["mean"] == pytest.approx(4.0)


def test_a_folder_without_a_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no readable picture"):
        find_pictures(tmp_path)


def test_a_wrong_model_is_one_line(pictures: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.tflite"
    wrong.write_text("not a model")
    result = bench(wrong, "--data", pictures)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1].startswith(f"Error: {wrong}: identifier check failed")


def test_a_process_that_dies_is_an_error_of_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def died(*_: Any, **__: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], -11, stdout="", stderr="a\nSegmentation fault\n")

    monkeypatch.setattr(subprocess, "run", died)
    with pytest.raises(InferenceError, match=r"died with -11 \(Segmentation fault\)"):
        benchmark([model_path()], [1], [Path("x.png")], QUICK)


def test_an_error_of_the_worker_comes_through(pictures: Path) -> None:
    with pytest.raises(EdgeHtrError, match="no runtime 'onnx'"):
        benchmark([model_path()], [1], find_pictures(pictures), QUICK, runtime="onnx")


def test_models_are_found_from_any_folder(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here.tflite").write_bytes(model_path().read_bytes())
    monkeypatch.chdir(tmp_path)
    assert bench("here.tflite", "--data", "lines").exit_code == 0


@pytest.mark.parametrize("threads", ["0", "65", "1,", "two", ""])
def test_impossible_thread_lists_are_wrong_usage(threads: str) -> None:
    assert bench(model_path(), "--threads", threads).exit_code == 2


def test_the_worker_answers_errors_on_stdout() -> None:
    request = {
        "task": "time",
        "model": "gone.tflite",
        "threads": 1,
        "runtime": None,
        "pictures": [],
        "lexicon": "none",
    }
    done = subprocess.run(
        [sys.executable, "-m", "edge_runtime.bench_worker"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert json.loads(done.stdout) == {"error": "gone.tflite: no such file"}


def test_a_lexicon_takes_part(pictures: Path, tmp_path: Path) -> None:
    lexicon = tmp_path / "words.bin"
    lexicon.write_bytes(words_bytes(tmp_path, "xa1", "đx"))
    result = CliRunner().invoke(
        cli,
        ["bench", str(model_path()), "--data", str(pictures), "--runs", "2", "--rounds", "1",
         "--warmup", "0", "--threads", "1", "--lexicon", str(lexicon), "--json", "-",
         "--no-profile"],
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    (model,) = json.loads(result.stdout)["models"]
    assert model["lexicon"] == str(lexicon)
    result = CliRunner().invoke(cli, ["bench", str(model_path()), "--lexicon", "builtin"])
    assert (result.exit_code, result.stderr.count("has no lexicon")) == (1, 1)


def test_both_readings_and_seconds_have_to_be_reached(pictures: Path) -> None:
    settings = BenchSettings(runs=2, seconds=0.3, warmup=0, rounds=1, profile=False)
    report = benchmark([model_path()], [1], find_pictures(pictures), settings)
    (result,) = report["models"]
    assert result["runs"] > 2
    assert result["seconds"] >= 0.3
    assert report["extent"] == "quick"


@pytest.mark.parametrize(
    ("runs", "seconds", "extent"),
    [(1024, 60.0, "full"), (1023, 99.0, "quick"), (9999, 59.0, "quick")],
)
def test_a_full_report_has_enough_of_both(
    monkeypatch: pytest.MonkeyPatch, runs: int, seconds: float, extent: str
) -> None:
    def timed(cases: Any, *_: Any) -> list[dict[str, Any]]:
        return [{"runs": runs, "seconds": seconds}]

    monkeypatch.setattr(module, "_rounds", timed)
    report = benchmark([model_path()], [1], find_pictures(None), BenchSettings(profile=False))
    assert report["extent"] == extent


@pytest.mark.parametrize(
    ("options", "least"),
    [([], (1024, 60.0)), (["--runs", "9"], (9, 0.0)), (["--seconds", "2"], (1, 2.0)),
     (["--runs", "9", "--seconds", "2"], (9, 2.0)), (["--quick"], (64, 0.0))],
)  # fmt: skip
def test_what_the_options_ask_for(
    monkeypatch: pytest.MonkeyPatch, options: list[str], least: tuple[int, float]
) -> None:
    asked: list[BenchSettings] = []

    def take(*arguments: Any, **_: Any) -> None:
        asked.append(arguments[3])
        raise EdgeHtrError("enough")

    monkeypatch.setattr(module, "benchmark", take)
    assert CliRunner().invoke(cli, ["bench", *options]).exit_code == 1
    assert (asked[0].runs, asked[0].seconds) == least
    assert asked[0].rounds == (1 if options == ["--quick"] else 3)


@pytest.mark.parametrize(
    "options", [["--quick", "--runs", "9"], ["--compare", "a", "b", "m.tflite"], ["--compare", "a"]]
)
def test_options_that_contradict_are_wrong_usage(options: list[str]) -> None:
    assert CliRunner().invoke(cli, ["bench", *options]).exit_code == 2


def test_a_sustained_run_tells_its_drift(pictures: Path) -> None:
    settings = BenchSettings(
        runs=1, seconds=0.0, warmup=0, rounds=1, profile=False, sustained_minutes=0.03
    )
    report = benchmark([model_path()], [1], find_pictures(pictures), settings)
    run = report["models"][0]["sustained"]
    assert run["seconds"] >= 1.8
    assert run["lines"] == sum(row["n"] for row in run["rows"])
    assert run["drift_percent"] is None  # two seconds have no tenths
    assert 0 < run["began"] < report["timeline"][-1]["s"]


def test_throttling_makes_a_report_invalid(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bits = iter([0, *[0x20002] * 1000])

    def look() -> dict[str, Any]:
        keys = ("mhz", "firmware_mhz", "celsius", "watts", "load")
        return {**dict.fromkeys(keys), "throttled": next(bits)}

    monkeypatch.setattr(module, "Watch", lambda: Watch(look))
    page = tmp_path / "page.html"
    result = bench(model_path(), "--data", pictures, "--html", page, "--threads", "1")
    assert result.exit_code == 0, result.stderr
    assert "INVALID: clock capped during the run" in result.stdout
    assert "throttled 0x0 -> 0x20002" in result.stdout
    assert "<b>Invalid:</b> clock capped" in page.read_text(encoding="utf-8")


def test_an_unknown_board_is_told_before_anything_is_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "benchmark", None)
    result = bench("--device", "pi9")
    assert (result.exit_code, "unknown device 'pi9'" in result.stderr) == (1, True)


@pytest.mark.parametrize("option", ["--json", "--html"])
def test_a_folder_that_is_missing_is_told_before_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, option: str
) -> None:
    monkeypatch.setattr(module, "benchmark", None)
    result = bench(option, tmp_path / "none" / "report")
    assert (result.exit_code, "there is no folder" in result.stderr) == (1, True)


def test_operators_of_the_model_are_timed_in_a_process_too(pictures: Path) -> None:
    settings = BenchSettings(runs=1, seconds=0.0, warmup=0, rounds=1)
    report = benchmark([model_path("tiny-gru")], [1], find_pictures(pictures), settings)
    found = report["models"][0]["profile"]
    assert set(found["parts"]) >= {"convolutions", "recurrence"}
    assert sum(found["by_operator"].values()) == pytest.approx(found["total_ms"])


@pytest.mark.parametrize(("load", "busy"), [(None, False), (0.4, False), (99.0, True)])
def test_a_busy_machine_is_told(load: float | None, busy: bool) -> None:
    assert module._busy(load) is busy
