"""What the columns of a table mean: guessed from their headings, chosen by the user, and read into a pack."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from slmdesk.base.errors import BadInput
from slmdesk.base.words import counted, later, say
from slmdesk.features.evaluate.editing import free_name, with_documents, with_expected, with_questions
from slmdesk.features.evaluate.importing.guessing import guessed_kind, kind_of, scorer_of, split_choices
from slmdesk.features.evaluate.importing.tables import Table
from slmdesk.features.evaluate.pack import (
    DEFAULT_SCORERS,
    Document,
    ExpectedKey,
    Kind,
    Pack,
    Question,
    Scoring,
)
from slmdesk.features.evaluate.plain_pack import LONGEST_ID, LONGEST_NAME, MOST_QUESTIONS, MOST_WEIGHT


class TableKind(StrEnum):
    """What a row of the table is."""

    QUESTIONS = "questions"
    ANSWERS = "answers"
    RECORDS = "records"


class Field(StrEnum):
    """What a column may hold."""

    ID = "id"
    KIND = "kind"
    QUESTION = "question"
    CHOICES = "choices"
    SCORER = "scorer"
    WEIGHT = "weight"
    UNIT = "unit"
    DOCUMENT = "document"
    ANSWER = "answer"
    TEXT = "text"


FIELDS: Mapping[TableKind, Sequence[Field]] = {
    TableKind.QUESTIONS: (
        Field.QUESTION, Field.ID, Field.KIND, Field.CHOICES, Field.SCORER, Field.WEIGHT, Field.UNIT,
    ),
    TableKind.ANSWERS: (Field.DOCUMENT, Field.QUESTION, Field.ANSWER),
    TableKind.RECORDS: (Field.TEXT, Field.DOCUMENT),
}  # fmt: skip
REQUIRED: Mapping[TableKind, Sequence[Field]] = {
    TableKind.QUESTIONS: (Field.QUESTION,),
    TableKind.ANSWERS: FIELDS[TableKind.ANSWERS],
    TableKind.RECORDS: (),
}
FIELD_WORDS: Mapping[Field, str] = {
    Field.ID: later("Short name"),
    Field.KIND: later("Kind of answer"),
    Field.QUESTION: later("Question"),
    Field.CHOICES: later("Choices"),
    Field.SCORER: later("Scorer"),
    Field.WEIGHT: later("Weight"),
    Field.UNIT: later("Unit"),
    Field.DOCUMENT: later("Name of the document"),
    Field.ANSWER: later("Expected answer"),
    Field.TEXT: later("Text of the document"),
}
# As headings are written in English and in German, in small letters, with a line between words.
_HEADINGS: Mapping[Field, Sequence[str]] = {
    Field.ID: ("id", "key", "short_name", "name", "kurzname", "schlüssel"),
    Field.KIND: ("kind", "type", "art", "typ"),
    Field.QUESTION: ("question", "text", "prompt", "frage", "question_id"),
    Field.CHOICES: ("choices", "options", "labels", "auswahl", "optionen"),
    Field.SCORER: ("scorer", "scoring", "metric", "wertung"),
    Field.WEIGHT: ("weight", "points", "gewicht", "punkte"),
    Field.UNIT: ("unit", "einheit"),
    Field.DOCUMENT: ("document", "file", "filename", "doc", "name", "id", "title", "dokument", "datei"),
    Field.ANSWER: ("answer", "expected", "expected_answer", "label", "output", "antwort", "erwartet"),
    Field.TEXT: ("text", "context", "content", "document_text", "body", "input", "inhalt"),
}
_NO_KIND = later("Row {number}: “{word}” is no kind of answer.")
_NO_SCORER = later("Row {number}: “{word}” is no scorer.")
_NO_DOCUMENT = later("Row {number}: there is no document “{name}”.")
_NO_QUESTION = later("Row {number}: there is no question “{name}”.")

Mapped = Mapping[Field, int]
"""The place of the column for each field that has one."""


@dataclass(frozen=True, slots=True)
class Imported:
    """The pack with what was read, what it was in words, and what of the table could not be used."""

    pack: Pack
    words: str
    problems: tuple[str, ...] = ()


def guessed_table_kind(table: Table) -> TableKind:
    """By its headings."""
    names = set(_headings(table))
    has = {field: bool(names.intersection(_HEADINGS[field])) for field in Field}
    if has[Field.ANSWER] and has[Field.QUESTION] and has[Field.DOCUMENT]:
        return TableKind.ANSWERS
    if has[Field.KIND] or has[Field.CHOICES] or "question" in names or "frage" in names:
        return TableKind.QUESTIONS
    return TableKind.RECORDS


def guessed_columns(table: Table, kind: TableKind) -> dict[Field, int]:
    """By their headings, each column once; in a table of records the longest texts are the documents."""
    found: dict[Field, int] = {}
    names = _headings(table)
    for field in FIELDS[kind]:
        places = [names.index(heading) for heading in _HEADINGS[field] if heading in names]
        if place := [each for each in places if each not in found.values()]:
            found[field] = place[0]
    if kind is TableKind.RECORDS and Field.TEXT not in found and table.columns:
        lengths = [sum(len(row[place]) for row in table.rows[:50]) for place in range(len(table.columns))]
        longest = lengths.index(max(lengths))
        if longest not in found.values() and lengths[longest] > 50 * min(len(table.rows), 50):
            found[Field.TEXT] = longest
    return found


def _headings(table: Table) -> list[str]:
    return ["_".join(name.casefold().split()) for name in table.columns]


def imported(pack: Pack, table: Table, kind: TableKind, columns: Mapped) -> Imported:
    """The pack with the rows of the table; raises BadInput where a column is missing or nothing is usable."""
    for field in REQUIRED[kind]:
        if field not in columns:
            raise BadInput(say("Choose the column for “{field}”.", field=say(FIELD_WORDS[field])))
    match kind:
        case TableKind.QUESTIONS:
            return _with_questions(pack, table, columns)
        case TableKind.ANSWERS:
            return _with_answers(pack, table, columns)
    return _with_records(pack, table, columns)


def _with_questions(pack: Pack, table: Table, columns: Mapped) -> Imported:
    questions: list[Question] = []
    problems: list[str] = []
    taken: set[str] = set()
    for number, row in enumerate(table.rows, 2):
        try:
            question = _question(number, row, columns, taken)
            questions.append(question)
            taken.add(question.id)
        except BadInput as error:
            problems.append(error.message)
    if not questions:
        raise BadInput(problems[0] if problems else say("There is no question in this table."))
    room = MOST_QUESTIONS - len(pack.questions)
    if len(questions) > room:
        problems.append(say("A pack holds at most {most} questions.", most=MOST_QUESTIONS))
    kept = questions[:room]
    words = counted(len(kept), "{count:,} question", "{count:,} questions")
    return Imported(with_questions(pack, kept), words, tuple(problems))


def _question(number: int, row: Sequence[str], columns: Mapped, taken: set[str]) -> Question:
    def cell(field: Field) -> str:
        return row[columns[field]].strip() if field in columns else ""

    if not cell(Field.QUESTION):
        raise BadInput(say("Row {number}: there is no question.", number=number))
    choices = split_choices(cell(Field.CHOICES))
    kind = kind_of(cell(Field.KIND)) if cell(Field.KIND) else Kind.CHOICE if choices else Kind.TEXT
    if kind is None:
        raise BadInput(say(_NO_KIND, number=number, word=_short(cell(Field.KIND))))
    scorer = scorer_of(cell(Field.SCORER)) if cell(Field.SCORER) else DEFAULT_SCORERS[kind]
    if scorer is None:
        raise BadInput(say(_NO_SCORER, number=number, word=_short(cell(Field.SCORER))))
    name = cell(Field.ID)[:LONGEST_ID] or free_name(f"q{number - 1}", taken, "_")
    return Question(
        id=name,
        text=cell(Field.QUESTION),
        kind=kind,
        scoring=Scoring(scorer),
        choices=choices if kind is Kind.CHOICE else (),
        weight=_weight(number, cell(Field.WEIGHT)),
        unit=cell(Field.UNIT)[:LONGEST_ID],
    )


def _weight(number: int, text: str) -> float:
    try:
        weight = float(text.replace(",", ".")) if text else 1.0
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= MOST_WEIGHT:
        raise BadInput(say("Row {number}: “{word}” is no weight.", number=number, word=_short(text)))
    return weight


def _short(text: str) -> str:
    return text[:60]


def _with_answers(pack: Pack, table: Table, columns: Mapped) -> Imported:
    documents = _by_name([(each.name, each.source) for each in pack.documents])
    questions = {name.casefold(): each.id for each in pack.questions for name in (each.text.strip(), each.id)}
    answers: dict[ExpectedKey, str] = {}
    problems: list[str] = []
    for number, row in enumerate(table.rows, 2):
        document, question, answer = (row[columns[field]].strip() for field in FIELDS[TableKind.ANSWERS])
        known, question_id = documents.get(document.casefold()), questions.get(question.casefold())
        if known is None:
            problems.append(say(_NO_DOCUMENT, number=number, name=_short(document)))
        elif question_id is None:
            problems.append(say(_NO_QUESTION, number=number, name=_short(question)))
        elif answer:
            answers[known, question_id] = answer
    if not answers:
        raise BadInput(problems[0] if problems else say("There is no answer in this table."))
    words = counted(len(answers), "{count:,} expected answer", "{count:,} expected answers")
    return Imported(with_expected(pack, answers), words, tuple(problems))


def _by_name(documents: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The documents by their name, by that of their file, and by that without its ending."""
    found: dict[str, str] = {}
    for name, source in documents:
        for each in (source.rpartition(".")[0], source, name):
            if each:
                found[each.casefold()] = name
    return found


