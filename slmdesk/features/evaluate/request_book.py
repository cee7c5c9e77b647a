"""Every request of an evaluation and its key: the same request has the same key, today and next year."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from slmdesk.engines.base import Message, Request
from slmdesk.features.evaluate import asking
from slmdesk.features.evaluate.cell import CellKey
from slmdesk.features.evaluate.pack import Pack, Question
from slmdesk.features.evaluate.setup import Asking, Setup


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells a model from others of the same name: its digest, or its size where it has none."""

    model_ref: str
    digest: str
    has_schema: bool = True


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: these questions about this document. `key` is that of its answer in the store."""

    key: bytes
    model_ref: str
    document: str
    question_ids: tuple[str, ...]
    seed: int

    @property
    def cells(self) -> Iterator[CellKey]:
        return (CellKey(self.model_ref, self.document, question_id) for question_id in self.question_ids)


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a prompt with its digest; `tokens` are estimated."""

    text: str
    digest: bytes
    tokens: int


class RequestBook:
    """Made anew for every pack and setup. Reads all documents: make it in a worker thread.

    `fence` takes false ends out of a document, `count` estimates its tokens. Models without an identity
    have no keys: what they answered cannot be known.
    """

    def __init__(
        self,
        pack: Pack,
        setup: Setup,
        identities: Mapping[str, Identity],
        *,
        fence: asking.Fence,
        count: Callable[[str], int],
    ) -> None:
        self.pack = pack
        self.setup = setup
        self.identities = identities
        self._questions = {question.id: question for question in pack.questions}
        self._system = _part(asking.system_text(pack.instructions), count)
        self._documents = {
            document.name: _part(asking.document_text(document.text, fence), count)
            for document in pack.documents
        }
        self._asked = {ids: self._asked_part(ids, count) for ids in self.groups}
        self._group_of = {question_id: ids for ids in self.groups for question_id in ids}
        self._models = {ref: _digest(self._model_words(each)) for ref, each in identities.items()}

    @property
    def groups(self) -> Sequence[tuple[str, ...]]:
        """The questions that are asked in one request, by their ids."""
        ids = tuple(question.id for question in self.pack.questions)
        if self.setup.asking is Asking.ONE_BY_ONE:
            return [(question_id,) for question_id in ids]
        return [ids] if ids else []

    def key(self, cell: CellKey, seed: int) -> bytes | None:
        """Of the answer that holds this cell; None where there can be none."""
        model, document = self._models.get(cell.model), self._documents.get(cell.document)
        group = self._group_of.get(cell.question)
        if model is None or document is None or group is None:
            return None
        return self._key(model, document, self._asked[group], seed)

    def question(self, question_id: str) -> Question:
        return self._questions[question_id]

    def group_of(self, question_id: str) -> tuple[str, ...]:
        """The questions that are answered together with this one."""
        return self._group_of[question_id]

    def asks(self, model_ref: str, seed: int) -> Iterator[tuple[Ask, ...]]:
        """All requests to one model, those about one document together, in the order of the pack."""
        model = self._models.get(model_ref)
        if model is None:
            return
        for name, document in self._documents.items():
            yield tuple(
                Ask(self._key(model, document, self._asked[group], seed), model_ref, name, group, seed)
                for group in self.groups
            )

    def request(self, ask: Ask) -> Request:
        """As it is sent, but for the engine's own name of the model; the same for the same key."""
        questions = self._of(ask.question_ids)
        options = self.setup.options
        if options.max_tokens is None and not self.setup.is_thinking:
            options = replace(options, max_tokens=asking.answer_tokens(questions))
        return Request(
            model="",
            messages=self.messages(ask.document, ask.question_ids),
            options=replace(options, seed=ask.seed),
            is_thinking=self.setup.is_thinking,
            schema=self._schema(questions) if self.identities[ask.model_ref].has_schema else None,
        )

    def messages(self, document: str, question_ids: tuple[str, ...]) -> tuple[Message, ...]:
        """What a model is told."""
        return asking.messages(
            self._system.text, self._documents[document].text, self._asked[question_ids].text
        )

    def prompt_tokens(self, document: str, question_ids: tuple[str, ...]) -> int:
        """Estimated, without those of the model's template."""
        return self.prefix_tokens(document) + self._asked[question_ids].tokens

    def prefix_tokens(self, document: str) -> int:
        """Of what all requests about a document begin with; estimated."""
        return self._system.tokens + self._documents[document].tokens

    def document_text(self, name: str) -> str:
        """The document as it is sent."""
        return self._documents[name].text

    def _asked_part(self, ids: tuple[str, ...], count: Callable[[str], int]) -> _Part:
        """Its digest holds the schema and the limit of the answer, too."""
        questions = self._of(ids)
        is_alone = self.setup.asking is Asking.ONE_BY_ONE
        text = asking.question_text(questions[0]) if is_alone else asking.questions_text(questions)
        form = json.dumps([self._schema(questions), asking.answer_tokens(questions)])
        return _Part(text, _digest(f"{text}\n{form}"), count(text))

    def _schema(self, questions: Sequence[Question]) -> Mapping[str, object] | None:
        if self.setup.asking is Asking.ONE_BY_ONE:
            return asking.answer_schema(questions[0])
        return asking.answers_schema(questions)

    def _of(self, ids: Sequence[str]) -> Sequence[Question]:
        return [self._questions[question_id] for question_id in ids]

    def _model_words(self, identity: Identity) -> str:
        """Of a model and how it is asked, whatever it is asked about."""
        options = asdict(replace(self.setup.options, seed=None))
        engine_id = identity.model_ref.partition("/")[0]
        told = [asking.VERSION, engine_id, identity.digest, identity.has_schema, options]
        return json.dumps([*told, self.setup.is_thinking, self._system.digest.hex()], sort_keys=True)

    @staticmethod
    def _key(model: bytes, document: _Part, asked: _Part, seed: int) -> bytes:
        parts = model + document.digest + asked.digest + seed.to_bytes(8, "big", signed=True)
        return hashlib.sha256(parts).digest()


def _part(text: str, count: Callable[[str], int]) -> _Part:
    return _Part(text, _digest(text), count(text))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
