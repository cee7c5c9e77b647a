"""Scores that need a model: a judge's grades, and likeness of meaning by embeddings. Replies are kept."""

import asyncio
import contextlib
import hashlib
import json
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import TypeAlias

from slmdesk.base.errors import BadReply, ContextOverflow, EngineError, RequestRefused
from slmdesk.base.words import number, say
from slmdesk.engines.answer import Answer, NoSink
from slmdesk.engines.base import Engine, Request, Timings
from slmdesk.engines.generation import FitCheck, generate
from slmdesk.engines.plain import timings_to_plain
from slmdesk.engines.registry import Registry
from slmdesk.features.evaluate import judge
from slmdesk.features.evaluate.asking import Fence, tidy
from slmdesk.features.evaluate.cell import CellKey
from slmdesk.features.evaluate.judge import Judged, joined_score, judge_request, read_judgement
from slmdesk.features.evaluate.pack import NOT_STATED, Scorer
from slmdesk.features.evaluate.request_book import Identity
from slmdesk.features.evaluate.score import Score
from slmdesk.store.answers import Answers, StoredAnswer

_AT_ONCE = 8
"""On servers that have a queue of their own; an engine that loads for us is asked one after the other."""
_OF_ONE_ANSWER = (BadReply, ContextOverflow, RequestRefused)
"""With these the others can still be scored."""
IdentityOf: TypeAlias = Callable[[str], Awaitable[Identity | None]]


@dataclass(frozen=True, slots=True)
class _Inquiry:
    """What one answer is scored by: the requests with their keys, one for embeddings and two for a judge."""

    judged: Judged
    identity: Identity
    requests: tuple[Request, ...]
    keys: tuple[bytes, ...]

    def score(self, replies: Mapping[bytes, StoredAnswer]) -> Score | None:
        """None while a reply is missing, or where the judge gave no grade."""
        if not all(key in replies for key in self.keys):
            return None
        texts = [replies[key].text for key in self.keys]
        if self.judged.question.scoring.scorer is Scorer.EMBEDDING:
            return _likeness_score(float(texts[0]), self.judged.question.scoring.threshold)
        return joined_score(*map(read_judgement, texts))


