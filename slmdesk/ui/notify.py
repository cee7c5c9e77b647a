"""Everything the program says outside a pane: toasts, questions, reports, and links that leave it."""

import asyncio
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from slmdesk.base.events import Event
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label as plain_label
from slmdesk.ui.labels import tr

TOAST_MS = 8_000
FOOT_PX = 56  # kept free where nothing is written: the status line and a margin
GAP_PX = 8
WIDEST_PX = 640  # of the words of a toast: longer ones take several lines
WRITTEN_IN = "prompt_box"  # the object name of the card that a toast must not cover
OPENED_SCHEMES = ("http", "https", "mailto")


class Offer:
    """What a toast offers, once: from the toast or later from the log; the undoing also by key."""

    def __init__(self, label: str, callback: Callable[[], object], *, is_undoing: bool = True) -> None:
        self.label = label
        self.is_undoing = is_undoing
        self.taken: Event[None] = Event()
        self.is_open = True
        self._callback = callback

    def take(self) -> None:
        """Do it; a second time nothing happens."""
        if self.is_open:
            self.is_open = False
            self._callback()
            self.taken.emit(None)


# Every toast and what it offers, so that one that has gone can be found again.
said: Event[tuple[str, Offer | None]] = Event()
# The offer of the toast on the screen, None when there is none any more.
offered: Event[Offer | None] = Event()


def toast(
    near: QWidget,
    text: str,
    *,
    action: str = "",
    callback: Callable[[], object] | None = None,
    is_undoing: bool = True,
) -> None:
    """Say `text` at the foot of the window of `near`, with a button that undoes it or goes on from it.

    While the toast is there the key of Undo undoes, too, and afterwards the log of activity has the button.
    """
    window = near.window()
    found = window.findChildren(_Toast)
    for old in found:
        old.dismiss()
    offer = Offer(action, callback, is_undoing=is_undoing) if action and callback else None
    _Toast(window, text, offer)
    said.emit((text, offer))


def open_link(parent: QWidget, url: str) -> None:
    """Ask, with the real host in sight, then hand the link to the system.

    The only way out of the program: anything but http, https and mailto is refused.
    """
    target = QUrl(url, QUrl.ParsingMode.StrictMode)
    if not target.isValid() or target.scheme().lower() not in OPENED_SCHEMES:
        tell(parent, tr("This link is not opened"), tr("Only web and mail addresses leave the program."), url)
        return
    is_mail = target.scheme().lower() == "mailto"
    where = target.path() if is_mail else target.host(QUrl.ComponentFormattingOption.FullyEncoded)
    title = tr("Write a mail?") if is_mail else tr("Open this page in the browser?")
    dialog = Dialog(parent, title, where, target.toString(QUrl.ComponentFormattingOption.FullyEncoded))
    accept = dialog.add_button(tr("Open"), QDialogButtonBox.ButtonRole.AcceptRole)
    dialog.add_button(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole).setDefault(True)
    accept.clicked.connect(lambda: QDesktopServices.openUrl(target))
    dialog.open()


def tell(parent: QWidget, title: str, text: str, detail: str = "") -> "Dialog":
    """Say something that needs a look but no answer."""
    dialog = Dialog(parent, title, text, detail)
    dialog.add_close_button()
    dialog.open()
    return dialog


def report(parent: QWidget | None, title: str, text: str, details: str) -> "Dialog":
    """Show what went wrong, with a report to copy."""
    dialog = Dialog(parent, title, text, details)
    copy = dialog.add_button(tr("Copy report"), QDialogButtonBox.ButtonRole.ActionRole)
    copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(details))
    dialog.add_close_button()
    dialog.open()
    return dialog


async def ask(parent: QWidget, title: str, text: str, accept: str, *, detail: str = "") -> bool:
    """Ask before something that cannot be undone; `accept` is the verb on the button."""
    dialog = Dialog(parent, title, text, detail)
    dialog.add_button(accept, QDialogButtonBox.ButtonRole.AcceptRole)
    dialog.add_button(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole).setDefault(True)
    return await dialog.answer()


