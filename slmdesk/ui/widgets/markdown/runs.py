"""Stretches of text of one look, from the inline tokens of a paragraph or cell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from slmdesk.base.text_cleaning import clean
from slmdesk.ui.labels import tr

if TYPE_CHECKING:
    from markdown_it.token import Token

BOLD, ITALIC, CODE, STRIKE, MUTED = 1, 2, 4, 8, 16
FORMULA_MARK = "\ufffc"
LINE_BREAK = "\u2028"


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text of one look."""

    text: str
    style: int = 0
    href: str = ""
    formula: str = ""
    source: str = ""
    """What a formula looks like when it cannot be drawn, and when it is copied."""
    is_display: bool = False


Row: TypeAlias = list[tuple[Run, ...]]
"""The cells of one table row."""


def runs_of(inline: "Token") -> tuple[Run, ...]:
    """The runs of one inline token; neighbours of one look are joined."""
    runs: list[Run] = []
    style, hrefs = 0, [""]
    for token in inline.children or [_as_text(inline)]:
        if change := _STYLES.get(token.type):
            style = style | change if token.nesting == 1 else style & ~change
        elif token.type == "link_open":
            hrefs.append(clean(str(token.attrs.get("href", ""))))
        elif token.type == "link_close":
            hrefs.pop()
        elif run := _run(token, style, hrefs[-1]):
            last = runs[-1] if runs else None
            if (
                last
                and not run.formula
                and not last.formula
                and (last.style, last.href) == (run.style, run.href)
            ):
                runs[-1] = Run(last.text + run.text, run.style, run.href)
            else:
                runs.append(run)
    return tuple(runs)


_STYLES = {
    "strong_open": BOLD, "strong_close": BOLD, "em_open": ITALIC, "em_close": ITALIC,
    "s_open": STRIKE, "s_close": STRIKE,
}  # fmt: skip


def _as_text(inline: "Token") -> "Token":
    from markdown_it.token import Token

    return Token("text", "", 0, content=inline.content)


def _run(token: "Token", style: int, href: str) -> Run | None:
    kind = token.type
    if kind == "softbreak" or kind == "hardbreak":
        return Run(LINE_BREAK, style, href)
    if kind == "code_inline":
        return Run(clean(token.content), style | CODE, href)
    if kind == "image":
        words = tr("[image: {0}]").format(clean(_alt(token.children or []))[:200])
        return Run(words, style | MUTED, href)
    if kind in ("math_inline", "math_inline_double"):
        closer = {"\\(": "\\)", "\\[": "\\]"}.get(token.markup, token.markup)
        source = f"{token.markup}{token.content}{closer}"
        return Run(FORMULA_MARK, style, href, token.content, source, kind == "math_inline_double")
    text = clean(token.content)
    return Run(text.replace("\n", LINE_BREAK), style, href) if text else None


def _alt(children: "Sequence[Token]") -> str:
    return "".join(
        child.content if child.type != "image" else _alt(child.children or []) for child in children
    )
