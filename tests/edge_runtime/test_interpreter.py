"""Networks run at any width, in any number format, on either runtime."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock
from time import sleep

import numpy as np
import pytest

from edge_runtime.bundle import Bundle
from edge_runtime.ctc import greedy
from edge_runtime.errors import InferenceError
from edge_runtime.interpreter import (
    Network,
    _dequantized,
    _input_table,
    default_threads,
    open_network,
    padded_width,
    squeeze,
)
from edge_runtime.runtimes import Runtime
from tests.block_script import CHARSET, STRIDE, ink_of
from tests.tiny_models import NAMES, model_path

TEXTS = ("x", "xa1 đx", "ă1ộ", "xx aa", "đđđđđđđđđ")


def network(name: str = "tiny-dynamic") -> Network:
    bundle = Bundle.open(model_path(name))
    return open_network(bundle.network, bundle.card, threads=1)


def text_of(net: Network, text: str) -> str:
    return greedy(net.run(ink_of(text)), CHARSET).text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", TEXTS)
def test_networks_read_the_block_script(name: str, text: str) -> None:
    assert text_of(network(name), text) == text


@pytest.mark.parametrize("name", NAMES)
def test_one_network_reads_lines_of_any_width_in_any_order(name: str) -> None:
    net = network(name)
    for text in (*TEXTS, *reversed(TEXTS), TEXTS[0], TEXTS[0]):
        assert text_of(net, text) == text


@pytest.mark.parametrize("name", ["tiny-dynamic", "tiny-fixed"])
@pytest.mark.parametrize(("width", "steps"), [(1, 1), (4, 1), (5, 2), (63, 16), (64, 16), (65, 17)])
def test_only_the_steps_of_the_line_come_back(name: str, width: int, steps: int) -> None:
    logits = network(name).run(np.zeros((48, width), np.uint8))
    assert logits.shape == (steps, len(CHARSET) + 1)
    assert logits.dtype == np.float32


def test_padding_does_not_change_the_steps_before_it() -> None:
    ink = ink_of("xa")
    wide = np.pad(ink, ((0, 0), (0, 100)))
    steps = ink.shape[1] // STRIDE
    dynamic, fixed = network("tiny-dynamic"), network("tiny-fixed")
    np.testing.assert_allclose(dynamic.run(ink), dynamic.run(wide)[:steps], atol=1e-4)
    np.testing.assert_allclose(dynamic.run(ink), fixed.run(ink), atol=1e-4)


def test_logits_have_the_values_the_weights_give() -> None:
    """By hand: each of the three bands counts 8 x (ink - 0.25), with the sign of the pattern."""
    logits = network().run(np.full((48, 4), 255, np.uint8))[0]
    assert logits[CHARSET.symbols.index("x")] == pytest.approx(3 * 8 * 0.75, abs=1e-3)
    assert logits[CHARSET.symbols.index("a")] == pytest.approx(-8 * 0.75, abs=1e-3)
    assert logits[CHARSET.blank] == pytest.approx(-3 * 8 * 0.75, abs=1e-3)


def test_an_int8_network_is_within_its_resolution_of_the_float_one() -> None:
    ink = ink_of("xa1 đăộx")
    difference = np.abs(network("tiny-int8").run(ink) - network("tiny-dynamic").run(ink))
    assert 0 < difference.max() < 0.5


def test_a_line_wider_than_the_network_is_squeezed() -> None:
    text = "xa1 đx" * 7
    wide = ink_of(text)
    assert 1024 < wide.shape[1] < 1300
    logits = network().run(wide)
    assert len(logits) == 1024 // STRIDE
    assert greedy(logits, CHARSET).text == text
    assert squeeze(wide, 2000) is wide


@pytest.mark.parametrize(
    ("width", "padded"), [(1, 16), (16, 16), (17, 32), (1020, 1024), (4000, 1024)]
)
def test_widths_of_a_dynamic_network(width: int, padded: int) -> None:
    assert padded_width(Bundle.open(model_path()).card, width) == padded


def test_narrow_lines_are_padded_to_the_least_width() -> None:
    card = replace(Bundle.open(model_path()).card, min_width=64)
    assert padded_width(card, 5) == 64


@pytest.mark.parametrize(
    "ink",
    [
        np.zeros((47, 32), np.uint8),
        np.zeros((48, 0), np.uint8),
        np.zeros((48, 32), np.float32),
        np.zeros((48, 32, 1), np.uint8),
    ],
)
def test_what_is_no_line_is_refused(ink: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> None:
    with pytest.raises(InferenceError, match=r"the network takes uint8 \(48, W\), not"):
        network().run(ink)


def test_a_network_the_runtime_refuses_gives_one_line() -> None:
    # A model table without any field, so without its schema version. It has to be a sound
    # flatbuffer: the runtimes follow a wrong offset to wherever it leads.
    without_version = b"\x0c\0\0\0TFL3" + b"\4\0\4\0" + b"\4\0\0\0"
    bundle = Bundle.open(model_path())
    with pytest.raises(InferenceError, match="cannot load this network") as caught:
        open_network(without_version, bundle.card)
    assert "\n" not in str(caught.value)


def break_once(net: Network, monkeypatch: pytest.MonkeyPatch, method: str, error: str) -> None:
    """Make the next call of a method of the network's interpreter fail."""
    monkeypatch.setattr(Runtime, "resizes", True)  # or the broken one would be replaced
    inner = net._interpreter

    def fail() -> None:
        raise RuntimeError(error)

    class Broken:
        def __getattr__(self, name: str) -> object:
            return fail if name == method else getattr(inner, name)

    monkeypatch.setattr(net, "_interpreter", Broken())


