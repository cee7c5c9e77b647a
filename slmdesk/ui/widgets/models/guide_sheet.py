"""The guide: a few questions, and three models that fit, each with its reasons and a button."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from slmdesk.base.machine import Machine
from slmdesk.features.catalog.catalogue import Catalogue
from slmdesk.features.catalog.facts import country_name
from slmdesk.features.catalog.guide import Advice, Answers, Recommendation, advise, tasks_of
from slmdesk.features.catalog.listed import ListedModel, source_of
from slmdesk.features.catalog.terms import term
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_button_text, plain_label, small_label, tr
from slmdesk.ui.notify import Dialog

WIDTH_PX = 640
FIRST_TASK = "chat"
MOST_GB = 2000.0


class GuideSheet(Dialog):
    """Answers at once to every change. `rows` are the models of the list: what is here is chatted with."""

    chat_requested = Signal(str)
    pull_requested = Signal(str)

    def __init__(
        self,
        parent: QWidget,
        catalogue: Catalogue,
        machine: Machine,
        rows: Sequence[ListedModel],
        context_tokens: int,
    ) -> None:
        super().__init__(
            parent, tr("Which model?"), tr("A few questions, then up to three models that fit this machine.")
        )
        self._catalogue = catalogue
        self._machine = machine
        self._here = {row.card.entry.id: row.key for row in rows if row.card and row.is_installed}
        self._context_tokens = context_tokens
        self.setMinimumWidth(theme.scaled(WIDTH_PX))
        self._make_fields()
        self._answers = QVBoxLayout()
        self._answers.setSpacing(8)
        self.body.addLayout(self._form())
        self.body.addLayout(self._answers)
        self.add_close_button()
        self._advise()

    def answers(self) -> Answers:
        """What the fields say."""
        gigabytes = self.memory.value()
        return Answers(
            task=str(self.task.currentData()),
            must_stay_here=self.stays.isChecked(),
            uses_gpu=self.gpu.isChecked(),
            memory_bytes=int(gigabytes * 1e9) if gigabytes else None,
            countries_refused=self.countries.codes(),
            licences_refused=self.licences.codes(),
            is_commercial=self.commercial.isChecked(),
            context_tokens=self._context_tokens,
        )

    def _make_fields(self) -> None:
        self.task = QComboBox()
        for task in tasks_of(self._catalogue):
            self.task.addItem(term(task), task)
        self.task.setCurrentIndex(self.task.findData(FIRST_TASK))
        self.stays = QCheckBox(tr("It must stay on this machine"))
        self.stays.setChecked(True)
        self.gpu = QCheckBox(tr("It may use the graphics card, if there is one"))
        self.gpu.setChecked(True)
        self.commercial = QCheckBox(tr("It is for commercial use"))
        self.memory = QDoubleSpinBox()
        self.memory.setRange(0, MOST_GB)
        self.memory.setDecimals(1)
        self.memory.lineEdit().setTextMargins(6, 0, 0, 0)  # style sheets do not reach the field inside
        self.memory.setSuffix(tr(" GB"))
        self.memory.setSpecialValueText(tr("all that is free"))
        codes = {code for entry in self._catalogue.entries for code in entry.countries}
        self.countries = RefusedButton({code: term(country_name(code)) for code in codes})
        self.licences = RefusedButton({one.id: one.name for one in self._catalogue.licences.values()})
        self.task.currentIndexChanged.connect(self._advise)
        self.memory.valueChanged.connect(self._advise)
        for box in (self.stays, self.gpu, self.commercial):
            box.toggled.connect(self._advise)
        for button in (self.countries, self.licences):
            button.changed.connect(self._advise)

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for words, field in (
            (tr("What shall it do?"), self.task),
            (tr("Memory it may take"), self.memory),
            (tr("Not from"), self.countries),
            (tr("Not under the licence"), self.licences),
        ):
            label = plain_label(words)
            label.setBuddy(field)
            field.setAccessibleName(words)
            form.addRow(label, field)
        for box in (self.stays, self.gpu, self.commercial):
            form.addRow(box)
        return form

    def _advise(self) -> None:
        self._show(advise(self._catalogue, self._machine, self.answers()))

    def _show(self, advice: Advice) -> None:
        while (item := self._answers.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for one in advice.recommendations:
            self._answers.addWidget(self._block(one))
        for remark in advice.remarks:
            self._answers.addWidget(small_label(remark))

    def _block(self, one: Recommendation) -> QFrame:
        block = QFrame()
        block.setProperty("role", "card")
        name = plain_label(one.card.entry.name)
        name.setProperty("role", "heading")
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(name)
        texts.addWidget(small_label(" · ".join(one.reasons)))
        line = QHBoxLayout(block)
        line.setContentsMargins(12, 8, 12, 8)
        line.addLayout(texts, 1)
        if button := self._button(one):
            line.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        return block

    def _button(self, one: Recommendation) -> QPushButton | None:
        """Chat where it is here already, else pull; None where it can only be had elsewhere."""
        entry = one.card.entry
        if ref := self._here.get(entry.id):
            button = QPushButton(tr("Chat"))
            button.setAccessibleName(tr("Chat with {0}").format(entry.name))
            button.clicked.connect(lambda: self._leave(self.chat_requested, ref))
        elif source := source_of(one.card, one.card.best):
            button = QPushButton(tr("Pull"))
            button.setAccessibleName(tr("Pull {0}").format(entry.name))
            button.setToolTip(source)
            button.clicked.connect(lambda: self._leave(self.pull_requested, source))
        else:
            return None
        button.setAutoDefault(False)
        return button

    def _leave(self, signal: SignalInstance, text: str) -> None:
        self.accept()
        signal.emit(text)


class RefusedButton(QPushButton):
    """What is not accepted, chosen from a menu of names by their codes; `changed` tells of a choice."""

    changed = Signal()

    def __init__(self, names: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoDefault(False)
        self.actions_by_code: dict[str, QAction] = {}
        menu = QMenu(self)
        for code, name in sorted(names.items(), key=lambda item: item[1].casefold()):
            action = menu.addAction(plain_button_text(name))
            action.setCheckable(True)
            action.toggled.connect(self._on_toggled)
            self.actions_by_code[code] = action
        self.setMenu(menu)
        self._show()

    def codes(self) -> tuple[str, ...]:
        """Those that are refused."""
        return tuple(code for code, action in self.actions_by_code.items() if action.isChecked())

    def _on_toggled(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        names = [self.actions_by_code[code].text() for code in self.codes()]
        self.setText(f"{', '.join(names) or tr('nothing refused')} ▾")
