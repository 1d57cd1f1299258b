"""Widths: what a file takes, and how lines are brought to it."""

from dataclasses import replace

import numpy as np
import pytest

from convert.layout import canvas, choose_layout, find_time_stride, steps
from edge_runtime.bundle import Bundle
from edge_runtime.errors import ConversionError
from tests.tiny_models import model_path


def test_any_width_is_a_multiple_of_what_a_loop_does_in_a_turn() -> None:
    layout = choose_layout(native=None, wanted=None, limit=1000, time_stride=4)
    assert (layout.kind, layout.width_multiple, layout.min_width) == ("dynamic", 32, 32)
    assert (layout.max_width, layout.width) == (1024, None)


def test_a_network_of_one_width_keeps_it() -> None:
    layout = choose_layout(native=3002, wanted=None, limit=3002, time_stride=9)
    assert (layout.kind, layout.width, layout.width_multiple) == ("fixed", 3002, 3002)


def test_a_width_can_be_fixed() -> None:
    layout = choose_layout(native=None, wanted=732, limit=1024, time_stride=4)
    assert (layout.kind, layout.width) == ("fixed", 732)


@pytest.mark.parametrize(("native", "wanted"), [(3002, 512), (None, 733), (None, 16)])
def test_a_width_that_does_not_fit_is_refused(native: int | None, wanted: int) -> None:
    with pytest.raises(ConversionError, match="--width"):
        choose_layout(native=native, wanted=wanted, limit=1024, time_stride=4)


@pytest.mark.parametrize(
    ("known", "width", "made", "stride"),
    [(4, 1024, 256, 4), (None, 1024, 256, 4), (9, 3002, 333, 9), (8, 1024, 128, 8)],
)
def test_the_time_stride_is_what_the_network_does(
    known: int | None, width: int, made: int, stride: int
) -> None:
    assert find_time_stride(known, width, made) == stride


@pytest.mark.parametrize(("known", "made"), [(8, 256), (0, 256), (None, 333)])
def test_another_time_stride_is_refused(known: int | None, made: int) -> None:
    with pytest.raises(ConversionError, match="card"):
        find_time_stride(known, 1024, made)


@pytest.mark.parametrize(("width", "padded", "own"), [(5, 64, 2), (64, 64, 16), (2000, 1024, 256)])
def test_lines_are_padded_on_the_right_and_squeezed(width: int, padded: int, own: int) -> None:
    card = replace(Bundle.open(model_path()).card, min_width=64)
    line = np.full((48, width), 255, np.uint8)
    prepared = canvas(line, card)
    assert prepared.shape == (48, padded)
    assert prepared[:, : min(width, padded)].all()
    assert not prepared[:, width:].any()
    assert steps(line, card) == own
