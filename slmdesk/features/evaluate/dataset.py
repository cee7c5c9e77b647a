"""Rows as an instruction dataset: checked, split by document, and written as JSON Lines."""

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from itertools import compress
from pathlib import Path
from typing import TypeAlias

from slmdesk.base.errors import BadInput
from slmdesk.base.words import counted, joined, later, say
from slmdesk.config.atomic_file import replacing
from slmdesk.features.evaluate.dataset_rows import Row
from slmdesk.features.evaluate.personal_data import PersonalData, hints, in_words

TRAINING_FILE = "train.jsonl"
TEST_FILE = "test.jsonl"
_MOST_PLACES = 5
_PROGRESS_EVERY = 1_000


class Fault(StrEnum):
    """Why a row is left out."""

    EMPTY = "empty"
    DUPLICATE = "duplicate"
    TOO_LONG = "too_long"
    PERSONAL_DATA = "personal_data"


Finding: TypeAlias = Fault | PersonalData

_FAULTS = {
    Fault.EMPTY: (
        later("{count:,} row without a question or an answer was left out ({places})."),
        later("{count:,} rows without a question or an answer were left out ({places})."),
    ),
    Fault.DUPLICATE: (
        later("{count:,} row that was there before was left out ({places})."),
        later("{count:,} rows that were there before were left out ({places})."),
    ),
    Fault.TOO_LONG: (
        later("{count:,} row that is too long was left out ({places})."),
        later("{count:,} rows that are too long were left out ({places})."),
    ),
    Fault.PERSONAL_DATA: (
        later("{count:,} row with hints of personal data was left out."),
        later("{count:,} rows with hints of personal data were left out."),
    ),
}


@dataclass(frozen=True, slots=True)
class DatasetPlan:
    """`test_share` from 0 to 1 of the documents, chosen by `seed`. A row of more than `most_tokens` or
    `most_characters` (0 is no limit) is left out, and with `is_personal_left_out` one with personal data.
    """

    test_share: float = 0.2
    seed: int = 1
    most_tokens: int = 2_048
    most_characters: int = 0
    is_personal_left_out: bool = False


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """What was written and what was found: how often, and the first places of each."""

    read: int
    training: int
    test: int
    training_documents: int
    test_documents: int
    found: Mapping[Finding, int]
    places: Mapping[Finding, Sequence[str]]

    @property
    def words(self) -> Sequence[str]:
        """One sentence a line."""
        return [self._written(), *self._left_out(), *self._hints()]

    def _written(self) -> str:
        return say(
            "{written:,} of {read:,} rows were written: {training:,} for training and {test:,} for the test, "
            "from {training_documents:,} and {test_documents:,} documents, none of them in both.",
            written=self.training + self.test,
            read=self.read,
            training=self.training,
            test=self.test,
            training_documents=self.training_documents,
            test_documents=self.test_documents,
        )

    def _left_out(self) -> Iterator[str]:
        for fault, (one, many) in _FAULTS.items():
            if count := self.found.get(fault):
                yield counted(count, one, many, places=self._first(fault))

    def _hints(self) -> Iterator[str]:
        for kind in PersonalData:
            if count := self.found.get(kind):
                yield counted(
                    count,
                    "{count:,} row holds what looks like {what} ({places}): read it before you share it.",
                    "{count:,} rows hold what looks like {what} ({places}): read them before you share them.",
                    what=in_words(kind),
                    places=self._first(kind),
                )

    def _first(self, finding: Finding) -> str:
        places, more = self.places[finding], self.found[finding] - len(self.places[finding])
        if more:
            return say("{places} and {more:,} more", places=", ".join(places), more=more)
        return joined(places)


