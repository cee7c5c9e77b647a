"""The answers summed up as tables: by question, by document, by model, and what was taken for what."""

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from slmdesk.base.words import number
from slmdesk.features.evaluate.conclusion import Conclusion
from slmdesk.features.evaluate.pack import Pack
from slmdesk.features.evaluate.tables import SOMETHING_ELSE, Line, confusion, has_confusion
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.evaluate import figures
from slmdesk.ui.widgets.evaluate.plain_table import Entry, PlainTableView
from slmdesk.ui.widgets.evaluate.results_pages import Page, page_word

LEAST_COMBO_CHARACTERS = 12


class ResultsTables(QWidget):
    """Shows one table, that of the page which was chosen."""

    def __init__(self, pack_of: Callable[[], Pack], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pack_of = pack_of
        self._page = Page.QUESTIONS
        self._conclusion: Conclusion | None = None
        self.question = _combo(tr("Question"))
        self.model = _combo(tr("Model"))
        self.table = PlainTableView(tr("Sums"))
        self.note = plain_label()
        self.note.setProperty("role", "small")
        self.note.setWordWrap(True)
        for combo in (self.question, self.model):
            combo.currentIndexChanged.connect(lambda _index: self._refresh())
        self._lay_out()

    def show_page(self, page: Page) -> None:
        self._page = page
        self._refresh()

    def show_conclusion(self, conclusion: Conclusion) -> None:
        self._conclusion = conclusion
        questions = {
            str(index): question.text
            for index, question in enumerate(conclusion.survey.questions)
            if has_confusion(question)
        }
        _fill(self.question, questions)
        _fill(self.model, {str(at): each.name for at, each in enumerate(conclusion.survey.contenders)})
        self._refresh()

    def _refresh(self) -> None:
        conclusion, page = self._conclusion, self._page
        is_confusion = page is Page.CONFUSION
        self._choice.setVisible(is_confusion and self.question.count() > 0)
        if conclusion is None or not self.isVisible():
            return
        self.table.setAccessibleName(page_word(page))
        self.note.setText("")
        match page:
            case Page.QUESTIONS:
                self._show_lines(tr("Question"), conclusion, conclusion.questions)
            case Page.DOCUMENTS:
                self._show_lines(tr("Document"), conclusion, conclusion.documents)
            case Page.MODELS:
                self.table.show_rows(*model_rows(conclusion))
            case Page.CONFUSION:
                self._show_confusion(conclusion)
        self.note.setVisible(bool(self.note.text()))

    def _show_lines(self, first: str, conclusion: Conclusion, lines: Sequence[Line]) -> None:
        names = [contender.name for contender in conclusion.survey.contenders]
        rows = [
            [
                Entry(line.name),
                *(_share(score, is_best=place in line.best) for place, score in enumerate(line.scores)),
                Entry(number(line.wrong), line.wrong),
                Entry(number(line.scored), line.scored),
            ]
            for line in lines
        ]
        self.table.show_rows([first, *names, tr("Wrong"), tr("Scored")], rows)
        self.note.setText(tr("In bold: the best of a row. A click on a heading sorts."))

    def _show_confusion(self, conclusion: Conclusion) -> None:
        if self.question.currentData() is None or self.model.currentData() is None:
            self.table.show_rows([], [])
            self.note.setText(tr("There is no question with a few fixed answers, such as yes or no."))
            return
        question, contender = int(self.question.currentData()), int(self.model.currentData())
        found = confusion(conclusion.survey, self._pack_of(), contender, question)
        labels = [tr("something else") if label == SOMETHING_ELSE else label for label in found.labels]
        rows = [
            [Entry(tr("expected: {0}").format(label), at)]
            + [_count(count, is_right=at == answered) for answered, count in enumerate(counts)]
            for at, (label, counts) in enumerate(zip(labels, found.counts, strict=True))
            if any(counts) or at < len(labels) - 1
        ]
        self.table.show_rows([tr("Expected, and what was answered"), *labels], rows)
        self.note.setText(
            tr("In bold: right. Every other number is an answer that was taken for another one.")
            if found.total
            else tr("Nothing is answered yet where an answer is expected.")
        )

    def _lay_out(self) -> None:
        self._choice = QWidget()
        row = QHBoxLayout(self._choice)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.question, 2)
        row.addWidget(self.model, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._choice)
        column.addWidget(self.table, 1)
        column.addWidget(self.note)

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]  # a show event, as the stubs narrow it
        self._refresh()


def model_rows(conclusion: Conclusion) -> tuple[Sequence[str], Sequence[Sequence[Entry]]]:
    """A line a model: score, kinds of answers, and the price of one."""
    headings = (
        tr("Model"), tr("Score"), tr("Interval"), tr("Right"), tr("Partly"), tr("Wrong"), tr("Not valid"),
        tr("Failed"), tr("By hand"), tr("Memory"), tr("Seconds"), tr("Prompt"), tr("Output"), tr("Reused"),
        tr("Stable"),
    )  # fmt: skip
    best = max((score.score for score in conclusion.scores.values()), default=None)
    rows = []
    for line in conclusion.models:
        score = conclusion.scores.get(line.contender.key)
        size = conclusion.sizes_bytes.get(line.contender.key)
        counts = (line.right, line.partial, line.wrong, line.invalid, line.failed, line.corrected)
        rows.append(
            [
                Entry(line.contender.name, tip="\n".join(line.contender.members)),
                _share(score.score if score else None, is_best=score is not None and score.score == best),
                Entry(figures.interval(score.low, score.high) if score else figures.UNKNOWN),
                *(Entry(number(count), count) for count in counts),
                Entry(figures.memory(size), figures.or_least(size)),
                Entry(figures.seconds(line.seconds), figures.or_least(line.seconds)),
                Entry(figures.tokens(line.prompt_tokens), figures.or_least(line.prompt_tokens)),
                Entry(figures.tokens(line.output_tokens), figures.or_least(line.output_tokens)),
                _share(line.cached_share),
                _share(line.stability),
            ]
        )
    return headings, rows


def _share(value: float | None, *, is_best: bool = False) -> Entry:
    return Entry(figures.per_cent(value), figures.or_least(value), is_best=is_best)


def _count(count: int, *, is_right: bool) -> Entry:
    if not count:
        return Entry("0", 0)
    return Entry(number(count), count, is_best=is_right, tone="good" if is_right else "bad")


def _combo(name: str) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(name)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(LEAST_COMBO_CHARACTERS)
    return combo


def _fill(combo: QComboBox, items: dict[str, str]) -> None:
    """The choices, keeping what is chosen."""
    if [combo.itemText(at) for at in range(combo.count())] == list(items.values()):
        return
    chosen = combo.currentData()
    combo.blockSignals(True)
    combo.clear()
    for data, text in items.items():
        combo.addItem(text, data)
    combo.setCurrentIndex(max(0, combo.findData(chosen)))
    combo.blockSignals(False)
