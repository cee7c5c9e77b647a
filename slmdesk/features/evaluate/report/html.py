"""One HTML file without script and without any request: verdict, charts, tables, every answer, settings."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from slmdesk.base.safe_html import FOOT, head, plain
from slmdesk.base.words import counted, number, say
from slmdesk.features.evaluate.cell import Cell, CellKey, CellState
from slmdesk.features.evaluate.filters import broken_rules
from slmdesk.features.evaluate.pack import Document, Question
from slmdesk.features.evaluate.report import charts, figures
from slmdesk.features.evaluate.report.charts import Point, scatter
from slmdesk.features.evaluate.report.report import ModelRow, Report
from slmdesk.features.evaluate.rules import in_words

MOST_SHOWN = 20_000
"""Characters of a document or an answer on the page."""

_STYLE = """
h1 { margin-top: 0; } h2 { margin-top: 1.8em; border-bottom: 1px solid var(--line); padding-bottom: .2em; }
.wide { overflow-x: auto; } table { width: 100%; } th { background: var(--surface); }
td.figure, th.figure { text-align: end; font-variant-numeric: tabular-nums; }
td.figure { white-space: nowrap; }
th { overflow-wrap: normal; vertical-align: bottom; } td { min-width: 5em; }
.verdict { border-inline-start: 5px solid var(--muted); } .verdict p { font-size: 1.15em; margin: .5em 0; }
.verdict.found { border-inline-start-color: var(--good); }
.verdict.undecided { border-inline-start-color: var(--warn); }
.verdict.none { border-inline-start-color: var(--bad); }
.best, .chosen { font-weight: 600; } .best { color: var(--good); }
.matrix { table-layout: fixed; min-width: 60em; } td:first-child { min-width: 11em; }
.answer { white-space: pre-wrap; unicode-bidi: isolate; }
.mark { font-weight: 700; margin-inline-end: .35em; }
.right .mark { color: var(--good); } .partly .mark { color: var(--warn); }
.wrong .mark { color: var(--bad); }
small { display: block; color: var(--muted); } small.corrected, small.bad { color: var(--warn); }
details pre { max-height: 30em; overflow: auto; }
section.document { content-visibility: auto; contain-intrinsic-size: auto 500px; }
@media print { :root { color-scheme: light; --bg: #ffffff; --surface: #ffffff; --line: #b5bac4;
  --text: #000000; --muted: #444a55; --accent: #28459f; --good: #0f5c40; --warn: #7a4505; --bad: #8c1a12;
  --code: #ffffff; }
  body { padding: 0; max-width: none; font-size: 10pt; } h2, h3 { break-after: avoid; }
  tr, .card, .chart { break-inside: avoid; } thead { display: table-header-group; }
  @page { margin: 14mm; } .matrix { min-width: 0; } .wide { overflow: visible; }
  details:not([open]) { display: none; }
  section.document { content-visibility: visible; } }
"""


def html_pieces(report: Report) -> Iterator[str]:
    """The page in pieces, for a file of any length; joined they are the document."""
    yield head(report.title, f"{charts.STYLE}{_STYLE}")
    yield from _opening(report)
    yield from _charts(report)
    yield from _tables(report)
    yield from _answers(report)
    yield from _conditions(report)
    yield FOOT


def _opening(report: Report) -> Iterator[str]:
    yield f"<h1>{plain(report.title)}</h1>\n"
    if report.pack.description:
        yield f"<p>{plain(report.pack.description)}</p>\n"
    pack = report.pack
    amounts = (
        counted(len(pack.documents), "{count:,} document", "{count:,} documents"),
        counted(len(pack.questions), "{count:,} question", "{count:,} questions"),
        counted(len(report.setup.model_refs), "{count:,} model", "{count:,} models"),
        figures.moment(report.facts.made_at),
    )
    yield f'<p class="muted">{plain(" · ".join(amounts))}</p>\n'
    sentences = "".join(f"<p>{plain(sentence)}</p>" for sentence in report.verdict_words)
    wanted = plain(say("Good enough: {target}.", target=figures.target(report.setup)))
    kind = report.verdict.kind.value if report.verdict else "undecided"
    yield f'<div class="card verdict {kind}">{sentences}<small>{wanted}</small></div>\n'


def _charts(report: Report) -> Iterator[str]:
    target = report.target_share
    memory = _points(report, lambda model: _gigabytes(report.facts_of(model.ref).memory_bytes))
    pace = _points(report, lambda model: model.answer_s)
    shown = (
        (say("Score against memory"), say("Memory (GB)"), memory),
        (say("Score against seconds an answer"), say("Seconds an answer"), pace),
    )
    cards = "\n".join(
        f'<div class="card"><h3>{plain(title)}</h3>\n{scatter(title, unit, points, target)}</div>'
        for title, unit, points in shown
        if points
    )
    if cards:
        legend = say("The bars are 95 % intervals. The dashed line is what is good enough.")
        yield f'<h2>{say("Score and cost")}</h2>\n<div class="columns">\n{cards}\n</div>\n'
        yield f'<p class="muted">{plain(legend)}</p>\n'


def _points(report: Report, cost: Callable[[ModelRow], float | None]) -> list[Point]:
    found = []
    for model in report.models:
        if model.score is not None and (x := cost(model)):
            is_chosen = model.ref == report.chosen
            found.append(Point(model.name, x, model.score, model.low, model.high, is_chosen))
    return found


def _gigabytes(size_bytes: int | None) -> float | None:
    return None if size_bytes is None else size_bytes / 1e9


def _tables(report: Report) -> Iterator[str]:
    yield f"<h2>{say('Models')}</h2>\n"
    yield from _models(report)
    yield f"<h2>{say('Questions')}</h2>\n"
    yield from _questions(report)
    yield f"<h2>{say('Documents')}</h2>\n"
    yield from _documents(report)


def _models(report: Report) -> Iterator[str]:
    heads = (
        say("Model"), say("Score"), say("95 % interval"), say("Scored"), say("Failed"),
        say("Not of the form"), say("Broken rules"), say("By hand"), say("Seconds an answer"),
        say("Prompt tokens"), say("Written tokens"), say("Memory"), say("Same with other seeds"),
    )  # fmt: skip
    yield from _table(heads, (_model_cells(report, model) for model in report.models))


def _questions(report: Report) -> Iterator[str]:
    heads = (say("Question"), say("Answer"), say("How it is compared"), say("Weight"))
    rows = (_question_cells(report, place) for place in range(len(report.pack.questions)))
    yield from _table((*heads, *_names(report)), rows, words=3)


def _documents(report: Report) -> Iterator[str]:
    pairs = zip(report.pack.documents, report.document_scores, strict=True)
    rows = ([plain(document.name), *_shares(report, scores)] for document, scores in pairs)
    yield from _table((say("Document"), *_names(report)), rows)


def _names(report: Report) -> Sequence[str]:
    return [plain(model.name) for model in report.models]


def _model_cells(report: Report, model: ModelRow) -> Sequence[str]:
    name = plain(model.name)
    if model.ref == report.chosen:
        name = f'<span class="chosen">{name}</span> <small>{plain(say("the verdict"))}</small>'
    texts = (
        figures.percent(model.score),
        figures.interval(model.low, model.high),
        *(figures.count(amount) for amount in (model.scored, model.failed, model.invalid)),
        *(figures.count(amount) for amount in (model.violations, model.corrected)),
        figures.seconds(model.answer_s),
        figures.count(model.prompt_tokens),
        figures.count(model.output_tokens),
        figures.size(report.facts_of(model.ref).memory_bytes),
        figures.percent(model.stability),
    )
    return [name, *map(plain, texts)]


def _question_cells(report: Report, place: int) -> Sequence[str]:
    question, scores = report.pack.questions[place], report.question_scores[place]
    text = f"{plain(question.text)} <small>{plain(question.id)}</small>"
    told = plain(figures.kind(question)), plain(figures.scoring(question)), number(question.weight, "g")
    return [text, *told, *_shares(report, scores)]


def _shares(report: Report, scores: Mapping[str, float | None]) -> Iterable[str]:
    """One a model; the best of them, where they differ, is marked."""
    known = [score for score in scores.values() if score is not None]
    best = max(known) if known and max(known) > min(known) else None
    for model in report.models:
        score = scores.get(model.ref)
        words = plain(figures.percent(score))
        yield f'<span class="best">{words}</span>' if score is not None and score == best else words


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1) -> Iterator[str]:
    """Cells are HTML already; all but the first `words` columns are figures."""
    classes = ["" if place < words else ' class="figure"' for place in range(len(heads))]
    top = "".join(f"<th{kind}>{text}</th>" for kind, text in zip(classes, heads, strict=True))
    yield f'<div class="wide"><table>\n<thead><tr>{top}</tr></thead>\n<tbody>\n'
    for row in rows:
        cells = "".join(f"<td{kind}>{text}</td>" for kind, text in zip(classes, row, strict=True))
        yield f"<tr>{cells}</tr>\n"
    yield "</tbody>\n</table></div>\n"


def _answers(report: Report) -> Iterator[str]:
    yield f"<h2>{say('All answers')}</h2>\n"
    legend = say("✓ right, ◐ partly right, ✗ wrong; without a mark nothing was expected.")
    yield f'<p class="muted">{plain(legend)}</p>\n'
    names = "".join(f"<th>{name}</th>" for name in _names(report))
    top = f"<tr><th>{say('Question')}</th><th>{say('Expected')}</th>{names}</tr>"
    for document in report.pack.documents:
        yield f'<section class="document">\n<h3>{plain(document.name)}</h3>\n'
        yield _text_of(document)
        yield f'<div class="wide"><table class="matrix">\n<thead>{top}</thead>\n<tbody>\n'
        for question in report.pack.questions:
            yield _matrix_row(report, document, question)
        if report.pack.rules:
            yield _rules_row(report, document)
        yield "</tbody>\n</table></div>\n</section>\n"


def _text_of(document: Document) -> str:
    source = f'<p class="muted">{plain(document.source)}</p>\n' if document.source else ""
    summary = plain(say("The document"))
    return f"{source}<details><summary>{summary}</summary><pre>{_cut(document.text)}</pre></details>\n"


def _matrix_row(report: Report, document: Document, question: Question) -> str:
    expected = report.pack.expected.get((document.name, question.id), "")
    cells = "".join(
        _answer_cell(report.cell(CellKey(model.ref, document.name, question.id))) for model in report.models
    )
    return (
        f'<tr><td>{plain(question.text)}</td><td><span class="answer" dir="auto">{_cut(expected)}</span></td>'
        f"{cells}</tr>\n"
    )


def _rules_row(report: Report, document: Document) -> str:
    """What each model's answers break."""
    pack = report.pack
    cells = []
    for model in report.models:
        keys = (CellKey(model.ref, document.name, question.id) for question in pack.questions)
        broken = broken_rules(pack, [report.cell(key) for key in keys])
        words = "".join(
            f'<small class="bad">{plain(in_words(rule, pack.questions))}</small>' for rule in broken
        )
        cells.append(f"<td>{words}</td>")
    return f'<tr><td colspan="2">{plain(say("Broken rules"))}</td>{"".join(cells)}</tr>\n'


def _answer_cell(cell: Cell) -> str:
    if cell.state is not CellState.DONE:
        words = " ".join(part for part in (figures.state(cell), cell.error) if part)
        return f'<td><small class="bad">{plain(words)}</small></td>'
    grade, sign = _grade(cell)
    mark = f'<span class="mark">{sign}</span>' if sign else ""
    text = _cut(cell.answer if cell.is_valid or cell.answer else cell.reply)
    small = "".join(f'<small class="{kind}">{plain(words)}</small>' for kind, words in _remarks(cell))
    return f'<td class="{grade}">{mark}<span class="answer" dir="auto">{text}</span>{small}</td>'


def _grade(cell: Cell) -> tuple[str, str]:
    score = cell.counted
    if score is None:
        return "unscored", ""
    if score.is_right:
        return "right", "✓"
    return ("wrong", "✗") if score.is_wrong else ("partly", "◐")


def _remarks(cell: Cell) -> Iterator[tuple[str, str]]:
    if not cell.is_valid:
        yield "bad", say("Not of the form that was asked for.")
    if cell.score is not None and not cell.score.is_right:
        yield "why", cell.score.why
    if cell.correction is not None:
        by_hand = say("By hand: {percent:.0f} %.", percent=100 * cell.correction.value)
        yield "corrected", f"{by_hand} {cell.correction.why}".strip()


def _cut(text: str) -> str:
    """As HTML, with what was left out said."""
    if len(text) <= MOST_SHOWN:
        return plain(text)
    left = say("… and {count:,} characters more", count=len(text) - MOST_SHOWN)
    return f"{plain(text[:MOST_SHOWN])} <small>{plain(left)}</small>"


def _conditions(report: Report) -> Iterator[str]:
    """All that is needed to do it again."""
    yield f"<h2>{say('Settings')}</h2>\n"
    yield from _pairs(figures.settings(report))
    yield f"<h2>{say('Machine')}</h2>\n"
    made_by = (say("Program"), report.facts.program), (say("Date"), figures.moment(report.facts.made_at))
    yield from _pairs((*report.facts.machine, *made_by))
    yield f"<h2>{say('Models as they were')}</h2>\n"
    heads = say("Model"), say("Engine"), say("Quantization"), say("Size"), say("Digest")
    rows = (_facts_cells(report, ref) for ref in report.setup.model_refs)
    yield from _table(heads, rows, words=len(heads))


def _facts_cells(report: Report, ref: str) -> Sequence[str]:
    facts = report.facts_of(ref)
    texts = ref, facts.engine, facts.quantization, figures.size(facts.size_bytes), facts.digest
    return [plain(text) or figures.UNKNOWN for text in texts]


def _pairs(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield "<table>\n<tbody>\n"
    for label, words in pairs:
        yield f'<tr><th scope="row">{plain(label)}</th><td>{plain(words)}</td></tr>\n'
    yield "</tbody>\n</table>\n"
