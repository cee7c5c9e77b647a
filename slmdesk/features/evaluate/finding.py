"""A verdict as plain JSON, for the router: which model is good enough for a task, and how sure that is."""

from typing import Any

from slmdesk.features.evaluate.conclusion import Conclusion
from slmdesk.features.evaluate.pack import Pack
from slmdesk.features.evaluate.verdict import Verdict

VERSION = 1


def finding_to_plain(pack: Pack, conclusion: Conclusion, verdict: Verdict) -> dict[str, Any]:
    """`model` is a vote when it has several `members`. Scores from 0 to 1, sizes in bytes."""
    members = {each.key: list(each.members) for each in conclusion.survey.contenders}
    return {
        "version": VERSION,
        "pack": {"title": pack.title, "language": pack.language, "documents": len(pack.documents)},
        "kind": verdict.kind.value,
        "model": verdict.model,
        "members": members.get(verdict.model, []),
        "words": list(verdict.words),
        "target": {"kind": verdict.target.kind.value, "value": verdict.target.value},
        "models": [
            {
                "model": each.model,
                "members": members.get(each.model, []),
                "score": each.score.score,
                "low": each.score.low,
                "high": each.score.high,
                "is_good": each.is_good,
                "size_bytes": conclusion.sizes_bytes.get(each.model),
            }
            for each in verdict.standings
        ],
        "questions": [
            {
                "id": question.id,
                "text": question.text,
                "best": [conclusion.survey.contenders[at].key for at in line.best],
            }
            for question, line in zip(conclusion.survey.questions, conclusion.questions, strict=True)
        ],
    }
