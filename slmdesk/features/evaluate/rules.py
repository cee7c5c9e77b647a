"""Consistency rules: what the answers to two questions on one document must not say together."""

import re
from collections.abc import Iterator, Mapping, Sequence

from slmdesk.base.words import joined, say
from slmdesk.features.evaluate.normal_text import bare, folded, words_of
from slmdesk.features.evaluate.pack import NO, YES, Condition, Kind, Question, Relation, Rule
from slmdesk.features.evaluate.scorers.labels import label_words, read_yes_no
from slmdesk.features.evaluate.unstated import is_unstated

_EMPTINESS = (Relation.IS_EMPTY, Relation.IS_NOT_EMPTY)
_MOST_SUGGESTED = 20
_LONGEST_NAME = 60
_SHORTEST_STEM = 4
_TOPIC_SHARE = 0.5
"""A word that stands in more than this share of the questions is what the whole pack is about."""

_SMALL_WORDS = frozenset(
    {
        "a", "an", "the", "is", "are", "was", "were", "be", "been", "being", "has", "have", "had", "do",
        "does", "did", "there", "any", "some", "of", "in", "on", "at", "to", "for", "from", "by", "with",
        "and", "or", "it", "its", "this", "that", "these", "those", "which", "who", "whom", "whose",
        "what", "when", "where", "why", "how", "many", "much", "if", "so", "please", "give", "document",
        "documents", "text", "report", "article", "answer", "question", "yes", "no", "not", "name",
        "names", "named", "called", "only", "alone", "ein", "eine", "einer", "eines", "der", "die", "das",
        "den", "dem", "des", "ist", "sind", "war", "waren", "wurde", "wurden", "wird", "hat", "haben",
        "gibt", "gab", "es", "im", "am", "zu", "von", "vom", "mit", "und", "oder", "welche", "welcher",
        "welches", "wer", "wann", "wo", "warum", "wie", "viele", "viel", "ob", "dokument", "bericht",
        "antwort", "frage", "ja", "nein", "nicht", "namen", "heissen", "heisst", "nennt",
    }
)  # fmt: skip
_SAYING = frozenset(
    {
        "known", "stated", "mentioned", "given", "named", "disclosed", "reported", "specified",
        "identified", "say", "says", "said", "state", "states", "tell", "tells", "mention", "mentions",
        "name", "names", "bekannt", "genannt", "erwähnt", "angegeben", "nennt", "sagt",
    }
)  # fmt: skip
_DOING = frozenset(
    {
        "involved", "affected", "caused", "happen", "happened", "occurred", "come", "came", "about",
        "through", "concerned", "beteiligt", "betroffen",
    }
)  # fmt: skip


def suggested_rules(questions: Sequence[Question]) -> tuple[Rule, ...]:
    """From a yes/no question and a later one about the same thing: after No, there is nothing to answer.

    "Were third parties involved?" and "What are the names of the third parties?"; where the first asks if
    something is known or said, Yes also wants an answer to the second.
    """
    rules = [
        rule
        for gate in questions
        if gate.kind is Kind.YES_NO
        for follower in _followers(gate, questions)
        for rule in _rules(gate, follower)
    ]
    return tuple(rules[:_MOST_SUGGESTED])


def _followers(gate: Question, questions: Sequence[Question]) -> Iterator[Question]:
    """The questions that are about what the gate asks for."""
    topics = _topics(gate, questions)
    for question in questions:
        is_open = question.can_be_unstated or question.kind is Kind.LIST
        if question.kind is Kind.YES_NO or not is_open:
            continue
        if any(_is_about(question, topic) for topic in topics):
            yield question


def _topics(gate: Question, questions: Sequence[Question]) -> list[list[str]]:
    """The words of the gate's id and those of its text, unless they are words of many questions."""
    most = max(2.0, _TOPIC_SHARE * len(questions))
    topics = []
    for words in (_content(gate.id), _content(_first_sentence(gate.text))):
        rare = [word for word in words if word not in _SAYING | _DOING]
        if rare and all(sum(_is_about(one, (word,)) for one in questions) <= most for word in rare):
            topics.append(rare)
    return topics


def _content(text: str) -> list[str]:
    return [word for word in words_of(text.replace("_", " ").replace("-", " ")) if word not in _SMALL_WORDS]


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.?!:])\s", text, maxsplit=1)[0]


def _is_about(question: Question, topic: Sequence[str]) -> bool:
    words = [*_content(question.id), *_content(_first_sentence(question.text))]
    return all(any(_is_same_stem(word, one) for one in words) for word in topic)


def _is_same_stem(one: str, other: str) -> bool:
    """ "party" and "parties", "cause" and "caused"."""
    if one == other:
        return True
    shared = min(len(one), len(other)) - (1 if one[-1] in "ye" or other[-1] in "ye" else 0)
    is_near = abs(len(one) - len(other)) <= 3
    return is_near and shared >= _SHORTEST_STEM and one[:shared] == other[:shared]


