"""The live view in a real browser. ``SCREENSHOT=docs/live-view.png`` keeps what it looks like."""

import os
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from urllib.parse import quote

import pytest

from edge_runtime.annotate import Label
from edge_runtime.camera_event import events_of
from edge_runtime.camera_frame import Frame
from edge_runtime.camera_reader import CameraReading
from edge_runtime.page_reader import PageReader
from edge_runtime.preview import LiveView, Scene
from edge_runtime.preview_server import PreviewServer
from edge_runtime.recognizer import Recognizer
from tests.browser import Tab, find_chromium, open_tab
from tests.edge_runtime.test_camera_outputs import event
from tests.pages import page

CHROMIUM = find_chromium()

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt install chromium"),
]


@pytest.fixture(scope="module")
def view() -> LiveView:
    """A page of sample lines, read."""
    shown = LiveView("usb:0")
    reading = PageReader(Recognizer(threads=1), "page").read(page()[0])
    frame = Frame(page()[0], 42, 4.2)
    labels = tuple(Label(r.box, r.line.text, r.line.confidence) for r in reading.lines)
    stats = {"ms": reading.ms, "verdict": "read", "frames": 43}
    found = [CameraReading(r, i, 42, 4.2, 5) for i, r in enumerate(reading.lines)]
    shown.put(events_of("usb:0", found), frame)
    for _ in range(5):
        shown.show(Scene(frame, labels, stats))
        sleep(0.08)
    return shown


@pytest.fixture(scope="module")
def tab(view: LiveView) -> Iterator[Tab]:
    server = PreviewServer(view, token="s3cret")
    assert CHROMIUM is not None
    with open_tab(CHROMIUM) as opened:
        opened.size(1200, 760)
        opened.call("Page.navigate", url=server.url)
        opened.until("document.querySelectorAll('#history li').length === 4")
        yield opened
    server.close()


def test_picture_lines_and_history_are_shown(tab: Tab, view: LiveView) -> None:
    tab.until("document.getElementById('picture').naturalWidth === 1000")
    tab.until("document.querySelectorAll('#lines li').length === 4")
    first = tab.evaluate("document.querySelector('#lines .text').textContent")
    assert first == view.state()["lines"][0]["text"]
    assert tab.evaluate("document.getElementById('source').textContent") == "usb:0"
    assert tab.evaluate("document.getElementById('camera').textContent") == "live"
    assert "read" in tab.evaluate("document.getElementById('numbers').textContent")
    assert tab.evaluate("location.search") == ""  # the token is not left in the address bar
    if where := os.environ.get("SCREENSHOT"):
        Path(where).write_bytes(tab.screenshot())


def test_the_history_is_searched(tab: Tab, view: LiveView) -> None:
    word = view.state()["lines"][1]["text"].split()[0]
    search(tab, word)
    shown = tab.evaluate("document.querySelectorAll('#history li').length")
    assert 1 <= shown <= 3
    assert tab.evaluate("document.getElementById('csv').href").endswith(f"?q={quote(word)}")
    search(tab, "")
    assert tab.evaluate("document.querySelectorAll('#history li').length") == 4


def search(tab: Tab, text: str) -> None:
    tab.evaluate(f"document.getElementById('search').value = {text!r}")
    tab.evaluate("document.getElementById('search').dispatchEvent(new Event('input'))")


def test_pause_and_resume(tab: Tab, view: LiveView) -> None:
    tab.evaluate("document.getElementById('pause').click()")
    tab.until("document.getElementById('pause').textContent === 'Resume'")
    assert view.paused
    tab.evaluate("document.getElementById('pause').click()")
    tab.until("document.getElementById('pause').textContent === 'Pause'")
    assert not view.paused


def test_a_lost_camera_is_seen(tab: Tab, view: LiveView) -> None:
    view.camera("lost", "unplugged", 1)
    tab.until("document.getElementById('camera').textContent === 'camera lost: unplugged'")
    assert tab.evaluate("document.getElementById('camera').className") == "bad"
    view.camera("live", "", 1)
    tab.until("document.getElementById('camera').textContent === 'live'")


def test_what_was_read_is_shown_and_not_run(tab: Tab, view: LiveView) -> None:
    evil = "<img src=x onerror=alert(1)>"
    view.put([event(evil)], Frame(page()[0], 43, 4.3))
    tab.until(f"document.querySelector('#history .text').textContent === {evil!r}")
    assert tab.evaluate("document.querySelectorAll('#history img').length") == 0


def test_it_fits_a_phone(tab: Tab) -> None:
    tab.size(360, 740, mobile=True)
    tab.until("document.documentElement.clientWidth === 360")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    assert tab.evaluate("getComputedStyle(document.querySelector('main')).gridTemplateColumns")
    assert tab.evaluate("document.getElementById('picture').clientWidth") > 300
    tab.size(1200, 760)


def test_the_browser_had_nothing_to_complain_of(tab: Tab) -> None:
    assert tab.problems == []
