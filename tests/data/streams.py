"""Synthetic answers as tokens of about four characters, each the same in every run."""

import random

_WORDS = [
    "model", "token", "memory", "layer", "weight", "the", "a", "of", "and", "to", "is", "in",
    "that", "with", "answer", "context", "prompt", "small", "large", "speed", "reads", "writes",
    "value", "list", "keeps", "between", "calls", "returns", "generator", "function", "one", "at",
    "time", "page", "window", "thread",
]  # fmt: skip


def tokens_of(text: str, seed: int = 1) -> list[str]:
    """Cut as a tokenizer would: two to six characters."""
    random_ = random.Random(seed)
    tokens, at = [], 0
    while at < len(text):
        size = random_.randint(2, 6)
        tokens.append(text[at : at + size])
        at += size
    return tokens


def _sentence(random_: random.Random, words: int) -> str:
    chosen = [random_.choice(_WORDS) for _ in range(words)]
    if random_.random() < 0.5:
        at = random_.randrange(len(chosen))
        chosen[at] = random_.choice(("**{}**", "*{}*", "`{}`")).format(chosen[at])
    return " ".join(chosen).capitalize() + ". "


def _paragraph(random_: random.Random) -> str:
    return "".join(_sentence(random_, random_.randint(6, 16)) for _ in range(random_.randint(2, 5))) + "\n\n"


def _list(random_: random.Random) -> str:
    mark = random_.choice(("- ", "1. ", "* "))
    return (
        "".join(f"{mark}{_sentence(random_, random_.randint(4, 14))}\n" for _ in range(random_.randint(3, 8)))
        + "\n"
    )


def _fence(random_: random.Random) -> str:
    count = random_.randint(4, 18)
    lines = "".join(f"    value_{n} = call({random_.choice(_WORDS)!r}, {n})  # note\n" for n in range(count))
    return f"```python\ndef work():\n{lines}```\n\n"


def _table(random_: random.Random) -> str:
    words = [random_.choice(_WORDS) for _ in range(random_.randint(3, 8))]
    rows = "".join(f"| {word} | {word} {n} | {n * 7} |\n" for n, word in enumerate(words))
    return f"| Name | What | Count |\n|---|---|---:|\n{rows}\n"


def _heading(random_: random.Random) -> str:
    return f"## {_sentence(random_, 4)}\n\n"


def answer_text(characters: int, seed: int = 7) -> str:
    """Prose, lists, code, tables and headings as models write them."""
    random_ = random.Random(seed)
    kinds = [_paragraph] * 5 + [_list] * 2 + [_fence] * 2 + [_table, _heading]
    parts: list[str] = []
    size = 0
    while size < characters:
        part = random_.choice(kinds)(random_)
        parts.append(part)
        size += len(part)
    return "".join(parts)


def answer_tokens(count: int) -> list[str]:
    return tokens_of(answer_text(count * 5))[:count]


def fence_tokens() -> list[str]:
    lines = "".join(f"    value_{n} = call('name', {n})  # what it is for\n" for n in range(200))
    return tokens_of(f"```python\ndef work():\n{lines}")[:1_500]


def list_tokens() -> list[str]:
    random_ = random.Random(3)
    return tokens_of("".join(f"- {_sentence(random_, 9)}\n" for _ in range(150)))[:1_500]


def table_tokens() -> list[str]:
    rows = "".join(f"| name {n} | some words here {n} | {n * 3} |\n" for n in range(91))
    return tokens_of(f"| Name | What | Count |\n|---|---|---|\n{rows}\n")


def paragraph_tokens() -> list[str]:
    random_ = random.Random(5)
    return tokens_of(" ".join(random_.choice(_WORDS) for _ in range(900)))[:1_000]
