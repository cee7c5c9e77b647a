"""Answers of evaluations in the store: many keys, one commit, corrections beside them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from slmdesk.store.answers import Answers, StoredAnswer, StoredCorrection
from slmdesk.store.db import Database


@pytest_asyncio.fixture
async def answers(tmp_path: Path) -> AsyncIterator[Answers]:
    database = Database.open(tmp_path / "test.sqlite")
    yield Answers(database)
    await database.aclose()


def key(number: int) -> bytes:
    return number.to_bytes(32, "big")


def answer(number: int, text: str = "Yes", model_ref: str = "box/a", digest: str = "1") -> StoredAnswer:
    return StoredAnswer(key(number), model_ref, digest, text, "end", {"output_tokens": 2}, float(number + 1))


async def test_what_was_added_is_found_and_nothing_else(answers: Answers) -> None:
    await answers.add([answer(number) for number in range(0, 3_000, 2)])
    found = await answers.find([key(number) for number in range(3_000)])
    assert found == {key(number): answer(number) for number in range(0, 3_000, 2)}
    assert await answers.find([]) == {}


async def test_a_later_answer_takes_the_place_and_text_is_made_storable(answers: Answers) -> None:
    await answers.add([answer(1, "No"), answer(1, "a\0b\ud800")])
    assert (await answers.find([key(1)]))[
        key(1)
    ].text == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"


async def test_the_digest_of_a_model_is_that_of_its_newest_answer(answers: Answers) -> None:
    await answers.add([answer(1, digest="old"), answer(2, digest="new"), answer(3, model_ref="box/b")])
    assert await answers.last_digest("box/a") == "new"
    assert await answers.last_digest("box/c") is None


async def test_a_correction_belongs_to_one_question_of_one_answer(answers: Answers) -> None:
    await answers.correct(StoredCorrection(key(1), "q", 0.5, "half"))
    await answers.correct(StoredCorrection(key(1), "q", 1.0, "whole"))
    await answers.correct(StoredCorrection(key(2), "q", 0.0))
    assert await answers.corrections([key(1)]) == [StoredCorrection(key(1), "q", 1.0, "whole")]
    await answers.uncorrect(key(1), "q")
    assert await answers.corrections([key(1), key(2)]) == [StoredCorrection(key(2), "q", 0.0)]
