"""Hostile Markdown: what a model, or someone who writes through one, may send. Seeded: each run is equal."""

import random
from collections.abc import Iterator

RTL, NUL = "\u202e", "\x00"
_RESOURCES = (
    "/dev/zero", "/dev/random", "/proc/self/environ", "/etc/passwd", "file:///etc/passwd",
    "//evil.test/x.png", "http://127.0.0.1:9/x.png", "https://evil.test/x.png", "qrc:/x.png", ":/x.png",
    "data:image/png;base64,AAAA",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
    "javascript:alert(1)", "vbscript:x", "smb://evil.test/share", "ftp://evil.test/x",
    "C:\\Windows\\win.ini",
)  # fmt: skip
_FORMS = (
    "![x]({})", "[x]({})", "<{}>", "![x][r]\n\n[r]: {}", "<img src='{}'>", "<iframe src='{}'></iframe>",
    "<link rel=stylesheet href='{}'>", "<style>@import '{}'</style>",
    "<table background='{}'><tr><td>x</table>", "[![x]({})]({})", "![![x]({})]({})",
    "<object data='{}'></object>", "`![x]({})`", "| ![x]({}) |\n|---|\n| ![y]({}) |",
)  # fmt: skip
_PIECES = (
    RTL, NUL,
    "*", "**", "_", "`", "``", "```", "~~", "~~~", "$", "$$", "\\(", "\\)", "\\[", "\\]", "[", "]", "(",
    ")", "![", "](", "<", ">", "&", "&#x202e;", "&#0;", "&lt;", "#", "- ", "1. ", "> ", "|", "|---|",
    "\n", "\n\n", "\t", "    ", "\\", "\\frac{", "}", "{", "\\begin{align}", "\\end{align}", "word",
    "a b", "\u2028", "\u2029", "\u0085", "\ufffc", "\ufdd0", "\ud800", "\U0001f600",
    "e\u0301\u0301\u0301", "\u0644\u0627", "\u200b", "=", "---", ":", "\r",
)  # fmt: skip


def resources() -> Iterator[tuple[str, str]]:
    """Everything that names something to be loaded."""
    for number, form in enumerate(_FORMS):
        for other, address in enumerate(_RESOURCES):
            yield f"resource {number}-{other}", form.replace("{}", address)


def heavy(scale: int = 1) -> Iterator[tuple[str, str]]:
    """What is quadratic, or worse, in a careless program."""
    n = 1_000 * scale
    units = {
        "run without a space": "a" * 100 * n,
        "rising backticks": " ".join("`" * k for k in range(1, 400)),
        "bidi overrides": f"{RTL}abc " * 5 * n,
        "bidi entities": "&#x202e;abc " * n,
        "nested quotes": ">" * n + " x",
        "nested lists": "".join("  " * k + "- x\n" for k in range(300)),
        "nested lists on a line": "- " * n + "x",
        "open brackets": "[" * 5 * n,
        "open images": "![" * 2 * n,
        "nested images": "![" * 200 + "x" + "](y)" * 200,
        "nested links": "[" * 300 + "x" + "](y)" * 300,
        "stars": "*" * 10 * n,
        "star pairs": "*a **b " * 2 * n,
        "underscores": "_a __b " * 2 * n,
        "tildes": "~~a ~" * 2 * n,
        "dollars": "$a $$b " * n,
        "formula openings": "\\( \\[ " * n,
        "deep formula": "$" + "{" * 150 + "x" + "}" * 150 + "$",
        "deep fractions": "$$" + "\\frac{1}{" * 40 + "x" + "}" * 40 + "$$",
        "many formulas": "$x^2$ " * n,
        "unknown formulas": "$\\nosuch{x}$ " * 300,
        "unclosed autolinks": "<a:" * 2 * n,
        "entities": "&amp;" * 2 * n,
        "backslashes": "\\" * 20 * n,
        "table columns": "|a" * n + "|\n" + "|-" * n + "|\n" + "|b" * n + "|",
        "table rows": "|a|b|\n|-|-|\n" + "|c|d|\n" * n,
        "table of one row repeated": "|a|\n|-|\n" + "|" * 2 * n,
        "headings": "# x\n" * n,
        "rules": "---\n" * n,
        "definitions": "".join(f"[a{k}]: /x{k}\n" for k in range(n)),
        "unclosed definitions": "[a]: <" * n,
        "fence without end": "```python\n" + "x = '''\n" * 2 * n,
        "fence of an unknown language": f"```{'z' * 5_000}\ncode\n```",
        "long line of code": "```js\n" + "a(" * 20 * n + "\n```",
        "quotes in code": "```python\n" + "'" * 10 * n + "\n```",
        "regex in code": "```perl\n" + "s/(a+)+$/b/;" * n + "\n```",
        "NULs": NUL * 10 * n,
        "Qt's own marks": "\ufdd0\ufdd1\ufffc\u2029" * n,
        "lone surrogates": "\ud800\udfff" * n,
        "piled accents": "e" + "\u0301" * 20 * n,
        "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467" * n,
        "mixed directions": "abc \u0645\u0631\u062d\u0628\u0627 " * n,
        "tabs": "\t" * 10 * n,
        "spaces": " " * 50 * n + "x",
        "blank lines": "\n" * 20 * n,
        "carriage returns": "a\r" * 5 * n,
        "line separators": "a\u2028" * 2 * n,
        "ideographs": "\u6f22\u5b57" * 10 * n,
    }  # fmt: skip
    yield from units.items()


def fuzz(count: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Pieces of syntax in any order."""
    for number in range(seed, seed + count):
        random_ = random.Random(number)
        length = random_.choice((10, 40, 150, 400))
        yield f"fuzz {number}", "".join(random_.choice(_PIECES) for _ in range(length))


def corpus(fuzzed: int = 60) -> list[tuple[str, str]]:
    """Named documents; more than 200 with the default."""
    return [*resources(), *heavy(), *fuzz(fuzzed)]
