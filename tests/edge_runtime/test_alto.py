"""ALTO: the structure that alto-4-4.xsd asks for, written out by hand for what is used of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

import pytest

from edge_runtime.formats import FORMATS, Result
from edge_runtime.page_reader import ReadLine
from edge_runtime.recognizer import Line, Word

ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"
Element = ET.Element


def number(value: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", value) is not None


def share(value: str) -> bool:
    return number(value) and 0 <= float(value) <= 1


def name(value: str) -> bool:
    return re.fullmatch(r"[A-Za-z_][\w.-]*", value) is not None


PLACE = dict.fromkeys(("HPOS", "VPOS", "WIDTH", "HEIGHT"), number)


@dataclass
class Kind:
    """What the schema allows in an element that is used here."""

    children: str = ""
    """The names of the children, in order, as a regular expression of ``Name,``."""
    required: Mapping[str, object] = field(default_factory=dict)
    optional: Mapping[str, object] = field(default_factory=dict)
    text: bool = False


SCHEMA = {
    "alto": Kind("Description,Layout,"),
    "Description": Kind("MeasurementUnit,(Processing,)*"),
    "MeasurementUnit": Kind(text=True),
    "Processing": Kind("processingSoftware,", required={"ID": name}),
    "processingSoftware": Kind("softwareName,softwareVersion,"),
    "softwareName": Kind(text=True),
    "softwareVersion": Kind(text=True),
    "Layout": Kind("(Page,)*"),
    "Page": Kind(
        "(PrintSpace,)?",
        required={"ID": name, "PHYSICAL_IMG_NR": number},
        optional={"WIDTH": number, "HEIGHT": number},
    ),
    "PrintSpace": Kind("(TextBlock,)*", required=PLACE),
    "TextBlock": Kind("(TextLine,)*", required={"ID": name, **PLACE}),
    "TextLine": Kind("String,(SP,String,)*", required={"ID": name, **PLACE}),
    "String": Kind(required={"ID": name, "CONTENT": str}, optional={"WC": share}),
    "SP": Kind(),
}
SCHEMA_LOCATION = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"


def check(element: Element) -> None:
    kind = SCHEMA[element.tag.removeprefix(ALTO)]
    children = "".join(child.tag.removeprefix(ALTO) + "," for child in element)
    assert re.fullmatch(kind.children, children), (element.tag, children)
    attributes = {k: v for k, v in element.attrib.items() if k != SCHEMA_LOCATION}
    assert kind.required.keys() <= attributes.keys()
    for key, value in attributes.items():
        test = {**kind.required, **kind.optional}[key]
        assert callable(test)
        assert test(value) or test is str, (element.tag, key, value)
    assert kind.text or not (element.text or "").strip()
    for child in element:
        check(child)


def document(*results: Result) -> Element:
    form = FORMATS["alto"]
    text = form.begin + "".join(map(form.item, range(len(results)), results)) + form.end
    return ET.fromstring(text)


def read(text: str, box: tuple[int, int, int, int] | None = None, row: int = 0) -> ReadLine:
    line = Line(text, 0.9, tuple(Word(word, 0.87654) for word in text.split()))
    return ReadLine(line, box, row)


PAGE = Result(
    "a--b.jpg", (read("Hà Nội", (1, 2, 30, 40)), read("Huế", (1, 50, 30, 40), 1)), (80, 99)
)


@pytest.mark.parametrize(
    "results",
    [
        [],
        [PAGE],
        [PAGE, Result("x", (read("Huế"),), (400, 50)), PAGE],
        [Result("x.jpg", error="cannot be -- decoded -")],
        [Result("blank.jpg", (), (80, 99))],
        [Result("x", (read(""),), (400, 50))],
        [Result('<&"\x00-->', (read('<a & "b">\x01'),), (400, 50))],
    ],
)
def test_the_structure_is_that_of_the_schema(results: list[Result]) -> None:
    root = document(*results)
    check(root)
    assert len(root.findall(f".//{ALTO}Page")) == len(results)
    ids = [element.attrib["ID"] for element in root.iter() if "ID" in element.attrib]
    assert len(ids) == len(set(ids))


def test_lines_words_and_their_confidence() -> None:
    page = document(PAGE).find(f".//{ALTO}Page")
    assert page is not None
    assert (page.attrib["WIDTH"], page.attrib["HEIGHT"]) == ("80", "99")
    line, _ = page.iter(f"{ALTO}TextLine")
    assert [line.attrib[k] for k in ("HPOS", "VPOS", "WIDTH", "HEIGHT")] == ["1", "2", "30", "40"]
    words = [(s.attrib["CONTENT"], s.attrib["WC"]) for s in line.iter(f"{ALTO}String")]
    assert words == [("Hà", "0.8765"), ("Nội", "0.8765")]


def test_a_line_picture_fills_its_page() -> None:
    line = document(Result("x", (read("Huế"),), (400, 50))).find(f".//{ALTO}TextLine")
    assert line is not None
    assert (line.attrib["WIDTH"], line.attrib["HEIGHT"]) == ("400", "50")


def test_the_checks_refuse_what_is_wrong() -> None:
    """A check that cannot fail checks nothing."""
    for path, key in (("Page", "PHYSICAL_IMG_NR"), ("TextBlock", "ID"), ("String", "CONTENT")):
        root = document(PAGE)
        element = root.find(f".//{ALTO}{path}")
        assert element is not None
        del element.attrib[key]
        with pytest.raises(AssertionError):
            check(root)
