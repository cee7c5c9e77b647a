"""The one configured Markdown parser: no HTML, no look-ahead past a blank line, formulas as fences."""

import functools
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

MAX_LEVEL = 24
"""Containers inside containers; deeper text is shown as one paragraph."""
MAX_BRACKETS = 200
"""In one paragraph; with more there are no links in it."""
_ENVIRONMENT = re.compile(
    r"\\begin\{((?:equation|align|aligned|gather|multline|cases|(?:[bpvBV]|small)?matrix|array|split|eqnarray)\*?)\}"
)


class Parsed:
    """Counts what the parser was given, for the measurements."""

    characters = 0


def parse(source: str, references: dict[str, Any]) -> "list[Token]":
    """Tokens of `source`; `references` holds the link definitions known so far and takes new ones."""
    Parsed.characters += len(source)
    return _markdown().parse(source, {"references": references})


@functools.cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt, rules_inline
    from mdit_py_plugins.dollarmath import dollarmath_plugin
    from mdit_py_plugins.dollarmath.index import math_inline_dollar

    markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": 4 * MAX_LEVEL})
    markdown.enable(["table", "strikethrough"])
    dollarmath_plugin(markdown, allow_space=False, allow_digits=False, double_inline=True)
    dollar = math_inline_dollar(allow_space=False, allow_digits=False, allow_double=True)
    markdown.inline.ruler.at("math_inline", _first_is_first(dollar))
    markdown.disable("math_block")  # it looks for its end beyond blank lines, so finished blocks could change
    interrupted = ["paragraph", "reference", "blockquote", "list"]
    markdown.block.ruler.before("fence", "formula", _formula_block, {"alt": interrupted})
    markdown.block.ruler.before("table", "too_deep", _too_deep, {"alt": []})
    markdown.inline.ruler.before("escape", "formula", _formula_inline)
    markdown.inline.ruler.at("link", _unless_crowded(rules_inline.link))
    markdown.inline.ruler.at("image", _unless_crowded(rules_inline.image))
    return markdown


def _first_is_first(rule: "Callable[[StateInline, bool], bool]") -> "Callable[[StateInline, bool], bool]":
    """dollarmath 0.7 takes the last character of a text for the one before its first."""

    def guarded(state: "StateInline", silent: bool) -> bool:
        source = state.src
        state.src = f"{source} "
        try:
            return rule(state, silent)
        finally:
            state.src = source

    return guarded


def _unless_crowded(rule: "Callable[[StateInline, bool], bool]") -> "Callable[[StateInline, bool], bool]":
    """Every open bracket looks for its end: thousands in one paragraph are text."""

    def guarded(state: "StateInline", silent: bool) -> bool:
        return state.src.count("[") <= MAX_BRACKETS and rule(state, silent)

    return guarded


def _too_deep(state: "StateBlock", start: int, end: int, silent: bool) -> bool:
    """Below MAX_LEVEL everything is one paragraph; the parser itself would drop it."""
    if state.level < MAX_LEVEL or silent:
        return False
    line = start + 1
    while line < end and (state.isEmpty(line) or state.sCount[line] >= state.blkIndent):
        line += 1
    state.line = line
    state.push("paragraph_open", "p", 1).map = [start, line]
    inline = state.push("inline", "", 0)
    inline.content = state.getLines(start, line, state.blkIndent, False).strip()
    inline.map, inline.children = [start, line], []
    state.push("paragraph_close", "p", -1)
    return True


def _line(state: "StateBlock", number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _closer_of(line: str) -> tuple[int, str] | None:
    """Length of the opening and the closing of a formula that begins this line."""
    if line.startswith("$$") and not line.startswith("$$$"):
        return 2, "$$"
    if line.startswith("\\["):
        return 2, "\\]"
    if environment := _ENVIRONMENT.match(line):
        return 0, f"\\end{{{environment[1]}}}"
    return None


def _formula_block(state: "StateBlock", start: int, end: int, silent: bool) -> bool:
    r"""`$$`, `\[` or `\begin{align}` to its closing, or to the first blank line when it has none."""
    line = _line(state, start)
    if state.is_code_block(start) or (found := _closer_of(line)) is None:
        return False
    opening, closer = found
    content = line[opening:].rstrip()
    is_closed = content.endswith(closer)
    if closer in content and (not is_closed or content.index(closer) != len(content) - len(closer)):
        return False  # text follows: an inline formula
    if silent:
        return True
    lines, following = [content], start + 1
    while not is_closed and following < end:
        if state.isEmpty(following) or state.sCount[following] < state.blkIndent:
            break
        lines.append(_line(state, following).rstrip())
        is_closed = lines[-1].endswith(closer)
        following += 1
    state.line = following
    token = state.push("math_block", "", 0)
    token.content = _formula_of("\n".join(lines), closer, is_closed)
    token.map, token.block = [start, following], True
    token.meta = {"is_closed": is_closed}
    token.markup = line[:opening]
    token.info = closer
    return True


def _formula_of(content: str, closer: str, is_closed: bool) -> str:
    if is_closed and not closer.startswith("\\end"):
        content = content[: -len(closer)]
    return content.strip()


def _formula_inline(state: "StateInline", silent: bool) -> bool:
    r"""`\( … \)` and `\[ … \]` inside a line of text."""
    opening = state.src[state.pos : state.pos + 2]
    if opening not in ("\\(", "\\["):
        return False
    end = state.src.find("\\)" if opening == "\\(" else "\\]", state.pos + 2)
    if end < 0 or not (content := state.src[state.pos + 2 : end].strip()):
        return False
    if not silent:
        token = state.push("math_inline" if opening == "\\(" else "math_inline_double", "math", 0)
        token.content = content
        token.markup = opening
    state.pos = end + 2
    return True
