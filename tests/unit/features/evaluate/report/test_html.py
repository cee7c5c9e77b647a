"""The page: one file that loads and runs nothing, says everything, and takes hostile texts as texts."""

import re
import tracemalloc
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from lxml import etree

from slmdesk.features.evaluate.cell import Cell, CellKey, CellState
from slmdesk.features.evaluate.pack import (
    Condition,
    Document,
    Kind,
    Pack,
    Question,
    Relation,
    Rule,
    Scorer,
    Scoring,
)
from slmdesk.features.evaluate.report.html import MOST_SHOWN, html_pieces
from slmdesk.features.evaluate.report.report import ModelFacts, Report
from slmdesk.features.evaluate.verdict import VerdictKind
from tests.data.hostile import corpus
from tests.fakes.reports import MODELS, answered, corrected, pack, report, usual

TAGS = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "div", "small", "span", "table",
    "thead", "tbody", "tr", "th", "td", "section", "details", "summary", "pre", "svg", "line", "text", "g",
    "circle",
}  # fmt: skip
VOID = {"meta"}


class Page(HTMLParser):
    """Tags, attributes and texts as a browser sees them; `is_balanced` when each is closed in its turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.open: list[str] = []
        self.is_balanced = True
        self.feed(html)
        self.is_balanced &= not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID and not self.get_starttag_text().endswith("/>"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        self.is_balanced &= bool(self.open) and self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def page(of: Report) -> str:
    return "".join(html_pieces(of))


def test_it_says_everything() -> None:
    text = Page(page(report())).text
    for words in (
        "Breaches", "Press reports", "2 documents", "qwen3:4b is good enough.", "85 %", "50.0 %",
        "10 to 100 %", "100.0 %", "70 to 100 %", "Was it a breach?", "Right if within 1 %.", "sha256:abcd",
        "“No” instead of “Yes”.",
        "Q4_K_M", "Ollama 0.12", "16 GB", "3.4 GB", "SLM Desk 0.4", "2026-09-21 14:13 UTC", "1, 2",
        "one request a question, with the document first", "CC0-1.0", "0.65 s", "1,680", "report 1", "r1.txt",
    ):  # fmt: skip
        assert words in text, words


def test_it_is_one_file_that_loads_and_runs_nothing() -> None:
    html = page(report())
    found = Page(html)
    assert found.is_balanced
    assert found.tags <= TAGS
    assert not {"src", "href", "style", "srcset", "action"} & found.attributes
    assert not any(name.startswith("on") for name in found.attributes)
    assert "default-src 'none'" in html
    assert "url(" not in html
    assert "@import" not in html


def test_no_hostile_text_gets_out_of_its_place() -> None:
    for name, evil in corpus():
        found = Page(page(_full_of(evil[:5000])))
        assert found.is_balanced, name
        assert found.tags <= TAGS, name
        assert not {"src", "href", "onerror", "style"} & found.attributes, name


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>", "</style><script>x</script>", "</title><img src=x onerror=alert(1)>",
        "</svg></details></table>", "<!--", "]]>", "\u202egnp.exe\u2066", "\x00\x07\x1b[31m", '" onload="x',
        "' onload='x", "&lt;script&gt;",
    ],
)  # fmt: skip
def test_markup_and_controls_are_text(evil: str) -> None:
    html = page(_full_of(evil))
    found = Page(html)
    assert found.is_balanced
    assert found.tags <= TAGS
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)
    shown = re.sub("[\x00-\x1f\u202a-\u202e\u2066-\u2069]", "", evil)
    assert " ".join(shown.split()) in found.text


def test_a_correction_by_hand_is_marked_and_counted() -> None:
    def cell(key: CellKey) -> Cell:
        return corrected(usual(key), 1.0, "The report says so in its headline.")

    html = page(report(pack(1), cell))
    assert "By hand: 100 %. The report says so in its headline." in Page(html).text
    assert "“No” instead of “Yes”." in html  # what it was worth by itself stays
    assert 'class="wrong"' not in html


def test_what_did_not_come_is_said() -> None:
    def cell(key: CellKey) -> Cell:
        if key.model == MODELS[0]:
            return Cell(CellState.FAILED, error="Nothing answers at 127.0.0.1.")
        return replace(answered("", 0.0), reply="I think it was", is_valid=False)

    text = Page(page(report(pack(1), cell))).text
    assert "failed Nothing answers at 127.0.0.1." in text
    assert "I think it was" in text
    assert "Not of the form that was asked for." in text


def test_the_charts_are_drawings_with_intervals() -> None:
    html = page(report())
    charts = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(charts) == 2
    for chart in charts:
        svg = etree.fromstring(chart)
        assert len(svg.findall(".//circle")) == 2
        whiskers = [line for line in svg.findall(".//line") if line.get("class") == "whisker"]
        assert len(whiskers) == 6
        assert any(line.get("class") == "target" for line in svg.findall(".//line"))
        for circle in svg.findall(".//circle"):
            assert 52 <= float(circle.get("cx")) <= 544
    assert "210" not in charts[0]  # sizes are in GB
    assert "qwen3:4b: 100 % (95 % interval 70 to 100 %)" in charts[0]


def test_long_texts_are_cut_and_it_is_said() -> None:
    text = Page(page(report(pack(1, "x" * (MOST_SHOWN + 1234))))).text
    assert "… and 1,234 characters more" in text


def test_a_hundred_thousand_cells_are_written_in_bounded_memory() -> None:
    """20 MB of HTML come in pieces; none is large, and they are not kept."""
    documents = tuple(Document(f"document {number}", "text") for number in range(1000))
    questions = tuple(
        Question(f"q{number}", f"Question {number}?", Kind.TEXT, Scoring(Scorer.EXACT))
        for number in range(20)
    )
    of = Pack("Large", documents, questions)
    written, longest = 0, 0
    pieces = html_pieces(report(of, lambda _key: answered("Yes", 1.0), [f"e/m{n}" for n in range(5)]))
    tracemalloc.start()
    for piece in pieces:
        written += len(piece)
        longest = max(longest, len(piece))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert written > 10_000_000
    assert longest < 20_000
    assert peak < 3_000_000


def _full_of(evil: str) -> Report:
    """Every text that a user, a document or a model gives."""
    question = Question(
        evil, evil, Kind.CHOICE, Scoring(Scorer.JUDGE, rubric=evil), choices=(evil,), unit=evil
    )
    of = Pack(evil, (Document(evil, evil, evil),), (question,), {(evil, evil): evil}, description=evil)
    plain = report(pack(1))
    cell = corrected(answered(evil, 0.2, evil), 0.5, evil)
    assert plain.verdict
    verdict = replace(plain.verdict, words=(evil,))
    models = [replace(model, name=evil) for model in plain.models]
    return replace(
        plain, pack=of, cell=lambda _key: cell, verdict=verdict, models=models,
        question_scores=plain.question_scores[:1], document_scores=plain.document_scores[:1],
    )  # fmt: skip


def test_facts_and_rules_are_texts_too() -> None:
    hostile = "<script>x</script>"
    asked = tuple(replace(each, text=f"{hostile} {each.id}") for each in pack(1).questions)
    rule = Rule(Condition(asked[0].id, Relation.IS_NOT_EMPTY), Condition(asked[1].id, Relation.IS, hostile))
    made = report(replace(pack(1), questions=asked, rules=(rule,)))
    facts = {MODELS[0]: ModelFacts(hostile, hostile, 1, 1, hostile)}
    told = page(replace(made, facts=replace(made.facts, models=facts, machine=((hostile, hostile),))))
    assert "Broken rules" in told
    assert "must be “&lt;script" in told
    assert Page(told).tags <= TAGS


def test_a_model_that_only_looks_good_enough_is_not_marked_as_the_verdict() -> None:
    made = report()
    assert made.verdict
    assert "the verdict" in Page(page(made)).text
    undecided = replace(made, verdict=replace(made.verdict, kind=VerdictKind.UNDECIDED))
    assert "the verdict" not in Page(page(undecided)).text
