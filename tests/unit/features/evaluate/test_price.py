"""What a run costs before it: tokens that are read once, and time that is known or not."""

import pytest

from slmdesk.features.documents.prompt import without_marks
from slmdesk.features.evaluate.price import Pace, Price, price_of
from slmdesk.features.evaluate.request_book import Identity, RequestBook
from slmdesk.features.evaluate.setup import Asking, Setup
from tests.fakes.packs import reports

REFS = ("box/a", "box/b")


def price(*refs: str, has_schema: bool = True, **paces: Pace) -> Price:
    identities = {ref: Identity(ref, "d", has_schema) for ref in refs}
    book = RequestBook(
        reports(2), Setup(refs), identities, fence=without_marks, count=lambda text: len(text.split())
    )
    known = {f"box/{name}": pace for name, pace in paces.items()}
    return price_of(book, lambda _key: False, known, lambda _ref, _context: None, {})


def test_a_document_is_read_once_for_all_its_questions() -> None:
    (model,) = price(REFS[0]).models
    book = RequestBook(
        reports(2),
        Setup(REFS[:1]),
        {REFS[0]: Identity(REFS[0], "d")},
        fence=without_marks,
        count=lambda text: len(text.split()),
    )
    again = sum(2 * book.prefix_tokens(document.name) for document in book.pack.documents)
    assert model.requests == 6
    assert model.prompt_tokens - model.computed_tokens == again > 0


def test_the_time_is_known_when_it_is_of_every_model() -> None:
    assert price(*REFS, a=Pace(2.0)).seconds is None
    assert price(*REFS, a=Pace(2.0), b=Pace(1.0)).seconds == pytest.approx(18)
    slow, fast = price(REFS[0], a=Pace(output_tokens_per_s=10)), price(REFS[0], a=Pace(None, 20))
    assert slow.seconds
    assert fast.seconds
    assert slow.seconds == pytest.approx(2 * fast.seconds)


def test_who_cannot_be_kept_to_a_form_is_asked_alone() -> None:
    assert price(REFS[0]).recommended is Asking.TOGETHER
    alone = price(REFS[0], has_schema=False)
    assert alone.recommended is Asking.ONE_BY_ONE
    assert "cannot be kept to a form" in alone.why
