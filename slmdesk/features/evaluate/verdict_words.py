"""The sentences of a verdict: what was found, for what reason, and what would make it sure."""

from collections.abc import Iterator, Mapping, Sequence

from slmdesk.base.words import counted, joined, say
from slmdesk.features.evaluate.answer_cost import AnswerCost
from slmdesk.features.evaluate.model_names import names_in_words
from slmdesk.features.evaluate.pairs import needed_words
from slmdesk.features.evaluate.setup import Target, TargetKind
from slmdesk.features.evaluate.shares import per_cent, range_words
from slmdesk.features.evaluate.standing import FEWEST_DOCUMENTS, Standing
from slmdesk.features.evaluate.statistics import Interval


class VerdictWords:
    """Says verdicts about `ranked`, all models that have a score, the smallest first."""

    def __init__(self, ranked: Sequence[Standing], target: Target) -> None:
        self._ranked = ranked
        self._target = target
        self._names = names_in_words([each.model for each in ranked])

    def found(self, chosen: Standing, smaller: Sequence[Standing], needed: int | None) -> Iterator[str]:
        """`smaller` are those that may be good enough as well."""
        model, evidence = self._names[chosen.model], self._evidence(chosen)
        if len(self._ranked) == 1 and self._target.kind is TargetKind.SHARE_OF_BEST:
            yield say(
                "{model} is the only one, and so the best. A second model makes a comparison.", model=model
            )
            return
        if smaller or len(self._ranked) == 1:
            yield say("{model} is good enough: {evidence}.", model=model, evidence=evidence)
        else:
            yield say(
                "{model} is the smallest that is good enough: {evidence}.", model=model, evidence=evidence
            )
        if len(smaller) == 1:
            yield say(
                "{model} is smaller and may be good enough, too; {needed} would tell.",
                model=self._names[smaller[0].model],
                needed=needed_words(needed),
            )
        elif smaller:
            yield say(
                "{models} are smaller and may be good enough, too; {needed} would tell.",
                models=joined([self._names[each.model] for each in smaller]),
                needed=needed_words(needed),
            )
        yield say("Of twenty such verdicts at most one is wrong by chance.")

    def likely(self, chosen: Standing) -> Iterator[str]:
        yield say(
            "{model} looks good enough ({evidence}), but {documents} cannot make sure; {needed} would.",
            model=self._names[chosen.model],
            evidence=self._evidence(chosen),
            documents=_documents(chosen.score.documents),
            needed=needed_words(chosen.documents_needed),
        )

    def undecided(self, best: Standing, needed: int | None) -> Iterator[str]:
        """None looks good enough, and yet `best` may be."""
        yield say(
            "{documents} cannot decide whether a model is good enough; {needed} would. "
            "The best is {model}: {evidence}.",
            documents=_documents(best.score.documents),
            needed=needed_words(needed),
            model=self._names[best.model],
            evidence=self._evidence(best),
        )

    def none(self, best: Standing) -> Iterator[str]:
        model, evidence = self._names[best.model], self._evidence(best)
        if len(self._ranked) == 1:
            yield say("{model} is not good enough: {evidence}.", model=model, evidence=evidence)
        else:
            yield say(
                "No model is good enough. The best is {model}: {evidence}.", model=model, evidence=evidence
            )

    def nothing(self) -> Iterator[str]:
        """No model has enough documents with a score."""
        if self._ranked:
            yield say(
                "At least {count} documents with a score are needed for a verdict.", count=FEWEST_DOCUMENTS
            )
        else:
            yield say("Nothing is scored yet: run the models, on questions with an expected answer.")

    def cost(self, chosen: Standing, costs: Mapping[str, AnswerCost]) -> Iterator[str]:
        if words := costs.get(chosen.model, AnswerCost()).words:
            yield say("An answer of {model} costs {cost}.", model=self._names[chosen.model], cost=words)

    def provisos(self, sizes_bytes: Mapping[str, int | None]) -> Iterator[str]:
        """What the reader must know of single models: too few documents, fewer than others, no known size."""
        most = max((each.score.documents for each in self._ranked), default=0)
        for each in self._ranked:
            name, count = self._names[each.model], each.score.documents
            if count < min(FEWEST_DOCUMENTS, most):
                yield say(
                    "{model} has a score on {documents}: too few to judge it by.",
                    model=name,
                    documents=_documents(count),
                )
            elif count < most:
                yield say(
                    "{model} has a score on {documents}, others on up to {most:,}.",
                    model=name,
                    documents=_documents(count),
                    most=most,
                )
            if len(self._ranked) > 1 and sizes_bytes.get(each.model) is None:
                yield say("The size of {model} is not known: it counts as the largest.", model=name)

    def _evidence(self, standing: Standing) -> str:
        """ "89 % (79–95 %) where you asked for 85 %"."""
        score, target = standing.score, self._target
        values = {
            "score": per_cent(score.score, beside=standing.needed),
            "range": range_words(Interval(score.low, score.high)),
        }
        if target.kind is TargetKind.SHARE:
            return say(
                "{score} ({range}) where you asked for {target}", target=per_cent(target.value), **values
            )
        return say(
            "{score} ({range}) where {share} of the best score is {needed}",
            share=per_cent(target.value),
            needed=per_cent(standing.needed),
            **values,
        )


def _documents(count: int) -> str:
    return counted(count, "{count} document", "{count:,} documents")