class Dialog(QDialog):
    """A title, a sentence and, when there is one, a text to select; deletes itself when closed."""

    def __init__(self, parent: QWidget | None, title: str, text: str, detail: str = "") -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setMinimumWidth(theme.scaled(420))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(12)
        heading = plain_label(title)
        heading.setProperty("role", "title")
        sentence = plain_label(text)
        sentence.setWordWrap(True)
        layout.addWidget(heading)
        layout.addWidget(sentence)
        self.body = QVBoxLayout()
        self.body.setSpacing(8)
        layout.addLayout(self.body)
        if detail:
            self.body.addWidget(_detail_view(detail, self))
        self._buttons = QDialogButtonBox()
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        layout.addWidget(self._buttons)

    def event(self, event: QEvent) -> bool:
        """A sentence that came since may want more lines, which are in no least size: it grows for them."""
        is_laid_out = event.type() == QEvent.Type.LayoutRequest  # asked first: another may delete all of this
        is_taken = super().event(event)
        if is_laid_out and self.isVisible() and (layout := self.layout()) is not None:
            needed = min(layout.totalMinimumHeightForWidth(self.width()), self.screen().size().height())
            self.resize(self.width(), max(needed, self.height()))
        return is_taken

    def add_button(self, text: str, role: QDialogButtonBox.ButtonRole) -> QPushButton:
        return self._buttons.addButton(text, role)

    def add_close_button(self) -> None:
        self.add_button(tr("Close"), QDialogButtonBox.ButtonRole.AcceptRole).setDefault(True)

    async def answer(self) -> bool:
        """Open, and wait for the answer without a nested event loop."""
        decided: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def on_finished(result: int) -> None:
            if not decided.done():
                decided.set_result(result == QDialog.DialogCode.Accepted)

        self.finished.connect(on_finished)
        self.open()
        try:
            return await decided
        except asyncio.CancelledError:
            self.reject()
            raise


class _Toast(QFrame):
    """One short message over the foot of a window, above what is being written there; gone after seconds."""

    def __init__(self, window: QWidget, text: str, offer: Offer | None) -> None:
        super().__init__(window)
        self._window = window
        self._offer = offer
        self.setObjectName("toast")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(text)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 8, 8)
        layout.setSpacing(16)
        words = plain_label(text)
        if words.sizeHint().width() > theme.scaled(WIDEST_PX):
            words.setWordWrap(True)
            words.setFixedWidth(min(theme.scaled(WIDEST_PX), window.width() - 2 * FOOT_PX))
        layout.addWidget(words)
        if offer is not None:
            button = QPushButton(offer.label)
            button.setProperty("role", "link")
            button.clicked.connect(offer.take)
            self.destroyed.connect(offer.taken.subscribe(lambda _none: self.dismiss()))
            layout.addWidget(button)
        boxes = window.findChildren(QFrame, WRITTEN_IN)
        self._written_in = next((box for box in boxes if box.isVisible()), None)
        for watched in (window, self._written_in):
            if watched is not None:
                watched.installEventFilter(self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        self._timer.start(TOAST_MS)
        self._place()
        self.show()
        self.raise_()
        offered.emit(offer if offer and offer.is_undoing else None)

    def dismiss(self) -> None:
        if self.isHidden():
            return
        self._timer.stop()
        self.hide()
        self.deleteLater()
        offered.emit(None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move):
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        self.adjustSize()
        area = QRect(0, 0, self._window.width(), self._window.height() - FOOT_PX)
        if self._written_in is not None and self._written_in.isVisible():
            top_left = self._written_in.mapTo(self._window, QPoint(0, 0))
            area = QRect(top_left.x(), 0, self._written_in.width(), top_left.y() - GAP_PX)
        self.move(area.center().x() - self.width() // 2, area.bottom() - self.height())


def _detail_view(text: str, parent: QWidget) -> QPlainTextEdit:
    view = QPlainTextEdit(text, parent)
    view.setReadOnly(True)
    view.setFont(theme.monospaced(12))
    view.setTabChangesFocus(True)
    view.setAccessibleName(tr("Details"))
    lines = min(text.count("\n") + 2, 14)
    view.setFixedHeight(lines * view.fontMetrics().lineSpacing() + 24)
    return view
