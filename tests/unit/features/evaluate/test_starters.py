"""The starter packs as a teacher looks at them: expected answers are right and stand in their documents."""

import inspect
import json
import re
from collections import Counter
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from slmdesk.base.errors import BadInput
from slmdesk.config.paths import resources
from slmdesk.features.evaluate import scorers
from slmdesk.features.evaluate.checking import problems
from slmdesk.features.evaluate.pack import NOT_STATED, Kind, Pack, Scorer
from slmdesk.features.evaluate.pack_file import pack_from_plain, pack_to_plain, write_pack
from slmdesk.features.evaluate.starters import load_starter, named_pack, starter_names
from slmdesk.features.evaluate.unstated import is_unstated
from tests.data import code_solutions

MONTHS = [
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
]
GERMAN_MONTHS = [
    *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August"),
    *("September", "Oktober", "November", "Dezember"),
]
NUMBER = r"(\d{1,3}(?:[.,’]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?)( million)?"
VALUES = {"number": (int, float), "text": str, "list": list, "dictionary": dict, "true or false": bool}
every_starter = pytest.mark.parametrize("name", starter_names())


def expected_of(pack: Pack, question_id: str) -> dict[str, str]:
    """By document, without those that the document does not say."""
    return {
        document: answer
        for (document, asked), answer in pack.expected.items()
        if asked == question_id and not is_unstated(answer)
    }


def text_of(pack: Pack, name: str) -> str:
    return next(document.text for document in pack.documents if document.name == name)


def parts(answer: str) -> list[str]:
    return [part.strip() for part in answer.split(";")]


def words(text: str) -> list[str]:
    return re.findall(r"[\w’'-]+", text.casefold())


def amounts(text: str) -> set[float]:
    """Every number in a text, read with a comma and with a point for the decimals."""
    found = set()
    for digits, million in re.findall(NUMBER, text):
        for decimal in ".,":
            others = ".,’".replace(decimal, "")
            plain = re.sub(f"[{others}]", "", digits).replace(decimal, ".")
            if plain.count(".") <= 1:
                found.add(round(float(plain) * (1_000_000 if million else 1), 2))
    return found


def days(answer: str) -> list[date]:
    """The days of "05-Mar-2024" or "05-Mar-2024 to 09-Mar-2024"."""
    found = []
    for part in answer.split(" to "):
        day, month, year = part.split("-")
        place = [name[:3] for name in MONTHS].index(month) + 1
        found.append(date(int(year), place, int(day)))
    return found


def spellings(day: date) -> list[str]:
    return [
        f"{day.day} {MONTHS[day.month - 1]} {day.year}",
        f"{day.day}. {GERMAN_MONTHS[day.month - 1]} {day.year}",
        f"{day.day:02}.{day.month:02}.{day.year}",
    ]


@every_starter
def test_it_says_what_it_is(name: str) -> None:
    pack = load_starter(name)
    assert pack.title
    assert pack.title != name
    assert pack.description.endswith(".")
    assert pack.instructions.startswith("The document is a")
    assert (pack.licence, pack.language) == ("CC0-1.0", "en")
    assert all(question.text.endswith(("?", ".")) for question in pack.questions)


