"""The questions of a pack: the list, the one that is edited, an answer to try, rules between them."""

from dataclasses import replace

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QVBoxLayout, QWidget

from slmdesk.base.errors import BadInput
from slmdesk.features.evaluate import editing
from slmdesk.features.evaluate.open_pack import OpenPack
from slmdesk.features.evaluate.pack import Question
from slmdesk.features.evaluate.wording import kind_words, scoring_words
from slmdesk.ui import notify, theme
from slmdesk.ui.labels import small_label, tr
from slmdesk.ui.widgets.evaluate.item_list import Item, ItemList
from slmdesk.ui.widgets.evaluate.pack_check import PackCheck
from slmdesk.ui.widgets.evaluate.question_form import QuestionForm
from slmdesk.ui.widgets.evaluate.rule_list import RuleList
from slmdesk.ui.widgets.evaluate.tab_parts import fill, scrolled_column, split, titled_card
from slmdesk.ui.widgets.evaluate.try_answer import TryAnswer
from slmdesk.ui.widgets.models.model_list import FitOf
from slmdesk.ui.widgets.models.model_picker import KnowsModels
from slmdesk.ui.widgets.settings.setting_row import error_label

LIST_PX, FORM_PX = 300, 640
INSTRUCTION_LINES = 2


class QuestionsTab(QWidget):
    """Every edit makes another pack in `book`."""

    def __init__(
        self,
        book: OpenPack,
        check: PackCheck,
        registry: KnowsModels,
        fit: FitOf,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._book = book
        self._check = check
        self.list = ItemList(tr("Questions"))
        self.list.add_button(tr("Add"), self.add, name=tr("Add a question"))
        self.list.buttons.addStretch(1)
        self.list.empty.setText(tr("No question yet: add what you want to know about each document."))
        self.form = QuestionForm(registry, fit)
        self.trial = TryAnswer()
        self.problem = error_label()
        self.rules = RuleList(book)
        self.instructions = QPlainTextEdit()
        self.instructions.setTabChangesFocus(True)
        self.instructions.setAccessibleName(tr("Before every question"))
        self.instructions.setPlaceholderText(
            tr("What every model is told first, for instance: Answer from the report alone.")
        )
        self._lay_out()
        self._connect()

    def refresh(self) -> None:
        """Show the pack as it is now."""
        if not self.isVisible():
            return
        pack = self._book.pack
        self.list.show_rows([self._item(number, each) for number, each in enumerate(pack.questions, 1)])
        self._show_question(self.list.key)
        self.rules.refresh()
        if self.instructions.toPlainText() != pack.instructions:
            self.instructions.blockSignals(True)
            self.instructions.setPlainText(pack.instructions)
            self.instructions.blockSignals(False)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def add(self) -> None:
        """One more question, of the kind of the last."""
        pack = self._book.pack
        question = editing.new_question(pack)
        if pack.questions:
            question = editing.new_question(pack, kind=pack.questions[-1].kind)
        self._book.edit(editing.with_questions(pack, [question]))
        self.list.choose(question.id)
        self.form.text.setFocus()

    # inside

    def _item(self, number: int, question: Question) -> Item:
        text = " ".join(question.text.split()) or question.id
        words = f"{kind_words(question.kind)} – {scoring_words(question)}"
        problem = self._check.of_question(question.id)
        return Item(question.id, f"{number}  {text}", problem or words, is_wrong=bool(problem))

    def _show_question(self, question_id: str) -> None:
        question = next((each for each in self._book.pack.questions if each.id == question_id), None)
        self._edited.setVisible(question is not None)
        if question is not None:
            self.form.show_question(question)
            self.trial.show_question(question)
            problem = self._check.of_question(question_id)
            self.problem.setText(problem)
            self.problem.setVisible(bool(problem))

    def _on_form_changed(self, question: Question, what: str) -> None:
        key = self.list.key
        try:
            pack = editing.with_question(self._book.pack, key, question)
        except BadInput as error:
            self.form.show_id()
            notify.toast(self, error.sentence())
            return
        self._book.edit(pack, f"{what}:{key}")
        if question.id != key:
            self.list.choose(question.id)

    def _duplicate(self, question_id: str) -> None:
        pack = self._book.pack
        question = next(each for each in pack.questions if each.id == question_id)
        self._book.edit(editing.with_questions(pack, [question]))
        self.list.choose(self._book.pack.questions[-1].id)

    def _move(self, question_id: str, by: int) -> None:
        self._book.edit(editing.with_moved_question(self._book.pack, question_id, by))
        self.list.choose(question_id)

    def _delete(self, question_id: str) -> None:
        before = self._book.pack
        self._book.edit(editing.without_question(before, question_id))

        def undo() -> None:
            self._book.edit(editing.with_question_back(self._book.pack, before, question_id))
            self.list.choose(question_id)

        text = next(each.text for each in before.questions if each.id == question_id) or question_id
        notify.toast(
            self, tr("“{0}” is deleted.").format(text), action=tr("Undo"), callback=undo, is_undoing=False
        )

    def _rename(self, _question_id: str) -> None:
        self.form.id.setFocus()
        self.form.id.selectAll()

    def _on_instructions_text_changed(self) -> None:
        pack = replace(self._book.pack, instructions=self.instructions.toPlainText())
        self._book.edit(pack, "instructions")

    def _connect(self) -> None:
        self._check.changed.connect(self.refresh)
        self.list.chosen.connect(self._show_question)
        self.list.rename_wanted.connect(self._rename)
        self.list.duplicate_wanted.connect(self._duplicate)
        self.list.move_wanted.connect(self._move)
        self.list.delete_wanted.connect(self._delete)
        self.form.changed.connect(self._on_form_changed)
        self.instructions.textChanged.connect(self._on_instructions_text_changed)

    def _lay_out(self) -> None:
        self._edited = QWidget()
        edited = QVBoxLayout(self._edited)
        edited.setContentsMargins(0, 0, 0, 0)
        edited.setSpacing(10)
        form = QFrame()
        form.setProperty("role", "card")
        inner = QVBoxLayout(form)
        inner.setContentsMargins(12, 12, 12, 12)
        inner.addWidget(self.form)
        inner.addWidget(self.problem)
        edited.addWidget(form)
        edited.addWidget(self.trial)
        question = scrolled_column(tr("The question"), self._edited, self.rules, self._before())
        fill(self, split({self.list: LIST_PX, question: FORM_PX}))

    def _before(self) -> QFrame:
        height = INSTRUCTION_LINES * self.instructions.fontMetrics().lineSpacing() + theme.scaled(22)
        self.instructions.setFixedHeight(height)
        hint = small_label(tr("A change here asks all questions again."))
        return titled_card(tr("Before every question"), self.instructions, hint)
