"""An evaluation as it is reported: plain values, and its cells one after the other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from slmdesk.base.words import say
from slmdesk.features.evaluate.cell import Cell, CellKey
from slmdesk.features.evaluate.pack import Document, Pack, Question
from slmdesk.features.evaluate.setup import Setup, TargetKind
from slmdesk.features.evaluate.verdict import Verdict, VerdictKind


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a model beside its answers; None and "" where it is not. Sizes in bytes.

    `memory_bytes` is what it takes with the context of the evaluation, estimated; `engine` has its version.
    """

    digest: str = ""
    quantization: str = ""
    size_bytes: int | None = None
    memory_bytes: int | None = None
    engine: str = ""


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """Where and when: `machine` are labels with their words, `models` by `engine/model`.

    `program` is this program with its version, `made_at` in Unix seconds.
    """

    program: str
    made_at: float
    machine: Sequence[tuple[str, str]] = ()
    models: Mapping[str, ModelFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model, or a vote, with all its cells taken together; shares from 0 to 1, None where unknown.

    `ref` is its key in the cells, `name` is for people.
    `low` and `high` are the ends of the 95 % interval of `score`. Seconds and tokens are those of all its
    answers; `cached_tokens` is the part of `prompt_tokens` that was not computed again.
    """

    ref: str
    name: str
    score: float | None
    low: float | None = None
    high: float | None = None
    scored: int = 0
    done: int = 0
    failed: int = 0
    invalid: int = 0
    corrected: int = 0
    violations: int = 0
    seconds: float | None = None
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    stability: float | None = None
    is_vote: bool = False

    @property
    def answer_s(self) -> float | None:
        """Seconds an answer."""
        return self.seconds / self.done if self.seconds is not None and self.done else None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the files are written from.

    `question_scores` and `document_scores` have one entry a question or document in the pack's order:
    the mean score by model, None where nothing was scored. `verdict` is None where nothing was at all.
    `cell` is asked for one cell at a time, so that a file is written in bounded memory.
    """

    pack: Pack
    setup: Setup
    facts: ReportFacts
    verdict: Verdict | None
    models: Sequence[ModelRow]
    question_scores: Sequence[Mapping[str, float | None]]
    document_scores: Sequence[Mapping[str, float | None]]
    cell: Callable[[CellKey], Cell]

    @property
    def title(self) -> str:
        return self.pack.title

    @property
    def verdict_words(self) -> Sequence[str]:
        """Whole sentences, the first one being the verdict."""
        return self.verdict.words if self.verdict else (say("Nothing is scored yet."),)

    @property
    def chosen(self) -> str:
        """The model that the verdict names, "" where it names none."""
        return self.verdict.model if self.verdict and self.verdict.kind is VerdictKind.FOUND else ""

    @property
    def target_share(self) -> float | None:
        """The score that is good enough; None where it hangs on the best model and there is none."""
        if self.setup.target.kind is TargetKind.SHARE:
            return self.setup.target.value
        scores = [model.score for model in self.models if model.score is not None]
        return self.setup.target.value * max(scores) if scores else None

    def facts_of(self, ref: str) -> ModelFacts:
        return self.facts.models.get(ref, ModelFacts())

    def cells_of(self, model: str) -> Iterator[tuple[Document, Question, Cell]]:
        """All cells of a model, document by document."""
        for document in self.pack.documents:
            for question in self.pack.questions:
                yield document, question, self.cell(CellKey(model, document.name, question.id))
