"""The article of a web page: its text as Markdown without menus, advertisements and scripts."""

import trafilatura
from lxml import html

from slmdesk.base.errors import BadInput
from slmdesk.base.words import later, say
from slmdesk.features.documents.document import Content, Kind
from slmdesk.features.documents.limits import MAX_TEXT_CHARS

_MAX_TITLE_CHARS = 120
_SLOW_BYTES = 1_000_000  # a second opinion takes time with the square of the size
_NO_ARTICLE = later("No article was found; this is all the text of the page, menus included.")


def read(name: str, data: bytes) -> Content:
    """The article, or all the text of a page that has none. Nothing is ever fetched from here."""
    tree = trafilatura.load_html(data)
    if tree is None:
        raise BadInput(
            say("“{name}” holds no web page.", name=name), next_step=say("Attach its text instead.")
        )
    title = _title(tree)
    found = trafilatura.extract(
        data, output_format="markdown", include_comments=False, fast=len(data) > _SLOW_BYTES
    )
    text = trafilatura.html2txt(data).strip()
    if found:
        return Content(Kind.HTML, found.strip(), title=title, whole=text[:MAX_TEXT_CHARS])
    if not text:
        raise BadInput(
            say("“{name}” holds no text: it may draw itself with a script.", name=name),
            next_step=say("Open it in a browser, copy the text that matters and paste it here."),
        )
    return Content(Kind.HTML, text, (say(_NO_ARTICLE),), title=title)


def _title(tree: html.HtmlElement) -> str:
    return " ".join((tree.findtext(".//title") or "").split())[:_MAX_TITLE_CHARS]
