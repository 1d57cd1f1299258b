"""ALTO XML 4.4 of readings: a page per picture, a block with a text line for each line.

Schema: Library of Congress, alto-4-4.xsd. Words carry no box: the network does not measure where
they stand. ALTO names one picture per file, and a batch has many: each page's picture is named in a
comment in the page.
"""

from typing import TYPE_CHECKING, Final

from edge_runtime import __version__
from edge_runtime.lines import Box
from edge_runtime.xml_text import xml_attribute, xml_comment

if TYPE_CHECKING:
    from edge_runtime.formats import Result
    from edge_runtime.page_reader import ReadLine

ALTO_BEGIN: Final = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:schemaLocation="http://www.loc.gov/standards/alto/ns-v4# \
http://www.loc.gov/standards/alto/v4/alto-4-4.xsd">
 <Description>
  <MeasurementUnit>pixel</MeasurementUnit>
  <Processing ID="processing_1">
   <processingSoftware>
    <softwareName>edge-htr</softwareName>
    <softwareVersion>{__version__}</softwareVersion>
   </processingSoftware>
  </Processing>
 </Description>
 <Layout>
"""
ALTO_END: Final = " </Layout>\n</alto>\n"


def alto_item(number: int, result: "Result") -> str:
    """One ``Page`` per picture."""
    page = number + 1
    size = f' WIDTH="{result.size[0]}" HEIGHT="{result.size[1]}"' if result.size else ""
    name = f"   <!-- {xml_comment(result.source)} -->\n"
    if result.error is not None or result.size is None:
        content = f"   <!-- not read: {xml_comment(result.error or '')} -->\n"
    else:
        content = _print_space(page, result.lines, result.size)
    return f'  <Page ID="page_{page}" PHYSICAL_IMG_NR="{page}"{size}>\n{name}{content}  </Page>\n'


def _print_space(page: int, lines: "tuple[ReadLine, ...]", size: tuple[int, int]) -> str:
    whole = (0, 0, *size)
    blocks = "".join(
        _block(f"{page}_{number}", found, found.box or whole)
        for number, found in enumerate(lines, 1)
    )
    return f"   <PrintSpace{_place(whole)}>\n{blocks}   </PrintSpace>\n"


def _block(name: str, found: "ReadLine", box: Box) -> str:
    """A line in a block of its own: which lines make a paragraph is not known."""
    place = _place(box)
    words = "<SP/>".join(
        f'<String ID="word_{name}_{i}" CONTENT={xml_attribute(word.text)}'
        f' WC="{word.confidence:.4f}"/>'
        for i, word in enumerate(found.line.words, 1)
    )
    if not words:
        words = f'<String ID="word_{name}_1" CONTENT=""/>'  # a line must hold something
    return (
        f'    <TextBlock ID="block_{name}"{place}>\n'
        f'     <TextLine ID="line_{name}"{place}>{words}</TextLine>\n'
        f"    </TextBlock>\n"
    )


def _place(box: Box) -> str:
    left, top, width, height = box
    return f' HPOS="{left}" VPOS="{top}" WIDTH="{width}" HEIGHT="{height}"'
