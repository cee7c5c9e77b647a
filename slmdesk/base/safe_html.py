"""What models wrote as HTML that cannot load, run or send anything: for exports opened in a browser."""

import functools
from collections.abc import Sequence
from html import escape
from types import MethodType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from slmdesk.base.markdown_parser import MAX_BRACKETS, parse
from slmdesk.base.text_cleaning import Cleaner

if TYPE_CHECKING:
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import OptionsDict

MAX_MARKDOWN = 200_000
"""Characters of one text; a longer one is shown as it is, since parsing can be quadratic in it."""
_MAX_BACKTICK_RUNS = 4 * MAX_BRACKETS
_SCHEMES = ("http", "https", "mailto")

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
_STYLE = """
:root { color-scheme: light dark; --bg: #f6f7f9; --surface: #ffffff; --line: #e3e6ec; --text: #1c2330;
  --muted: #667085; --accent: #3b5bdb; --good: #1a7f5a; --warn: #a15c07; --bad: #b42318; --code: #f3f4f8; }
@media (prefers-color-scheme: dark) { :root { --bg: #14171d; --surface: #1b1f27; --line: #2d333f;
  --text: #e6e9ef; --muted: #98a2b3; --accent: #8aa2ff; --good: #57c99a; --warn: #e2a14a; --bad: #f08a80;
  --code: #15181f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px; max-width: 1600px; background: var(--bg); color: var(--text);
  font: 15px/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 1.1em 0 .4em; }
a { color: var(--accent); }
pre, code { background: var(--code); border-radius: 4px; font: 13px/1.5 ui-monospace, monospace; }
code { padding: 0 .25em; unicode-bidi: isolate; }
pre { padding: 10px; overflow-x: auto; white-space: pre-wrap; direction: ltr; }
pre code { padding: 0; }
blockquote { margin: .6em 0; padding-left: 12px; border-left: 3px solid var(--line); color: var(--muted); }
table { border-collapse: collapse; margin: .6em 0; }
th, td { border: 1px solid var(--line); padding: 4px 8px; text-align: start; vertical-align: top; }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 8px;
  padding: 4px 16px 12px; }
.columns { display: grid; gap: 16px;
  grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); }
.muted { color: var(--muted); } .good { color: var(--good); } .warn { color: var(--warn); }
.bad { color: var(--bad); }
"""


def markdown_to_html(text: str) -> str:
    """A fragment of HTML: no tag of the text survives, and a picture is its words.

    Formulas stay as they were written. A text over MAX_MARKDOWN characters is shown unformatted.
    """
    cleaned = Cleaner().feed(text.replace("\r\n", "\n"))
    if len(cleaned) > MAX_MARKDOWN or cleaned.count("``") > _MAX_BACKTICK_RUNS:
        return f"<pre>{escape(cleaned)}</pre>\n"
    references: dict[str, Any] = {}
    return str(_renderer().render(parse(cleaned, references), _options(), {"references": references}))


FOOT = "\n</body>\n</html>\n"


def page(title: str, body: str) -> str:
    """A whole document around `body`, which is HTML already: one file, no script, no request."""
    return f"{head(title)}{body}{FOOT}"


def head(title: str, style: str = "") -> str:
    """A document up to its body, for one that is written piece by piece; `style` is CSS of its own."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{plain(title)}</title>\n<style>{_STYLE}{style}</style>\n</head>\n<body>\n"
    )


def plain(text: str) -> str:
    """A line of text as HTML: cleaned and escaped, also for attributes."""
    return escape(Cleaner().feed(text))


@functools.cache
def _renderer() -> "RendererHTML":
    from markdown_it.renderer import RendererHTML

    renderer = RendererHTML()
    for name, rule in (
        ("image", _image),
        ("link_open", _link_open),
        ("math_inline", _formula),
        ("math_inline_double", _formula),
        ("math_block", _formula_block),
    ):
        renderer.rules[name] = MethodType(rule, renderer)
    return renderer


@functools.cache
def _options() -> "OptionsDict":
    from markdown_it.presets import commonmark
    from markdown_it.utils import OptionsDict

    return OptionsDict(commonmark.make()["options"])


def _image(_renderer: object, tokens: "Sequence[Token]", index: int, *_: object) -> str:
    """A picture would be fetched: its words stand for it."""
    return escape(tokens[index].content or "picture")


def _link_open(_renderer: object, tokens: "Sequence[Token]", index: int, *_: object) -> str:
    address = str(tokens[index].attrs.get("href", ""))
    try:
        is_known = urlsplit(address).scheme.lower() in _SCHEMES
    except ValueError:
        is_known = False
    return f'<a href="{escape(address)}" rel="noopener noreferrer nofollow">' if is_known else "<a>"


def _formula(_renderer: object, tokens: "Sequence[Token]", index: int, *_: object) -> str:
    return f"<code>{escape(tokens[index].content)}</code>"


def _formula_block(_renderer: object, tokens: "Sequence[Token]", index: int, *_: object) -> str:
    return f"<pre>{escape(tokens[index].content)}</pre>\n"
