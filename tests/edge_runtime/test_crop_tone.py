"""The tone of crops: ink of any faintness made dark, paper bare."""

import numpy as np
import pytest

from edge_runtime.crop_tone import PAPER, even_tone
from edge_runtime.image import Gray
from edge_runtime.ink_pieces import Mask

INK, RULE = slice(40, 44), slice(70, 74)


def crop(darkness: float, noise: float) -> tuple[Gray, Mask, Mask]:
    """Faint strokes and a dark rule on noisy paper; where the strokes are, and bare paper."""
    drawn = np.full((96, 400), float(PAPER))
    drawn[INK, 20:380] -= darkness
    drawn[RULE] = 60
    own, bare = np.zeros(drawn.shape, np.uint8), np.ones(drawn.shape, np.uint8)
    own[INK, 20:380] = 1
    bare[30:84] = 0
    drawn += np.random.default_rng(2).normal(0, noise, drawn.shape)
    return np.clip(drawn, 0, 255).astype(np.uint8), own, bare


@pytest.mark.parametrize(("darkness", "noise"), [(30, 1), (30, 6), (90, 6), (160, 2)])
def test_ink_is_dark_and_paper_bare(darkness: float, noise: float) -> None:
    picture, own, bare = crop(darkness, noise)
    even = even_tone(picture, own, bare, 1)
    assert even.shape == picture.shape
    assert abs(float(np.median(even[own > 0])) - (PAPER - 150)) < 30
    assert float((even[bare > 0] > PAPER - 20).mean()) > 0.9


def test_strokes_that_were_missed_are_no_noise() -> None:
    picture, own, bare = crop(30, 4)
    missed = picture.copy()
    missed[4:12, 20:380] = np.minimum(missed[4:12, 20:380], PAPER - 60)
    even = even_tone(missed, own, bare, 1)
    usual = even_tone(picture, own, bare, 1)
    assert np.median(even[own > 0]) < np.median(usual[own > 0]) + 15


def test_a_rule_is_not_much_darker_than_faint_ink() -> None:
    picture, own, bare = crop(30, 1)
    even = even_tone(picture, own, bare, 1).astype(int)
    before = (PAPER - np.median(picture[RULE])) / (PAPER - np.median(picture[own > 0]))
    after = (PAPER - np.median(even[RULE])) / (PAPER - np.median(even[own > 0]))
    assert before > 4
    assert after < 2.1


def test_masks_may_be_of_every_second_pixel() -> None:
    picture, own, bare = crop(30, 4)
    whole = even_tone(picture, own, bare, 1).astype(int)
    half = np.ascontiguousarray(own[::2, ::2]), np.ascontiguousarray(bare[::2, ::2])
    assert np.abs(even_tone(picture, *half, 2) - whole).mean() < 4


@pytest.mark.parametrize("missing", [0, 1])
def test_without_ink_or_paper_nothing_is_changed(missing: int) -> None:
    picture, *masks = crop(30, 4)
    masks[missing][:] = 0
    assert (even_tone(picture, masks[0], masks[1], 1) == picture).all()
