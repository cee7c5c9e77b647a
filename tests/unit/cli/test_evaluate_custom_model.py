"""A custom model from a pack, made in the terminal on the built-in engine, answers a document alone."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from slmdesk.cli import main
from slmdesk.engines.answer import Answer, AnswerState
from slmdesk.engines.base import Message, Options, Request
from slmdesk.engines.generation import generate
from slmdesk.features.evaluate.asking import answer_tokens
from slmdesk.features.evaluate.pack import Kind, Question, Scorer, Scoring
from slmdesk.features.evaluate.pack_file import write_pack
from slmdesk.services import STARTER_MODEL, Services
from tests.fakes.reports import pack


class _Sink:
    async def append(self, text: str, thinking: str) -> None:
        del text, thinking


@pytest.mark.engine
def test_the_model_answers_a_document_alone_in_the_schema_of_the_pack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    of = pack(1)
    who = Question("who", "Who lost them?", Kind.TEXT, Scoring(Scorer.FUZZY), max_words=5)
    of = replace(of, questions=(*of.questions, who))
    write_pack(of, tmp_path / "pack.json")
    data_dir = ("--data-dir", str(tmp_path / "data"))
    command = (
        "eval",
        "model",
        str(tmp_path / "pack.json"),
        "--base",
        STARTER_MODEL,
        "--name",
        "breach-reader",
        "--json",
    )
    assert main([*command, *data_dir]) == 0
    made: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert made["model"] == "builtin/breach-reader"

    async def ask() -> Answer:
        services = Services.open(tmp_path / "data")
        await services.start(("builtin/",))
        options = Options(max_tokens=answer_tokens(of.questions), temperature=0.0, seed=1)
        request = Request("", (Message("user", of.documents[0].text),), options, schema=made["schema"])
        answer = Answer()
        await generate(answer, services.registry, made["model"], request, _Sink())
        await services.aclose()
        return answer

    answer = asyncio.run(ask())
    assert answer.state is AnswerState.DONE, answer.error
    assert answer.stop_reason == "end"
    found = json.loads(answer.text)
    assert list(Draft202012Validator(made["schema"]).iter_errors(found)) == []
    assert set(found) == {question.id for question in of.questions}