def _with_records(pack: Pack, table: Table, columns: Mapped) -> Imported:
    """A row a document; where there is no text, rows are answers for documents by their names."""
    others = [place for place in range(len(table.columns)) if place not in columns.values()]
    if Field.TEXT not in columns and Field.DOCUMENT not in columns:
        raise BadInput(say("Choose the column with the text or the name of the document."))
    pack, names, problems = _documents_of(pack, table, columns)
    pack, ids = _questions_of(pack, table, others)
    answers = {
        (name, question_id): row[place].strip()
        for name, row in zip(names, table.rows, strict=True)
        for place, question_id in ids.items()
        if name and row[place].strip()
    }
    words = say(
        "{documents}, {answers}",
        documents=counted(sum(map(bool, names)), "{count:,} document", "{count:,} documents"),
        answers=counted(len(answers), "{count:,} expected answer", "{count:,} expected answers"),
    )
    return Imported(with_expected(pack, answers), words, tuple(problems))


def _documents_of(pack: Pack, table: Table, columns: Mapped) -> tuple[Pack, list[str], list[str]]:
    """The pack with the documents, the name of the one of each row ("" for none), and what is wrong."""
    problems: list[str] = []
    names: list[str] = []
    if Field.TEXT not in columns:
        known = _by_name([(each.name, each.source) for each in pack.documents])
        for number, row in enumerate(table.rows, 2):
            typed = row[columns[Field.DOCUMENT]].strip()
            names.append(known.get(typed.casefold(), ""))
            if not names[-1]:
                problems.append(say(_NO_DOCUMENT, number=number, name=_short(typed)))
        return pack, names, problems
    taken = {each.name for each in pack.documents}
    documents: list[Document] = []
    for number, row in enumerate(table.rows, 2):
        text = row[columns[Field.TEXT]]
        if not text.strip():
            problems.append(say("Row {number}: there is no text.", number=number))
            names.append("")
            continue
        typed = " ".join(row[columns[Field.DOCUMENT]].split()) if Field.DOCUMENT in columns else ""
        name = free_name(typed[:LONGEST_NAME] or say("Row {number}", number=number), taken)
        taken.add(name)
        names.append(name)
        documents.append(Document(name, text))
    return with_documents(pack, documents), names, problems


def _questions_of(pack: Pack, table: Table, places: Sequence[int]) -> tuple[Pack, dict[int, str]]:
    """The question of each column: one that is there by its name or text, else a new one, guessed."""
    known = {name.casefold(): each.id for each in pack.questions for name in (each.text.strip(), each.id)}
    ids: dict[int, str] = {}
    fresh: list[Question] = []
    for place in places:
        heading = table.columns[place].strip()
        if found := known.get(heading.casefold()):
            ids[place] = found
            continue
        values = [row[place].strip() for row in table.rows if row[place].strip()]
        if values and len(pack.questions) + len(fresh) < MOST_QUESTIONS:
            taken = {each.id for each in (*pack.questions, *fresh)}
            question = _guessed_question(heading, values, taken)
            fresh.append(question)
            ids[place] = question.id
    return with_questions(pack, fresh), ids


def _guessed_question(heading: str, values: Sequence[str], taken: set[str]) -> Question:
    kind, choices = guessed_kind(values)
    name = free_name("_".join(heading.split())[:LONGEST_ID] or "q", taken, "_")
    question = Question(name, heading, kind, Scoring(DEFAULT_SCORERS[kind]))
    return replace(question, choices=choices) if kind is Kind.CHOICE else question
