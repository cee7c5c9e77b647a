"""What was typed into the search box, as terms: what to ask the index for, and where they stand in a text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from slmdesk.store.text import storable

MAX_QUERY_CHARACTERS = 500
_GRAM = 3
_MAX_GRAMS = 60
_PARTS = re.compile(r'"([^"]*)"?|(\S+)')
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]*\s+|[。！？]+|\n+")
_EXCERPT_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class Terms:
    """Words and quoted phrases, all of which a text must hold, in any case and as parts of words."""

    words: tuple[str, ...]

    @property
    def grams(self) -> tuple[str, ...]:
        """The trigrams that a text with these words has; none if every word is shorter."""
        found = (word[at : at + _GRAM] for word in self.words for at in range(len(word) - _GRAM + 1))
        return tuple(dict.fromkeys(found))[:_MAX_GRAMS]  # more would not narrow it further

    def match(self) -> str:
        """The trigrams as a query of FTS5; every one quoted, so that nothing in them is an operator."""
        return " AND ".join('"' + gram.replace('"', '""') + '"' for gram in self.grams)

    def patterns(self) -> tuple[str, ...]:
        """For LIKE, which knows the capitals of ASCII alone: other letters that have some may be any."""
        return tuple(f"%{''.join(map(_like, word))}%" for word in self.words)

    def spans(self, text: str) -> Sequence[tuple[int, int]]:
        """Where the words stand, in order and without overlap; nothing unless all of them are there."""
        folded = _folded(text)
        found: list[tuple[int, int]] = []
        for word in self.words:
            places = [match.span() for match in re.finditer(re.escape(word), folded)]
            if not places:
                return ()
            found += places
        return _without_overlap(sorted(found))


def terms_of(query: str) -> Terms:
    """Never fails: what cannot be in a stored text finds nothing."""
    parts = _PARTS.findall(storable(query[:MAX_QUERY_CHARACTERS]))
    words = (" ".join(phrase.split()) or word for phrase, word in parts)
    return Terms(tuple(dict.fromkeys(_folded(word) for word in words if word)))


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The sentence around the first place, in one line; `marks` are the places in it, as (start, end)."""

    text: str
    marks: tuple[tuple[int, int], ...]


def excerpt(text: str, spans: Sequence[tuple[int, int]]) -> Excerpt:
    """At most 160 characters around the first of the spans, cut with "…"."""
    if not spans:
        return Excerpt(_line(text[:_EXCERPT_CHARACTERS]), ())
    first, last = spans[0][0], min(spans[0][1], spans[0][0] + _EXCERPT_CHARACTERS)
    start, end = _sentence(text, first, last)
    head = "…" if start > 0 and not _ends_sentence(text[:start]) else ""
    tail = "…" if end < len(text.rstrip()) and not _ends_sentence(text[:end]) else ""
    marks = tuple(
        (low - start + len(head), min(high, end) - start + len(head)) for low, high in spans if low < end
    )
    return Excerpt(head + _line(text[start:end]) + tail, marks)


def _sentence(text: str, first: int, last: int) -> tuple[int, int]:
    room = _EXCERPT_CHARACTERS - (last - first)
    low, high = max(0, first - room // 2), min(len(text), last + room)
    before = [match.end() for match in _SENTENCE_END.finditer(text, low, first)]
    start = before[-1] if before else low
    after = _SENTENCE_END.search(text, last, high)
    end = after.end() if after else min(high, start + _EXCERPT_CHARACTERS)
    return start, max(last, start + len(text[start:end].rstrip()))


def _ends_sentence(text: str) -> bool:
    return text.rstrip()[-1:] in set(".!?…。！？") or text.endswith("\n")


def _line(text: str) -> str:
    """As long as before: a mark must stay where it is."""
    return re.sub(r"\s", " ", text)


def _like(char: str) -> str:
    if not char.isascii() and char.lower() != char.upper():
        return "_"
    return f"\\{char}" if char in "\\%_" else char


def _folded(text: str) -> str:
    """Small letters, and as many as there were: a few capitals (İ) would become two characters."""
    small = text.lower()
    if len(small) != len(text):
        small = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    return small.replace("ς", "σ")


def _without_overlap(spans: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for low, high in spans:
        if merged and low < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged
