"""One reading of many: what the readings of a line have in common."""

import pytest

from edge_runtime.line_vote import elect, similarity, word_confidence
from edge_runtime.recognizer import Line, Word
from tests.frames import line


def reading(*words: tuple[str, float], confidence: float = 0.1) -> Line:
    """A reading whose words have confidences of their own."""
    text = " ".join(word for word, _ in words)
    return Line(text, confidence, tuple(Word(*word) for word in words), {"infer": 1.0})


def test_a_confident_reading_outvotes_doubtful_ones() -> None:
    doubtful, sure = line("Ha Nol", 0.2), line("Hà Nội", 0.9)
    best, agreed = elect([(doubtful, 1.0), (doubtful, 1.0), (sure, 1.0)])
    assert (best.text, best.confidence, agreed) == ("Hà Nội", 0.9, True)


def test_readings_that_differ_are_won_by_the_one_in_the_middle() -> None:
    votes = [(line(text, 0.5), 1.0) for text in ("Hà Nội", "Hà Nộ", "Hà Nộii", "Hải Nội")]
    best, agreed = elect(votes)
    assert (best.text, agreed) == ("Hà Nội", False)


def test_the_best_confidence_of_the_elected_text_is_kept() -> None:
    votes = [(line("Huế", 0.6), 1.0), (line("Huế", 0.9), 1.0), (line("Huế", 0.7), 1.0)]
    assert elect(votes)[0].confidence == 0.9


def test_similarity() -> None:
    assert similarity("", "") == 1.0
    assert similarity("abcd", "abxd") == 0.75
    assert similarity("ab", "cd") == 0.0


def test_a_reading_that_lost_a_word_does_not_win_by_being_surer_of_the_rest() -> None:
    # The confidence of a line is that of all of its words being right: the fewer, the higher.
    whole = reading(("An", 0.9), ("Phú", 0.9), ("Bình", 0.7), confidence=0.01)
    short = reading(("An", 0.9), ("Phú", 0.9), confidence=0.7)
    best, agreed = elect([(whole, 1.0), (short, 1.0), (whole, 1.0)])
    assert (best.text, agreed) == ("An Phú Bình", True)


def test_each_word_is_what_most_readings_have_there() -> None:
    votes = [
        reading(("Tổ", 0.9), ("22", 0.9), ("Hoà", 0.9), ("Chợ", 0.8)),
        reading(("Tô", 0.8), ("22", 0.9), ("Hoà", 0.9), ("Thọ", 0.9)),
        reading(("Tổ", 0.9), ("2", 0.8), ("Hoà", 0.8), ("Thọ", 0.9)),
    ]
    best, agreed = elect([(vote, 1.0) for vote in votes])
    assert (best.text, agreed) == ("Tổ 22 Hoà Thọ", False)
    assert best.words == (Word("Tổ", 0.9), Word("22", 0.9), Word("Hoà", 0.9), Word("Thọ", 0.9))
    assert best.ms == {"infer": 1.0}


def test_a_word_that_the_middle_reading_lost_or_split_is_found_by_the_others() -> None:
    lost, split = line("Hà Nam"), line("Hà Na m Tỉnh")
    whole = line("Hà Nam Tỉnh")
    assert elect([(lost, 1.0), (split, 1.0), (whole, 1.0), (whole, 1.0)])[0].text == whole.text
    joined = line("HàNam Tỉnh")
    assert elect([(joined, 1.2), (whole, 1.0), (whole, 1.0)])[0].text == whole.text


def test_a_word_that_few_frames_have_is_less_sure() -> None:
    votes = [(line(text, 0.8), 1.0) for text in ("Tu", "Ta", "Ti", "Tu", "Tê")]
    (word,) = elect(votes)[0].words
    assert word.text == "Tu"
    assert word.confidence == pytest.approx(0.8 * 0.8)
    assert elect([*votes, (line("Tu", 0.8), 1.0)])[0].words == (Word("Tu", 0.8),)


def test_a_word_that_one_reading_adds_is_not_elected() -> None:
    extra = reading(("Hà", 0.9), ("Nam", 0.9), ("x", 0.4))
    assert elect([(extra, 1.0), (line("Hà Nam"), 1.0), (line("Hà Nam"), 1.0)])[0].text == "Hà Nam"
    assert elect([(line("x Hà Nam"), 1.0), *[(line("Hà Nam"), 1.0)] * 2])[0].text == "Hà Nam"


def test_a_reading_that_counts_nothing_has_no_say() -> None:
    assert elect([(line("Hà Nam"), 0.0), (line("Hà Nội", 0.3), 0.1)])[0].text == "Hà Nội"


def test_the_confidence_of_a_text_that_no_frame_has_is_that_of_the_middle_one() -> None:
    votes = [
        reading(("An", 0.9), ("Phu", 0.5), confidence=0.2),
        reading(("Am", 0.5), ("Phú", 0.9), confidence=0.3),
        reading(("An", 0.9), ("Phứ", 0.4), confidence=0.9),
    ]
    best, _ = elect([(vote, 1.0) for vote in votes])
    assert (best.text, best.confidence) == ("An Phú", 0.2)


@pytest.mark.parametrize("others", [[], [line("", 0.0)], [line("i", 0.0)]])
def test_nothing_read_stays_nothing(others: list[Line]) -> None:
    best, _ = elect([(line("", 0.0), 1.0), (line("", 0.0), 1.0), *((one, 0.5) for one in others)])
    assert (best.text, best.words, word_confidence(best)) == ("", (), 0.0)


@pytest.mark.parametrize(
    ("sure", "count", "text"), [(0.5, 1.5, "Hà Nam Tỉnh"), (0.1, 3.0, "Hà Nam")]
)
def test_a_word_that_others_lack_needs_some_confidence(
    sure: float, count: float, text: str
) -> None:
    more = reading(("Hà", 0.9), ("Nam", 0.9), ("Tỉnh", sure))
    assert elect([(more, count), (line("Hà Nam"), 1.0)])[0].text == text


def test_the_confidence_is_of_the_frames_that_read_just_this_text() -> None:
    middle = reading(("An", 0.9), ("Phu", 0.5), confidence=0.5)
    elected = reading(("An", 0.9), ("Phú", 0.9), confidence=0.2)
    best, _ = elect([(middle, 2.0), (elected, 1.0)])
    assert (best.text, best.confidence) == ("An Phú", 0.2)
