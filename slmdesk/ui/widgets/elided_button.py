"""A button that shortens its text where there is no room, and tells the whole in its tool tip."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from slmdesk.ui import theme
from slmdesk.ui.labels import plain_button_text, plain_tip

LEAST_WIDTH_PX = 64
ROUNDING_PX = 3  # a style rounds the width of a text in another way than its font does


class ElidedButton(QPushButton):
    """Asks for the width of its whole text and is content with less."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        least_width_px: int = LEAST_WIDTH_PX,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        super().__init__(parent)
        self._full = ""
        self._mode = mode
        self._least_width_px = least_width_px
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @property
    def full_text(self) -> str:
        return self._full

    def set_full_text(self, text: str) -> None:
        self._full = text
        self.updateGeometry()
        self._elide()

    def sizeHint(self) -> QSize:
        self.ensurePolished()
        missing = self._width_of(self._full) - self._width_of(self.text())
        return super().sizeHint() + QSize(missing, 0)

    def minimumSizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(min(theme.scaled(self._least_width_px), self.sizeHint().width()), hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        around = self.sizeHint().width() - self._width_of(self._full)
        room = self.width() - around
        is_enough = room + ROUNDING_PX >= self._width_of(self._full)
        mode = Qt.TextElideMode.ElideNone if is_enough else self._mode
        shown = self.fontMetrics().elidedText(self._full, mode, room)
        self.setText(plain_button_text(shown))
        self.setToolTip(plain_tip(self._full) if shown != self._full else self.accessibleName())

    def _width_of(self, text: str) -> int:
        return self.fontMetrics().horizontalAdvance(text.replace("&&", "&"))
