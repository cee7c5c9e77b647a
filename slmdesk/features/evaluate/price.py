"""What an evaluation costs before it is run: requests, tokens, time and memory, and which way of asking."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from slmdesk.base.memory import gigabytes
from slmdesk.base.words import counted, later, number, say
from slmdesk.features.evaluate import asking
from slmdesk.features.evaluate.pack import Question
from slmdesk.features.evaluate.request_book import RequestBook
from slmdesk.features.evaluate.setup import Asking

_TINY_BYTES = 700_000_000
# Reading is done in batches: on processors it is about so many times as fast as writing.
_READING_IS_FASTER = 6
_MINUTE, _HOUR = 60, 3600

_WHY_NO_SCHEMA = later("A model among these cannot be kept to a form, so each question is asked alone.")
_WHY_TINY = later("A model this small loses its way in a long form: alone it answers questions better.")
_WHY_ONE = later("There is only one question.")
_WHY_TOGETHER = later(
    "Each document is read once, and {together:,} requests instead of {alone:,} are sent: "
    "{saved:,} prompt tokens fewer are sent."
)


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """Of what is still to be asked of one model. `prompt_tokens` are sent, `computed_tokens` of them are
    left where the engine uses a prompt again; both are estimates. None where it is not known.
    """

    model_ref: str
    requests: int
    prompt_tokens: int
    computed_tokens: int
    output_tokens: int
    seconds: float | None
    memory_bytes: int | None


@dataclass(frozen=True, slots=True)
class Price:
    """`recommended` and why; `words` are sentences for the user."""

    models: tuple[ModelPrice, ...]
    recommended: Asking
    why: str

    @property
    def requests(self) -> int:
        return sum(each.requests for each in self.models)

    @property
    def prompt_tokens(self) -> int:
        return sum(each.prompt_tokens for each in self.models)

    @property
    def output_tokens(self) -> int:
        return sum(each.output_tokens for each in self.models)

    @property
    def seconds(self) -> float | None:
        """None where it is not known of a model that is still to be asked."""
        known = [each.seconds for each in self.models if each.seconds is not None]
        return sum(known) if len(known) == len(self.models) else None

    @property
    def memory_bytes(self) -> int | None:
        """Of the largest: one model is in memory at a time."""
        return max((each.memory_bytes for each in self.models if each.memory_bytes), default=None)

    @property
    def words(self) -> str:
        """ "54 requests, about 21,000 prompt and 1,700 output tokens, about 3 minutes, up to 0.4 GB of
        memory." """
        if not self.requests:
            return say("Everything has its answer: nothing is computed.")
        parts = [
            counted(self.requests, "{count:,} request", "{count:,} requests"),
            say(
                "about {prompt:,} prompt and at most {output:,} output tokens",
                prompt=self.prompt_tokens,
                output=self.output_tokens,
            ),
            duration_words(self.seconds),
        ]
        if self.memory_bytes:
            parts.append(say("up to {memory} GB of memory", memory=gigabytes(self.memory_bytes)))
        return f"{', '.join(parts)}."


@dataclass(frozen=True, slots=True)
class Pace:
    """What is known of a model's speed: seconds a request in this evaluation, tokens a second elsewhere."""

    seconds_a_request: float | None = None
    output_tokens_per_s: float | None = None


def price_of(
    book: RequestBook,
    has_answer: Callable[[bytes], bool],
    paces: Mapping[str, Pace],
    memory_bytes: Callable[[str, int], int | None],
    sizes: Mapping[str, int | None],
) -> Price:
    """Reckon what is still to be asked. Looks at every request: call it in a thread where there are many."""
    models = tuple(
        _model_price(book, ref, has_answer, paces.get(ref, Pace()), memory_bytes)
        for ref in book.setup.model_refs
    )
    recommended, why = recommend(book, sizes)
    return Price(models, recommended, why)


def recommend(book: RequestBook, sizes: Mapping[str, int | None]) -> tuple[Asking, str]:
    """The way of asking for these models, and the reason."""
    questions = book.pack.questions
    if len(questions) < 2:
        return Asking.ONE_BY_ONE, say(_WHY_ONE)
    if not all(identity.has_schema for identity in book.identities.values()):
        return Asking.ONE_BY_ONE, say(_WHY_NO_SCHEMA)
    if any(size is not None and size < _TINY_BYTES for size in sizes.values()):
        return Asking.ONE_BY_ONE, say(_WHY_TINY)
    documents = len(book.pack.documents)
    again = sum(book.prefix_tokens(each.name) for each in book.pack.documents)
    return Asking.TOGETHER, say(
        _WHY_TOGETHER,
        together=documents,
        alone=documents * len(questions),
        saved=again * (len(questions) - 1),
    )


def duration_words(seconds: float | None) -> str:
    """ "about 3 minutes" """
    if seconds is None:
        return say("time not known yet")
    if seconds < _MINUTE:
        return say("less than a minute")
    if seconds < _HOUR:
        return counted(round(seconds / _MINUTE), "about {count} minute", "about {count} minutes")
    return say("about {hours} hours", hours=number(seconds / _HOUR, ".1f"))


def _model_price(
    book: RequestBook,
    model_ref: str,
    has_answer: Callable[[bytes], bool],
    pace: Pace,
    memory_bytes: Callable[[str, int], int | None],
) -> ModelPrice:
    requests = prompt = computed = output = 0
    limits = {ids: asking.answer_tokens(_of(book, ids)) for ids in book.groups}
    for seed in book.setup.seeds:
        for asks in book.asks(model_ref, seed):
            due = [ask for ask in asks if not has_answer(ask.key)]
            requests += len(due)
            for place, ask in enumerate(due):
                sent = book.prompt_tokens(ask.document, ask.question_ids)
                prompt += sent
                computed += sent if place == 0 else sent - book.prefix_tokens(ask.document)
                output += book.setup.options.max_tokens or limits[ask.question_ids]
    seconds = _seconds(pace, requests, computed, output)
    memory = memory_bytes(model_ref, book.setup.options.context_tokens)
    return ModelPrice(model_ref, requests, prompt, computed, output, seconds, memory)


def _of(book: RequestBook, ids: Sequence[str]) -> Sequence[Question]:
    return [book.question(question_id) for question_id in ids]


def _seconds(pace: Pace, requests: int, computed: int, output: int) -> float | None:
    if not requests:
        return 0.0
    if pace.seconds_a_request is not None:
        return requests * pace.seconds_a_request
    if rate := pace.output_tokens_per_s:
        return computed / (rate * _READING_IS_FASTER) + output / rate
    return None