def export_dataset(
    source: Callable[[], Iterable[Row]],
    folder: Path,
    plan: DatasetPlan,
    count_tokens: Callable[[str], int],
    on_progress: Callable[[int], None] = lambda _count: None,
) -> DatasetReport:
    """Write train.jsonl and test.jsonl into the folder, replacing those that are there.

    The rows are read twice, so that any number of them needs little memory. Blocks: use a thread.
    Raises BadInput when no row is left or the folder cannot be written; then nothing is changed.
    """
    survey = _Survey(plan, count_tokens)
    for count, row in enumerate(source(), 1):
        survey.look_at(row)
        if not count % _PROGRESS_EVERY:
            on_progress(count)
    if not any(survey.is_kept):
        raise BadInput(
            say("There is no row to write; {read:,} were read.", read=len(survey.is_kept)),
            next_step=say("A row needs a question and an answer that is not too long."),
        )
    test_documents = _chosen(survey.documents, plan)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        training, test = _write(compress(source(), survey.is_kept), folder, test_documents)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput(say("{path} cannot be written ({reason}).", path=folder, reason=reason)) from error
    return DatasetReport(
        read=len(survey.is_kept),
        training=training,
        test=test,
        training_documents=len(survey.documents) - len(test_documents),
        test_documents=len(test_documents),
        found=survey.found,
        places=survey.places,
    )


@dataclass(slots=True)
class _Survey:
    """The first reading: what is wrong with which row. Of each row only a mark and a digest are kept."""

    plan: DatasetPlan
    count_tokens: Callable[[str], int]
    is_kept: bytearray = field(default_factory=bytearray)
    documents: set[bytes] = field(default_factory=set)
    found: Counter[Finding] = field(default_factory=Counter)
    places: dict[Finding, list[str]] = field(default_factory=dict)
    seen: set[bytes] = field(default_factory=set)

    def look_at(self, row: Row) -> None:
        fault = self._fault(row)
        if fault is not None:
            self._note(fault, row)
        else:
            self.documents.add(_digest(row.document))
        self.is_kept.append(fault is None)

    def _fault(self, row: Row) -> Fault | None:
        if not row.instruction or not row.output:
            return Fault.EMPTY
        digest = _digest("\0".join((row.instruction, row.input, row.output)))
        if digest in self.seen:
            return Fault.DUPLICATE
        self.seen.add(digest)
        if self._is_too_long(row):
            return Fault.TOO_LONG
        personal = hints(f"{row.input}\n{row.instruction}\n{row.output}")
        for kind in personal:
            self._note(kind, row)
        return Fault.PERSONAL_DATA if personal and self.plan.is_personal_left_out else None

    def _is_too_long(self, row: Row) -> bool:
        texts = (row.instruction, row.input, row.output)
        if 0 < self.plan.most_characters < sum(map(len, texts)):
            return True
        return 0 < self.plan.most_tokens < sum(map(self.count_tokens, texts))

    def _note(self, finding: Finding, row: Row) -> None:
        self.found[finding] += 1
        places = self.places.setdefault(finding, [])
        if len(places) < _MOST_PLACES:
            places.append(row.place)


def _chosen(documents: Iterable[bytes], plan: DatasetPlan) -> frozenset[bytes]:
    """The documents of the test: at least one, if there are two and any is wanted, and never all."""
    seed = str(plan.seed).encode()
    drawn = sorted(documents, key=lambda document: blake2b(document, digest_size=16, key=seed).digest())
    count = round(plan.test_share * len(drawn))
    if plan.test_share > 0:
        count = min(max(count, 1), len(drawn) - 1)
    return frozenset(drawn[:count])


def _write(rows: Iterable[Row], folder: Path, test_documents: frozenset[bytes]) -> tuple[int, int]:
    """How many rows are in the training and in the test."""
    counts = [0, 0]
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(replacing(folder / name)) for name in (TRAINING_FILE, TEST_FILE)]
        for row in rows:
            part = _digest(row.document) in test_documents
            files[part].write(_line(row))
            counts[part] += 1
    return counts[0], counts[1]


def _line(row: Row) -> bytes:
    content = {"instruction": row.instruction, "input": row.input, "output": row.output}
    return f"{json.dumps(content, ensure_ascii=False)}\n".encode("utf-8", "replace")


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