@every_starter
def test_it_keeps_to_the_published_schema(name: str) -> None:
    schema = json.loads((resources() / "pack.schema.json").read_bytes())
    content = json.loads((resources() / "packs" / f"{name}.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    assert list(Draft202012Validator(schema).iter_errors(content)) == []
    assert pack_from_plain(pack_to_plain(load_starter(name))) == load_starter(name)


def test_every_file_is_a_starter() -> None:
    assert sorted(path.stem for path in (resources() / "packs").iterdir()) == sorted(starter_names())


@every_starter
def test_nothing_is_wrong_with_it(name: str) -> None:
    assert problems(load_starter(name)) == []


@every_starter
def test_every_answer_is_expected_and_right_beside_itself(name: str) -> None:
    pack = load_starter(name)
    assert set(pack.expected) == set(
        product((document.name for document in pack.documents), (question.id for question in pack.questions))
    )
    for question in pack.questions:
        for document in pack.documents:
            expected = pack.expected[document.name, question.id]
            if question.scoring.scorer is Scorer.REGEX:
                continue  # see the solutions
            answers = parts(expected) if question.kind is Kind.TEXT else [expected]
            for answer in answers:
                score = scorers.score(question, answer, expected)
                assert score.value == 1, (document.name, question.id, answer, score.why)


@every_starter
def test_an_answer_to_another_document_is_not_right_by_chance(name: str) -> None:
    """What does not depend on the document would say nothing about a model."""
    pack = load_starter(name)
    for question in pack.questions:
        expected = [pack.expected[document.name, question.id] for document in pack.documents]
        if question.scoring.scorer is Scorer.REGEX:
            continue
        pairs = [(one, other) for one, other in product(expected, expected) if one != other]
        assert pairs, question.id
        right = sum(scorers.score(question, parts(one)[0], other).is_right for one, other in pairs)
        assert right <= 0.05 * len(pairs), question.id


@every_starter
def test_numbers_and_dates_stand_in_the_document(name: str) -> None:
    pack = load_starter(name)
    for question in pack.questions:
        for document, answer in expected_of(pack, question.id).items():
            text = text_of(pack, document)
            if question.kind is Kind.NUMBER and answer != "0":
                assert amounts(answer) & amounts(text), (document, question.id)
            if question.kind is Kind.DATE:
                assert is_dated(text, days(answer)), (document, question.id)


def is_dated(text: str, found: list[date]) -> bool:
    """Every day stands there; of a whole month its name is enough."""
    first, last = found[0], found[-1]
    is_month = first.day == 1 and (last + timedelta(days=1)).day == 1 and last > first
    if is_month and f"{MONTHS[first.month - 1]} {first.year}" in text:
        return True
    return all(any(spelling in text for spelling in spellings(day)) for day in found)


@pytest.mark.parametrize(
    ("name", "question_id"),
    [
        ("breach", "entity"),
        ("breach", "third_party_names"),
        ("invoices", "number"),
        ("invoices", "supplier"),
        ("invoices", "items"),
    ],
)
def test_names_stand_in_the_document(name: str, question_id: str) -> None:
    pack = load_starter(name)
    assert expected_of(pack, question_id)
    for document, answer in expected_of(pack, question_id).items():
        text = text_of(pack, document).casefold()
        assert [part for part in parts(answer) if part.casefold() not in text] == [], document


@pytest.mark.parametrize(("name", "question_id"), [("breach", "cause"), ("emails", "key_points")])
def test_the_words_stand_in_the_document(name: str, question_id: str) -> None:
    """Of a list every item; of several right texts one will do."""
    pack = load_starter(name)
    enough = any if name == "breach" else all
    for document, answer in expected_of(pack, question_id).items():
        known = set(words(text_of(pack, document)))
        assert enough(set(words(part)) <= known for part in parts(answer)), (document, answer)


def test_the_press_reports_hold_what_they_promise() -> None:
    pack = load_starter("breach")
    assert (len(pack.documents), len(pack.questions)) == (12, 9)
    assert all(150 <= len(document.text.split()) <= 350 for document in pack.documents)
    answers = {question.id: expected_of(pack, question.id) for question in pack.questions}
    assert Counter(answers["is_breach"].values()) == {"Yes": 10, "No": 2}
    for document in (name for name, answer in answers["is_breach"].items() if answer == "No"):
        given = {question.id: pack.expected[document, question.id] for question in pack.questions}
        assert given["cause_known"] == given["third_parties"] == "No"
        assert all(is_unstated(given[key]) for key in ("entity", "records", "breach_date", "cause"))
    assert Counter(pack.expected[name, "breach_date"] for name, _ in pack.expected)["Unknown"]
    assert sum(" to " in answer for answer in answers["breach_date"].values()) >= 3
    assert "around 14 November 2024" in text_of(pack, "tamsin-vale-council")
    assert "5.4 million customers" in text_of(pack, "lumenfold-energy")
    assert pack.expected["lumenfold-energy", "records"] == NOT_STATED
    assert Counter(answers["third_parties"].values())["Yes"] == 4
    assert len(pack.rules) >= 5


def test_the_sums_of_the_invoices_are_right() -> None:
    pack = load_starter("invoices")
    assert len(pack.documents) >= 8
    for document in pack.documents:
        net, vat, total = (
            float(pack.expected[document.name, key].replace(",", "")) for key in ("net", "vat", "total")
        )
        assert net + vat == pytest.approx(total), document.name
        item = json.loads(pack.expected[document.name, "first_item"])
        assert item["amount"] in amounts(document.text), document.name
        assert item["description"] == parts(pack.expected[document.name, "items"])[0], document.name


def test_the_labels_of_the_reviews_are_mixed_well() -> None:
    pack = load_starter("sentiment")
    assert len(pack.documents) >= 24
    assert pack.questions[0].choices == ("positive", "negative", "neutral", "mixed")
    assert min(Counter(pack.expected.values()).values()) >= 6


def test_the_summaries_keep_to_their_limit() -> None:
    pack = load_starter("emails")
    assert len(pack.documents) >= 8
    limit = next(question.max_words for question in pack.questions if question.id == "summary")
    assert all(8 <= len(answer.split()) <= limit for answer in expected_of(pack, "summary").values())
    assert all(3 <= len(parts(answer)) <= 5 for answer in expected_of(pack, "key_points").values())


def test_translations_go_both_ways_and_there_are_several() -> None:
    pack = load_starter("translation")
    assert Counter(expected_of(pack, "language").values()) == {"English": 10, "German": 10}
    for document, answer in expected_of(pack, "translation").items():
        assert len(set(parts(answer))) >= 3, document
        assert all(part[0].isupper() and part[-1] in ".?!" for part in parts(answer)), document
        assert text_of(pack, document)[-1] in {part[-1] for part in parts(answer)}, document


@pytest.mark.parametrize("document", [document.name for document in load_starter("code").documents])
def test_a_right_solution_has_the_elements_and_gives_the_example(document: str) -> None:
    pack = load_starter("code")
    asked = pack.questions[0]
    text, elements = text_of(pack, document), pack.expected[document, "code"]
    name = re.search(r"function `(\w+)\(", text)[1]
    source = inspect.getsource(getattr(code_solutions, name))
    assert scorers.score(asked, f"```python\n{source}```", elements).value == 1
    for other in (f"{name}", f"def {name}(): pass", "I cannot help with that.", "def solve(n): return n % 2"):
        assert scorers.score(asked, other, elements).value == 0
    call = re.search(r"Example: `(.+)`$", text)[1]
    value = eval(call, vars(code_solutions))  # noqa: S307 (an own example over own solutions)
    assert str(value) in parts(pack.expected[document, "example"]), document
    called = re.match(rf"(?:\w+\()?({name}\((?:[^()]|\(.*?\))*\))", call)[1]
    kind = VALUES[pack.expected[document, "returns"]]
    value = eval(called, vars(code_solutions))  # noqa: S307 (as above)
    assert isinstance(value, kind), document
    assert isinstance(value, bool) == (kind is bool), document


def test_general_questions_are_many_and_short() -> None:
    pack = load_starter("general")
    assert len(pack.documents) >= 30
    assert len(pack.questions) == 1
    limit = pack.questions[0].max_words
    assert all(len(part.split()) <= limit for answer in pack.expected.values() for part in parts(answer))


def test_a_pack_is_opened_by_its_short_name_or_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pack(Pack("Mine"), tmp_path / "breach")
    assert named_pack("breach") is load_starter("breach")
    assert named_pack("./breach") == Pack("Mine")
    with pytest.raises(BadInput, match="no starter pack of that name") as caught:
        named_pack("breech")
    assert "breach, sentiment, invoices" in caught.value.next_step
    with pytest.raises(BadInput, match="no starter pack “x”"):
        load_starter("x")
