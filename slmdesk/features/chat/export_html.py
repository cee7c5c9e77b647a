"""A chat as one HTML file to read: no script, no network, everything escaped, light and dark."""

import base64
import functools
import hashlib
import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from slmdesk.base.printable import printable
from slmdesk.base.words import say
from slmdesk.features.chat.export import attached_line, figures_of, moment
from slmdesk.store.chats import Chat
from slmdesk.store.messages import StoredMessage

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

MAX_MARKDOWN_CHARACTERS = 200_000
"""Longer texts, and those with more syntax than any text has, are shown as they are."""
_MAX_SYNTAX = 3_000
_SYNTAX = re.compile(r"[\[\]*_`~<&|\\]|^[>\-#]", re.MULTILINE)
_SAFE_LINK = re.compile(r"^(?:https?|mailto):", re.IGNORECASE)

_STYLE = """
:root { color-scheme: light dark; --text: #1c2330; --muted: #667085; --line: #e3e6ec; --surface: #ffffff;
  --back: #f6f7f9; --code: #f3f4f8; --accent: #3b5bdb; --soft: #e8edff; --bad: #b42318; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ef; --muted: #98a2b3; --line: #2d333f;
  --surface: #1b1f27; --back: #14171d; --code: #15181f; --accent: #8aa2ff; --soft: #28304a;
  --bad: #f08a80; } }
body { margin: 0 auto; max-width: 46rem; padding: 2rem 1rem; background: var(--back); color: var(--text);
  font: 15px/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; margin: 0; }
header p, .figures { color: var(--muted); font-size: .85rem; margin: .3rem 0 0; }
article { background: var(--surface); border: 1px solid var(--line); border-radius: 10px;
  margin: 1rem 0; padding: .8rem 1rem; }
article.user { background: var(--soft); }
article > h2 { font-size: .85rem; margin: 0 0 .4rem; color: var(--muted); }
.plain { white-space: pre-wrap; }
details { color: var(--muted); margin-bottom: .6rem; }
pre { background: var(--code); border: 1px solid var(--line); border-radius: 6px; overflow-x: auto;
  padding: .6rem .8rem; }
code { background: var(--code); font: .9em ui-monospace, monospace; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
td, th { border: 1px solid var(--line); padding: .25rem .6rem; }
.right { text-align: right; } .center { text-align: center; }
blockquote { border-left: 3px solid var(--line); color: var(--muted); margin-left: 0; padding-left: 1rem; }
a { color: var(--accent); }
.error { color: var(--bad); }
@media print { body { background: none; } article { break-inside: avoid; } }
"""


def to_html(chat: Chat, messages: Sequence[StoredMessage]) -> str:
    """One file with the messages in order. May take a moment: call it off the loop."""
    title = _escaped(" ".join(chat.title.split()) or say("Chat"))
    parts = [f"<header><h1 dir='auto'>{title}</h1><p>{moment(chat.created_at)}</p></header>"]
    if chat.settings.system_prompt.strip():
        parts.append(_article("system", say("System prompt"), _plain(chat.settings.system_prompt)))
    parts += [_answer(each) if each.role == "assistant" else _prompt(each) for each in messages]
    return (
        "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">\n'
        "<meta name='referrer' content='no-referrer'>\n"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _policy() -> str:
    """Nothing is loaded and nothing runs; of styles, this one alone."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _prompt(message: StoredMessage) -> str:
    line = attached_line(message)
    attached = f"\n<p class='figures'>{_escaped(line)}</p>" if line else ""
    return _article("user", say("You"), _plain(message.text) + attached)


def _answer(message: StoredMessage) -> str:
    body = [_thinking(message.thinking), markdown_html(message.text)]
    if line := figures_of(message):
        body.append(f"<p class='figures'>{_escaped(line)}</p>")
    if message.error:
        body.append(f"<p class='error'>{_escaped(' '.join(message.error.split()))}</p>")
    return _article("assistant", message.model_ref or say("Assistant"), "\n".join(body))


def _article(kind: str, speaker: str, body: str) -> str:
    return f"<article class='{kind}'><h2>{_escaped(speaker)}</h2>\n{body}\n</article>"


def _thinking(text: str) -> str:
    return f"<details><summary>{say('Thinking')}</summary>{_plain(text)}</details>" if text.strip() else ""


def _plain(text: str) -> str:
    return f"<div class='plain' dir='auto'>{_escaped(text.strip())}</div>"


def _escaped(text: str) -> str:
    return html.escape(printable(text))


def markdown_html(text: str) -> str:
    """As HTML that loads nothing: no HTML of the text's own, images as their words, three kinds of links."""
    text = text.replace("\r\n", "\n")
    if len(text) > MAX_MARKDOWN_CHARACTERS or len(_SYNTAX.findall(text)) > _MAX_SYNTAX:
        return _plain(text)
    return printable(str(_markdown().render(text))).rstrip()  # only now: entities stand for characters, too


@functools.cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": 40})
    markdown.enable(["table", "strikethrough"])
    markdown.validateLink = lambda url: _SAFE_LINK.match(url) is not None  # type: ignore[method-assign]  # its hook
    markdown.add_render_rule("image", _image)
    markdown.add_render_rule("link_open", _link)
    for name in ("th_open", "td_open"):
        markdown.add_render_rule(name, _cell)
    for name in ("paragraph_open", "heading_open", "list_item_open"):
        markdown.add_render_rule(name, _block)
    return markdown


def _image(renderer: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    words = renderer.renderInlineAsText(tokens[index].children or [], options, env)
    return f"<em>{_escaped(words)}</em>"


def _link(renderer: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("rel", "noopener noreferrer nofollow")
    return str(renderer.renderToken(tokens, index, options, env))


def _cell(renderer: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    """The policy allows no style at an element; a class does the same."""
    style = tokens[index].attrs.pop("style", "")
    if side := str(style).rpartition(":")[2]:
        tokens[index].attrSet("class", side)
    return str(renderer.renderToken(tokens, index, options, env))


def _block(renderer: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("dir", "auto")
    return str(renderer.renderToken(tokens, index, options, env))
