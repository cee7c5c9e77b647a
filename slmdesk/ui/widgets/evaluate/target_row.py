"""What is good enough: a share of right answers, or a share of what the best model has."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSpinBox, QWidget

from slmdesk.features.evaluate.setup import Target, TargetKind
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.number_box import inset

TYPED_MS = 400


class TargetRow(QWidget):
    """`changed` carries the target, once whoever turns the number has come to rest."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = Target()
        self.value = QSpinBox()
        self.value.setRange(1, 100)
        self.value.setSuffix(tr(" %"))
        self.value.setAccessibleName(tr("Good enough from, in per cent"))
        inset(self.value)
        self.kind = QComboBox()
        self.kind.setAccessibleName(tr("Good enough is measured against"))
        self.kind.addItem(tr("of the answers right"), TargetKind.SHARE)
        self.kind.addItem(tr("of the best model’s score"), TargetKind.SHARE_OF_BEST)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(TYPED_MS)
        self._rest.timeout.connect(self._tell)
        self.value.valueChanged.connect(lambda _value: self._rest.start())
        self.kind.currentIndexChanged.connect(lambda _index: self._rest.start())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(plain_label(tr("Good enough is")))
        row.addWidget(self.value)
        row.addWidget(self.kind)
        row.addStretch(1)
        self.show_target(self._shown)

    def target(self) -> Target:
        """What the fields say."""
        return Target(TargetKind(self.kind.currentData()), self.value.value() / 100)

    def show_target(self, target: Target) -> None:
        """Another pack has another one; what is just being turned stays."""
        if self._rest.isActive():
            return
        self._shown = target
        for field in (self.value, self.kind):
            field.blockSignals(True)
        self.value.setValue(round(100 * target.value))
        self.kind.setCurrentIndex(max(0, self.kind.findData(target.kind)))
        for field in (self.value, self.kind):
            field.blockSignals(False)

    def _tell(self) -> None:
        if self.target() != self._shown:
            self._shown = self.target()
            self.changed.emit(self._shown)
