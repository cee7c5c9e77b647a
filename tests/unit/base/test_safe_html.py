"""X1 for exports: nothing that a model wrote loads, runs or escapes, and plain Markdown is formatted."""

import time
from html.parser import HTMLParser

import pytest

from slmdesk.base.safe_html import MAX_MARKDOWN, markdown_to_html, page, plain
from tests.data.hostile import corpus

SAFE_TAGS = {
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong",
    "s", "a", "hr", "br", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
SAFE_ATTRIBUTES = {"href", "rel", "class", "start", "style"}


class Found(HTMLParser):
    """Tags and attributes as a browser would see them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, set[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value or "")


def test_plain_markdown_is_formatted() -> None:
    html = markdown_to_html("# T\n\n**b** `c`\n\n| a |\n|--:|\n| 1 |\n\n```py\nx < y\n```\n\n$a<b$")
    for part in (
        "<h1>T</h1>",
        "<strong>b</strong>",
        '<th style="text-align:right">a</th>',
        '<pre><code class="language-py">x &lt; y\n</code></pre>',
        "<code>a&lt;b</code>",
    ):
        assert part in html


def test_no_hostile_document_gets_a_tag_or_an_address_through() -> None:
    for name, document in corpus():
        started = time.process_time()
        found = Found(markdown_to_html(document))
        assert time.process_time() - started < 5, name
        assert found.tags <= SAFE_TAGS, name
        assert set(found.attributes) <= SAFE_ATTRIBUTES, name
        for address in found.attributes.get("href", ()):
            assert address.lower().startswith(("http://", "https://", "mailto:")), (name, address)
        for style in found.attributes.get("style", ()):
            assert style in {"text-align:left", "text-align:right", "text-align:center"}, name


def test_a_picture_is_its_words_and_a_tag_is_text() -> None:
    html = markdown_to_html('![cat](https://evil.test/x.png) <img src="x"> <script>alert(1)</script>')
    assert Found(html).tags == {"p"}
    assert "cat" in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("text", ["x" * (MAX_MARKDOWN + 1), "".join(f"{'`' * n} " for n in range(2, 600))])
def test_what_would_take_too_long_is_shown_as_it_is(text: str) -> None:
    started = time.process_time()
    html = markdown_to_html(text)
    assert html.startswith("<pre>")
    assert time.process_time() - started < 2


def test_a_page_has_no_script_and_may_load_nothing() -> None:
    html = page('</title><script>"', markdown_to_html("hi"))
    assert Found(html).tags == {"html", "head", "meta", "title", "style", "body", "p"}
    assert "default-src &#x27;none&#x27;" in html or "default-src 'none'" in html
    assert "prefers-color-scheme: dark" in html
    assert "url(" not in html
    assert "//" not in html.replace("<!DOCTYPE html>", "")


def test_a_line_is_escaped_for_attributes_too() -> None:
    assert plain("a\u202e<\"'>\0") == "a&lt;&quot;&#x27;&gt;"