class ModelScoring:
    """Asks the model that a question names, once for each answer: the same pair is never asked about again.

    `fence` takes false ends out of a document. `identity_of` tells a model from others of its name.
    """

    def __init__(
        self,
        answers: Answers,
        registry: Registry,
        fence: Fence,
        identity_of: IdentityOf,
        *,
        check_fit: FitCheck | None = None,
    ) -> None:
        self._answers = answers
        self._registry = registry
        self._fence = fence
        self._identity_of = identity_of
        self._check_fit = check_fit

    async def known(self, judged: Iterable[Judged], context_tokens: int) -> Mapping[CellKey, Score]:
        """Those that can be told from what is stored, without asking anybody."""
        plain, inquiries = await self._sorted(judged, context_tokens)
        replies = await self._answers.find([key for inquiry in inquiries for key in inquiry.keys])
        found = {inquiry.judged.cell: inquiry.score(replies) for inquiry in inquiries}
        return plain | {cell: score for cell, score in found.items() if score is not None}

    async def score(
        self, judged: Iterable[Judged], context_tokens: int
    ) -> AsyncGenerator[Mapping[CellKey, Score], None]:
        """All of them as they come, each model loaded once and unloaded after; raises EngineError.

        Answers for which the judge gives no grade are left out. One that cannot be scored keeps no other
        from it: its error is raised at the end.
        """
        plain, inquiries = await self._sorted(judged, context_tokens)
        if plain:
            yield plain
        refused: list[EngineError] = []
        inquiries.sort(key=lambda inquiry: inquiry.identity.model_ref)
        for model_ref, group in groupby(inquiries, key=lambda inquiry: inquiry.identity.model_ref):
            engine, name = self._registry.resolve(model_ref)
            async with contextlib.aclosing(self._scored(engine, name, list(group), refused)) as scored:
                async for scores in scored:
                    yield scores
            if engine.capabilities.unload:
                await engine.unload(name)
        if refused:
            raise refused[0]

    async def _scored(
        self, engine: Engine, name: str, inquiries: Sequence[_Inquiry], refused: list[EngineError]
    ) -> AsyncGenerator[Mapping[CellKey, Score], None]:
        """What came beside an error is told before it is raised; those of one answer go into `refused`."""
        at_once = 1 if engine.capabilities.unload else _AT_ONCE
        for first in range(0, len(inquiries), at_once):
            some = inquiries[first : first + at_once]
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._settled(engine, name, one)) for one in some]
            results = [task.result() for task in tasks]
            yield {
                one.judged.cell: result
                for one, result in zip(some, results, strict=True)
                if isinstance(result, Score)
            }
            for result in results:
                if isinstance(result, _OF_ONE_ANSWER):
                    refused.append(result)
                elif isinstance(result, EngineError):
                    raise result

    async def _settled(self, engine: Engine, name: str, inquiry: _Inquiry) -> Score | EngineError | None:
        """The score, or why it could not be had: others that are asked at the same time go on."""
        replies = dict(await self._answers.find(inquiry.keys))
        try:
            for key, request in zip(inquiry.keys, inquiry.requests, strict=True):
                if key not in replies:
                    replies[key] = await self._asked(engine, name, inquiry, key, request)
                    await self._answers.add([replies[key]])
        except EngineError as error:
            return error
        return inquiry.score(replies)

    async def _asked(
        self, engine: Engine, name: str, inquiry: _Inquiry, key: bytes, request: Request
    ) -> StoredAnswer:
        identity, judged = inquiry.identity, inquiry.judged
        if judged.question.scoring.scorer is Scorer.EMBEDDING:
            vectors = await engine.embed(name, [tidy(judged.expected), tidy(judged.answer)])
            text, timings = repr(_cosine(*vectors)), Timings()
        else:
            answer = Answer()
            await generate(
                answer, self._registry, identity.model_ref, request, NoSink(), check_fit=self._check_fit
            )
            if answer.error is not None:
                raise answer.error
            text, timings = answer.text, answer.timings
        return StoredAnswer(key, identity.model_ref, identity.digest, text, timings=timings_to_plain(timings))

    async def _sorted(
        self, judged: Iterable[Judged], context_tokens: int
    ) -> tuple[dict[CellKey, Score], list[_Inquiry]]:
        """What is clear without a model, and what is to be asked; models that are not known are left out."""
        found = list(judged)
        refs = {one.question.scoring.model_ref for one in found} - {""}
        identities = {ref: await self._identity_of(ref) for ref in refs}

        def sort() -> tuple[dict[CellKey, Score], list[_Inquiry]]:
            plain: dict[CellKey, Score] = {}
            inquiries: list[_Inquiry] = []
            for one in found:
                if (score := _without_model(one)) is not None:
                    plain[one.cell] = score
                elif identity := identities.get(one.question.scoring.model_ref):
                    inquiries.append(self._inquiry(one, identity, context_tokens))
            return plain, inquiries

        return await asyncio.to_thread(sort)  # each request has a whole document in it

    def _inquiry(self, judged: Judged, identity: Identity, context_tokens: int) -> _Inquiry:
        if judged.question.scoring.scorer is Scorer.EMBEDDING:
            told = ["embedding", tidy(judged.expected), tidy(judged.answer)]
            return _Inquiry(judged, identity, (Request("", ()),), (_key(identity, told),))
        requests = tuple(
            judge_request(
                judged,
                self._fence,
                is_answer_first=is_answer_first,
                has_schema=identity.has_schema,
                context_tokens=context_tokens,
            )
            for is_answer_first in (False, True)
        )
        return _Inquiry(judged, identity, requests, tuple(_request_key(identity, one) for one in requests))


def _without_model(judged: Judged) -> Score | None:
    """Where the document or the answer says nothing, or both the same, there is nothing to judge."""
    answer, expected = judged.answer.strip().casefold(), judged.expected.strip().casefold()
    if answer == expected:
        return Score(1.0, say("As expected."))
    if not answer:
        return Score(0.0, say("There is no answer."))
    if NOT_STATED.casefold() in (answer, expected):
        return Score(
            0.0, say("“{answer}” instead of “{expected}”.", answer=judged.answer, expected=judged.expected)
        )
    return None


def _likeness_score(cosine: float, threshold: float) -> Score:
    """Right from the threshold on, else as much of it as there is."""
    why = say(
        "The meaning is {likeness} % alike; {threshold} % are right.",
        likeness=number(100 * cosine, ".0f"),
        threshold=number(100 * threshold, ".0f"),
    )
    return Score(1.0 if cosine >= threshold else max(0.0, cosine), why)


def _cosine(first: Sequence[float], second: Sequence[float]) -> float:
    """Of vectors that engines have brought to length 1."""
    if len(first) != len(second):
        raise BadReply(say("The embeddings are of different lengths."))
    return max(-1.0, min(1.0, math.fsum(a * b for a, b in zip(first, second, strict=True))))


def _request_key(identity: Identity, request: Request) -> bytes:
    """The context's length is no part of it: it does not change what is answered."""
    options = asdict(replace(request.options, context_tokens=0))
    messages = [(message.role, message.content) for message in request.messages]
    return _key(identity, ["judge", judge.VERSION, identity.has_schema, options, messages])


def _key(identity: Identity, told: Sequence[object]) -> bytes:
    engine_id = identity.model_ref.partition("/")[0]
    words = json.dumps([engine_id, identity.digest, *told], sort_keys=True)
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).digest()