@pytest.mark.parametrize("method", ["allocate_tensors", "invoke"])
@pytest.mark.parametrize("before", ["xa1 đx", "aaa"])
def test_a_failing_run_gives_one_line_and_the_next_line_is_read(
    monkeypatch: pytest.MonkeyPatch, method: str, before: str
) -> None:
    net = network()
    if method == "invoke":
        text_of(net, before)
    break_once(net, monkeypatch, method, "node number 3\nfailed to prepare")
    with pytest.raises(InferenceError, match="failed at width 96: node number 3 failed to prepare"):
        net.run(ink_of("aaa"))
    assert text_of(net, "aaa") == "aaa"
    assert text_of(net, "xa1 đx") == "xa1 đx"


def test_an_interpreter_that_cannot_be_resized_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    make = Runtime.interpreter

    def counted(self: Runtime, network: bytes, threads: int) -> object:
        made.append(make(self, network, threads))
        return made[-1]

    monkeypatch.setattr(Runtime, "interpreter", counted)
    for resizes, expected in ((True, 1), (False, 3)):
        made.clear()
        monkeypatch.setattr(Runtime, "resizes", resizes)
        net = network()
        assert [text_of(net, text) for text in ("x", "x", "aaa", "x")] == ["x", "x", "aaa", "x"]
        assert len(made) == expected


def test_steps_of_another_width_are_not_taken_for_the_line_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """tflite-runtime has been seen to run a network with the shapes of the line before."""
    net = network()
    stale = net.run(ink_of("xa1 đx"))
    monkeypatch.setattr(Runtime, "resizes", True)  # or the stale one would be replaced
    inner = net._interpreter

    class Stale:
        def __getattr__(self, name: str) -> object:
            return (lambda _: stale[None]) if name == "get_tensor" else getattr(inner, name)

    monkeypatch.setattr(net, "_interpreter", Stale())
    with pytest.raises(InferenceError, match=r"the network gave \(1, 45, 8\) for a width of 48"):
        net.run(ink_of("x"))


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16])
def test_number_formats_are_converted_by_scale_and_zero_point(kind: type) -> None:
    details = {"dtype": kind, "quantization": (0.01, 20)}
    table = _input_table(details)
    assert table.dtype == kind
    assert [int(table[i]) for i in (0, 51, 255)] == [20, 40, 120]
    back = _dequantized(table, details)
    np.testing.assert_allclose(back, np.arange(256) / 255, atol=0.0051)
    assert back.dtype == np.float32


def test_values_outside_a_number_format_are_clipped() -> None:
    table = _input_table({"dtype": np.int8, "quantization": (1 / 255, 0)})
    assert (int(table[0]), int(table[255])) == (0, 127)


@pytest.mark.parametrize("kind", [np.int8, np.int32, np.float64])
def test_a_number_format_without_a_scale_is_refused(kind: type) -> None:
    details = {"dtype": kind, "quantization": (0.0, 0)}
    with pytest.raises(InferenceError, match=r"input is .* without a scale"):
        _input_table(details)
    with pytest.raises(InferenceError, match=r"output is .* without a scale"):
        _dequantized(np.zeros(3, kind), details)


def test_threads_never_run_a_network_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    net = network()
    inner, inside = net._interpreter, Lock()

    class Watched:
        def __getattr__(self, name: str) -> object:
            return getattr(inner, name)

        def invoke(self) -> None:
            assert inside.acquire(blocking=False), "two threads at once"
            sleep(0.002)
            inner.invoke()
            inside.release()

    monkeypatch.setattr(net, "_interpreter", Watched())
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: text_of(net, "xa"), range(20))) == {"xa"}


def test_threads_may_share_a_network() -> None:
    net = network()
    texts = [text for text in TEXTS for _ in range(20)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda text: text_of(net, text), texts)) == texts


@pytest.mark.parametrize("threads", [0, -1, 65])
def test_impossible_thread_counts_are_refused(threads: int) -> None:
    with pytest.raises(InferenceError, match="1 to 64"):
        default_threads(threads)


def test_the_default_is_at_most_four_threads() -> None:
    assert 1 <= default_threads() <= 4
    assert default_threads(7) == 7


def test_loading_is_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    text_of(network(), "x")
    assert capfd.readouterr() == ("", "")