def _rules(gate: Question, follower: Question) -> Iterator[Rule]:
    yield Rule(Condition(gate.id, Relation.IS, NO), _nothing(follower))
    asks_for_saying = bool(
        _SAYING & {*words_of(gate.id.replace("_", " ")), *words_of(_first_sentence(gate.text))}
    )
    if asks_for_saying:
        yield Rule(Condition(gate.id, Relation.IS, YES), Condition(follower.id, Relation.IS_NOT_EMPTY))


def _nothing(question: Question) -> Condition:
    """The choice that means nothing ("Unknown"), or no answer."""
    meaning = [choice for choice in question.choices if is_unstated(choice)]
    if len(meaning) == 1:
        return Condition(question.id, Relation.IS, meaning[0])
    return Condition(question.id, Relation.IS_EMPTY)


def violated(rule: Rule, answers: Mapping[str, str]) -> bool:
    """Whether `when` holds and `then` does not; not where one of the two has no answer."""
    if rule.when.question_id not in answers or rule.then.question_id not in answers:
        return False
    return _holds(rule.when, answers) and not _holds(rule.then, answers)


def _holds(condition: Condition, answers: Mapping[str, str]) -> bool:
    answer = answers[condition.question_id]
    match condition.relation:
        case Relation.IS:
            return _is_same(answer, condition.value)
        case Relation.IS_NOT:
            return not _is_same(answer, condition.value)
        case Relation.IS_EMPTY:
            return is_unstated(answer)
        case Relation.IS_NOT_EMPTY:
            return not is_unstated(answer)


def _is_same(answer: str, value: str) -> bool:
    if bare(answer) == bare(value):
        return True
    if is_unstated(answer) or is_unstated(value):
        return is_unstated(answer) and is_unstated(value)
    if bare(value) in (folded(YES), folded(NO)):
        return read_yes_no(answer) == (YES if bare(value) == folded(YES) else NO)
    return False


def in_words(rule: Rule, questions: Sequence[Question]) -> str:
    """ "If “Were third parties involved?” is Yes, “Their names” must not be empty."."""
    names = {question.id: _name(question) for question in questions}
    return say("If {condition}, {demand}.", condition=_when(rule.when, names), demand=_then(rule.then, names))


def _name(question: Question) -> str:
    text = " ".join(question.text.split()) or question.id
    return text if len(text) <= _LONGEST_NAME else question.id


def _when(condition: Condition, names: Mapping[str, str]) -> str:
    values = {
        "question": names.get(condition.question_id, condition.question_id),
        "value": label_words(condition.value),
    }
    match condition.relation:
        case Relation.IS:
            return say("“{question}” is {value}", **values)
        case Relation.IS_NOT:
            return say("“{question}” is not {value}", **values)
        case Relation.IS_EMPTY:
            return say("“{question}” is empty", **values)
        case Relation.IS_NOT_EMPTY:
            return say("“{question}” is not empty", **values)


def _then(condition: Condition, names: Mapping[str, str]) -> str:
    values = {
        "question": names.get(condition.question_id, condition.question_id),
        "value": label_words(condition.value),
    }
    match condition.relation:
        case Relation.IS:
            return say("“{question}” must be {value}", **values)
        case Relation.IS_NOT:
            return say("“{question}” must not be {value}", **values)
        case Relation.IS_EMPTY:
            return say("“{question}” must be empty", **values)
        case Relation.IS_NOT_EMPTY:
            return say("“{question}” must not be empty", **values)


def problem(rule: Rule, questions: Sequence[Question]) -> str:
    """Why the rule cannot be used, in one sentence; empty for one that can."""
    by_id = {question.id: question for question in questions}
    for condition in (rule.when, rule.then):
        if condition.question_id not in by_id:
            return say("There is no question “{name}” in this pack.", name=condition.question_id)
        if wrong := _wrong_value(condition, by_id[condition.question_id]):
            return wrong
    if rule.when.question_id == rule.then.question_id:
        return say("A rule needs two different questions.")
    return ""


def _wrong_value(condition: Condition, question: Question) -> str:
    if condition.relation in _EMPTINESS:
        return ""
    if not condition.value.strip():
        return say("A rule about “{question}” needs a value.", question=_name(question))
    possible = question.choices if question.kind is Kind.CHOICE else (YES, NO)
    if question.kind not in (Kind.YES_NO, Kind.CHOICE) or is_unstated(condition.value):
        return ""
    if bare(condition.value) in map(bare, possible):
        return ""
    return say(
        "“{value}” is no answer to “{question}”; it is one of {choices}.",
        value=condition.value,
        question=_name(question),
        choices=joined(possible),
    )
