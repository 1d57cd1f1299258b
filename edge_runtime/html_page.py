"""The frame of a report as one page of HTML that needs no other file."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em;
  color: #1b1f24; background: #fff; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 2em; border-bottom: 1px solid #d0d7de; }
table { border-collapse: collapse; margin: 1em 0; display: block; overflow-x: auto; }
th, td { padding: .3em .7em; border-bottom: 1px solid #e4e8ec; text-align: right; }
th:first-child, td:first-child, .text td { text-align: left; }
svg { width: 100%; max-width: 40em; font-size: 12px; } svg text { fill: currentColor; }
.axis { stroke: #57606a; } .grid { stroke: #d0d7de; stroke-dasharray: 2 3; }
.mark { fill: #57829e; } .curve { stroke: #57829e; fill: none; stroke-width: 1.5; }
.strong { fill: #c2571a; } .bad { color: #b42318; }
.plots { display: flex; flex-wrap: wrap; gap: 1em; } .plots > * { flex: 1 1 24em; }
@media (prefers-color-scheme: dark) {
  body { color: #e2e8f0; background: #14181d; } th, td { border-color: #2c343d; } }
"""


def html_page(title: str, body: str) -> str:
    """A page around ``body``, which is HTML."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n<h1>{escape(title)}</h1>\n{body}\n"
        "</body></html>\n"
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """A table of texts."""
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    lines = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<table class="{kind}"><tr>{top}</tr>{body}</table>'
