"""How open a model is, from 0 to 100, by what is published of it, with the reasons."""

from dataclasses import dataclass

from slmdesk.base.words import later, say
from slmdesk.features.catalog.entry import Entry, Licence, Openness

WEIGHTS, CODE, TOKENIZER, TRAINING_DATA = 40, 30, 20, 10

_SHARES: dict[Openness | None, float] = {"open": 1.0, "partial": 0.5, "closed": 0.0, None: 0.0}


@dataclass(frozen=True, slots=True)
class OpennessPart:
    """One part of the score: `points` of `most`, and why."""

    name: str
    state: Openness | None
    points: int
    most: int
    reason: str


@dataclass(frozen=True, slots=True)
class OpennessScore:
    """The parts in the order of their weight. What is unknown counts nothing, and is said."""

    parts: tuple[OpennessPart, ...]

    @property
    def points(self) -> int:
        """From 0 to 100."""
        return sum(part.points for part in self.parts)

    @property
    def words(self) -> str:
        """ "90 of 100: weights ✓ code ✓ tokenizer ✓ training data ✕" """
        signs = {"open": "✓", "partial": "~", "closed": "✕", None: "?"}
        parts = " ".join(f"{say(part.name)} {signs[part.state]}" for part in self.parts)
        return say("{points} of 100: {parts}", points=self.points, parts=parts)


def openness_of(entry: Entry, licence: Licence) -> OpennessScore:
    """The score of a model under its licence."""
    shown = entry.openness
    return OpennessScore(
        (
            _part(later("weights"), shown.weights, WEIGHTS, _weights_reason(shown.weights, licence)),
            _part(
                later("code"), shown.code, CODE, _reason(say("the code to run and fine-tune it"), shown.code)
            ),
            _part(
                later("tokenizer"), shown.tokenizer, TOKENIZER, _reason(say("its tokenizer"), shown.tokenizer)
            ),
            _part(
                later("training data"),
                shown.training_data,
                TRAINING_DATA,
                _reason(say("what it was trained on"), shown.training_data),
            ),
        )
    )


def _part(name: str, state: Openness | None, most: int, reason: str) -> OpennessPart:
    return OpennessPart(name, state, round(most * _SHARES[state]), most, reason)


def _weights_reason(state: Openness | None, licence: Licence) -> str:
    match state:
        case "open":
            return say("the weights can be had, changed and passed on ({name})", name=licence.name)
        case "partial":
            return say("the weights can be had, under conditions ({name})", name=licence.name)
    return _reason(say("its weights"), state)


def _reason(what: str, state: Openness | None) -> str:
    match state:
        case "open":
            return say("{what}: published", what=what)
        case "partial":
            return say("{what}: published in part", what=what)
        case "closed":
            return say("{what}: not published", what=what)
    return say("{what}: unknown", what=what)
