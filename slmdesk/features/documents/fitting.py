"""Which documents fit into a prompt: what goes whole, what is cut where, what is left out, in words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from slmdesk.base.words import counted, say
from slmdesk.features.documents.document import Document
from slmdesk.features.documents.prompt import document_block, with_question, without_marks
from slmdesk.features.documents.tokens import TokenCount, estimate_tokens

_LEAST_TOKENS = 48  # less of a document says nothing
_JOIN_TOKENS = 2
# Where a text may end, best places first: a paragraph, a line, a sentence, a word, a character.
_ENDS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…])\s|(?<=[。！？])"),
    re.compile(r"\s"),
    re.compile(r"(?s)(?<=.{16})"),
)
_PAGE = re.compile(r"^\[page (\d+)\]$", re.MULTILINE)
_LAST_WORDS_CHARS = 40


@dataclass(frozen=True, slots=True)
class Part:
    """One document in the prompt: `text` is what is sent of it, "" if it is left out.

    `tokens` is what the block costs, marks included; `whole_tokens` what all of it would.
    """

    document: Document
    text: str
    block: str
    tokens: int
    whole_tokens: int

    @property
    def is_whole(self) -> bool:
        return self.text == self.document.text

    @property
    def is_left_out(self) -> bool:
        return not self.text

    @property
    def words(self) -> str:
        """A sentence for the user."""
        name = f"“{self.document.name}”"
        if self.is_left_out:
            return say(
                "{name} is left out: it has {whole_tokens:,} tokens and there is no room for it.",
                name=name,
                whole_tokens=self.whole_tokens,
            )
        if self.is_whole:
            return counted(
                self.tokens,
                "{name} is sent whole ({count:,} token).",
                "{name} is sent whole ({count:,} tokens).",
                name=name,
            )
        percent = max(1, 100 * len(self.text) // len(self.document.text))
        pages = _PAGE.findall(self.text)
        where = say(" on page {page}", page=pages[-1]) if pages else ""
        return say(
            "{name} is cut: {tokens:,} of {whole_tokens:,} tokens are sent ({percent} %), up to "
            "“{end}”{where}.",
            name=name,
            tokens=self.tokens,
            whole_tokens=self.whole_tokens,
            percent=percent,
            end=_last_words(self.text),
            where=where,
        )


@dataclass(frozen=True, slots=True)
class Fitting:
    """All documents in the order in which they were attached."""

    parts: tuple[Part, ...]
    budget_tokens: int

    @property
    def tokens(self) -> int:
        return sum(part.tokens for part in self.parts)

    @property
    def is_whole(self) -> bool:
        """Nothing is cut or left out."""
        return all(part.is_whole for part in self.parts)

    @property
    def words(self) -> tuple[str, ...]:
        """What is cut and what is left out, a sentence each; empty if everything fits."""
        return tuple(part.words for part in self.parts if not part.is_whole)

    def prompt(self, question: str) -> str:
        """The message for the model: the documents that are sent, then the question."""
        return with_question([part.block for part in self.parts if not part.is_left_out], question)


def fit_documents(
    documents: Sequence[Document], budget_tokens: int, count: TokenCount = estimate_tokens
) -> Fitting:
    """Divide the budget: small documents whole, what they leave over goes to the large ones in equal shares.

    `budget_tokens` is what the context leaves for documents, after question, history and answer.
    `count` may be slow for long texts: call this in a worker thread.
    """
    whole = [_whole(index, document, count) for index, document in enumerate(documents, 1)]
    left = max(0, budget_tokens)
    fitted: dict[int, Part] = {}
    waiting = sorted(range(len(whole)), key=lambda place: (whole[place].whole_tokens, place))
    for done, place in enumerate(waiting):
        share = left // (len(waiting) - done)
        part = whole[place]
        fitted[place] = part if part.tokens <= share else _cut(place + 1, part, share, count)
        left -= fitted[place].tokens
    return Fitting(tuple(fitted[place] for place in range(len(whole))), budget_tokens)


def _whole(index: int, document: Document, count: TokenCount) -> Part:
    block = document_block(index, document, document.text)
    tokens = count(block) + _JOIN_TOKENS
    return Part(document, document.text, block, tokens, tokens)


def _cut(index: int, whole: Part, share: int, count: TokenCount) -> Part:
    document = whole.document
    room = share - count(document_block(index, document, "", is_cut=True)) - _JOIN_TOKENS
    while room >= _LEAST_TOKENS:
        place = cut_place(document.text, room, lambda piece: count(without_marks(piece)))
        text = document.text[:place].rstrip()
        block = document_block(index, document, text, is_cut=True)
        tokens = count(block) + _JOIN_TOKENS
        if text and tokens <= share:
            return Part(document, text, block, tokens, whole.whole_tokens)
        room = min(room - 1, room * share // tokens)  # what was counted piece by piece may cost more in one
    return Part(document, "", "", 0, whole.whole_tokens)


def cut_place(text: str, room_tokens: int, count: TokenCount) -> int:
    """The last good place to end within the room: a paragraph's end, unless that wastes half of it."""
    place, left = 0, room_tokens
    for ends in _ENDS:
        place, left = _advance(text, place, left, ends, count)
        if left <= room_tokens // 2:
            break
    return place


def _advance(
    text: str, start: int, room_tokens: int, ends: re.Pattern[str], count: TokenCount
) -> tuple[int, int]:
    """From `start` piece by piece as long as the pieces fit; the place, and the room that is left."""
    place, left = start, room_tokens
    for end in ends.finditer(text, start):
        cost = count(text[place : end.end()])
        if cost > left:
            break
        place, left = end.end(), left - cost
    return place, left


def _last_words(text: str) -> str:
    line = " ".join(text[-4 * _LAST_WORDS_CHARS :].split())
    return (
        line
        if len(line) <= _LAST_WORDS_CHARS
        else f"…{line[-_LAST_WORDS_CHARS:].partition(' ')[2] or line[-_LAST_WORDS_CHARS:]}"
    )
