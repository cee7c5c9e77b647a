"""Random Markdown documents that exercise every block rule at every prefix."""

import random

_PIECES = (
    "- ", "* ", "1. ", "1. ", "2) ", "3. ", "> ", "```", "```py", "~~~", "    ", "  ", "\n", "\n",
    "\n\n", "# ", "## ", "---", "===", "***", "*", "**", "_", "`", "``", "word", "a b c",
    "Some words here. ", "| a | b |", "|---|---|", "|", "x|y", "$", "$$", "$x$", "\\(", "\\)", "\\[",
    "\\]", "\\begin{align}", "\\end{align}", "[l](u)", "[", "]", "(", ")", "![i](s)", "&amp;", "&",
    "amp;", "\\", "~~", " ", ".", "12", "1986. A", "- [ ] t", "- [x] t", "\t", "<b>", "foo",
    "https://x.y", "Bar", "+", "#", "a|b\n-|-\n", "\n| c | d |", "\n- item", "\n2. item",
    "\u00e9\u4e2d", "\U0001f600",
)  # fmt: skip


def document(seed: int) -> str:
    random_ = random.Random(seed)
    return "".join(random_.choice(_PIECES) for _ in range(random_.randint(3, 45)))


def document_with_definitions(seed: int) -> str:
    """With links that are defined before or after their use."""
    random_ = random.Random(seed)
    pieces = (
        *_PIECES,
        "[foo]",
        "[Bar][foo]",
        "\n\n[foo]: /url\n",
        "\n[Bar]: /b 'title'\n",
        "\n\n[foo]: /other\n\n",
    )
    return "".join(random_.choice(pieces) for _ in range(random_.randint(5, 40)))
