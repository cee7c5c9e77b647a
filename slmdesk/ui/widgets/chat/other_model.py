"""Asks which other model shall answer a prompt as well."""

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QWidget

from slmdesk.ui.widgets.models.model_list import FitOf
from slmdesk.ui.widgets.models.model_picker import KnowsModels, ModelPicker


class OtherModel(QObject):
    """The list of models that opens at the mouse, or in the middle of the view for the keyboard."""

    chosen = Signal(str, str)

    def __init__(self, registry: KnowsModels, fit: FitOf, view: QWidget) -> None:
        super().__init__(view)
        self._view = view
        self._message_id = ""
        self._picker = ModelPicker(registry, fit, view)
        self._picker.hide()
        self._picker.chosen.connect(self._on_picker_chosen)

    def ask(self, message_id: str, model_ref: str) -> None:
        """Which model shall answer too? `model_ref` is the one that did."""
        self._message_id = message_id
        at = self._view.mapFromGlobal(QCursor.pos())
        if not self._view.rect().contains(at):
            at = self._view.rect().center()
        self._picker.setGeometry(at.x(), at.y() - 4, 1, 8)
        self._picker.set_ref(model_ref)
        self._picker.open_list()

    def _on_picker_chosen(self, ref: str) -> None:
        # The list is closing: what it leads to comes after it.
        QTimer.singleShot(0, self, lambda: self.chosen.emit(self._message_id, ref))
