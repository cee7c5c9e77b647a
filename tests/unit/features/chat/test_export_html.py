"""The HTML export loads nothing, runs nothing, and shows a hostile text as text."""

import re
import time
from html.parser import HTMLParser

import pytest

from slmdesk.features.chat.export_html import markdown_html, to_html
from slmdesk.store.chats import Chat, ChatSettings
from tests.data.hostile import corpus
from tests.unit.features.chat.test_export import CHAT, TIMINGS, message

ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "h4", "h5", "h6", "p"),
    *(
        "article",
        "div",
        "details",
        "summary",
        "pre",
        "code",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "ul",
    ),
    *("ol", "li", "blockquote", "a", "em", "strong", "s", "br", "hr"),
}
ATTRIBUTES = {
    "class",
    "dir",
    "href",
    "rel",
    "title",
    "start",
    "lang",
    "charset",
    "name",
    "content",
    "http-equiv",
}


class Seen(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_a_chat_as_a_page() -> None:
    answer = message("assistant", "**An** API.\n\n|a|b|\n|-|-:|\n|1|2|", thinking="well", timings=TIMINGS)
    failed = message("assistant", "", state="failed", error="Nothing\nanswers.")
    page = to_html(CHAT, [message("user", "What <b>is</b> it?"), answer, failed])
    seen = Seen(page)
    words = " ".join(seen.words)
    for expected in (
        "REST",
        "Be short.",
        "What <b>is</b> it?",
        "An",
        "31.3 tok/s",
        "Nothing answers.",
        "well",
    ):
        assert expected in words
    assert "<strong>An</strong>" in page
    assert '<td class="right" ' in page or '<td class="right">' in page
    assert "prefers-color-scheme: dark" in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize("address", ["https://a.test/x?a=1&b=2", "mailto:a@b.test"])
def test_links_of_three_kinds_stay(address: str) -> None:
    assert Seen(markdown_html(f"[x]({address})")).links == [address]


def test_no_document_loads_or_runs_anything() -> None:
    for name, text in corpus():
        started = time.process_time()
        chat = Chat("1", text[:500], 0.0, 0.0, ChatSettings(text[:100], text[:5_000]))
        hostile = message("assistant", text, thinking=text[:500], model_ref=text[:99], error=text[:500])
        page = to_html(chat, [message("user", text[:5_000]), hostile])
        seen = Seen(page)
        assert seen.tags <= ALLOWED, name
        assert seen.attributes <= ATTRIBUTES, name
        assert all(re.match(r"(?i)https?:|mailto:", link) for link in seen.links), name
        assert not re.search("[\0\x1b\u202a-\u202e\u2066-\u2069]", page), name
        page.encode()
        assert time.process_time() - started < 5, name
