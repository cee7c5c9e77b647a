"""Questions of every kind, as short as they can be."""

from typing import Any

from slmdesk.features.evaluate.pack import DEFAULT_SCORERS, Kind, Question, Scorer, Scoring

CAUSES = ("Phishing", "Malware", "Insider", "Unknown")


def asked(kind: Kind, scorer: Scorer | None = None, **fields: Any) -> Question:
    """A question of this kind; tolerance and threshold go to its scoring, all else to itself."""
    scoring = {name: fields.pop(name) for name in ("tolerance", "threshold") if name in fields}
    given = {"id": kind.value, "text": f"Which {kind.value}?", **fields}
    return Question(kind=kind, scoring=Scoring(scorer or DEFAULT_SCORERS[kind], **scoring), **given)
