"""What happened, the newest first, beside the pane: found by typing, copied, and undone where it can be."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QAction,
    QColor,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QKeySequence,
    QMouseEvent,
    QPainter,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from slmdesk.base.events import Event
from slmdesk.features.activity.log import Activity
from slmdesk.ui import theme
from slmdesk.ui.icons import icon
from slmdesk.ui.labels import moment, plain_label, tr
from slmdesk.ui.notify import Offer
from slmdesk.ui.widgets.row_list import AnyIndex, RowList

ROW_ROLE = Qt.ItemDataRole.UserRole
OFFER_ROLE = Qt.ItemDataRole.UserRole + 1
WIDTH = 300
WORDS_WRAPPED = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap


class KeepsActivity(Protocol):
    """What the sheet needs of the log."""

    added: Event[Activity]

    def entries(self) -> Sequence[Activity]: ...
    def clear(self) -> None: ...


OfferOf = Callable[[Activity], Offer | None]


class ActivityModel(RowList[Activity]):
    """The entries that hold every word of the search."""

    def __init__(self, offer_of: OfferOf, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._offer_of = offer_of

    def set_entries(self, entries: Sequence[Activity], search: str) -> None:
        words = search.casefold().split()
        self.set_rows(
            [
                entry
                for entry in entries
                if all(word in f"{kind_words(entry)} {entry.sentence}".casefold() for word in words)
            ]
        )

    def row_data(self, row: Activity, role: int) -> Any:
        offer = self._offer_of(row)
        is_open = offer is not None and offer.is_open
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.sentence
            case Qt.ItemDataRole.AccessibleTextRole:
                undo = tr("Enter undoes it") if is_open else ""
                return ", ".join(part for part in (row.sentence, head_words(row), undo) if part)
            case _ if role == ROW_ROLE:
                return row
            case _ if role == OFFER_ROLE:
                return offer if is_open else None
        return None


class ActivitySheet(QFrame):
    """Reads the log only while it is on the screen."""

    closed = Signal()

    def __init__(self, log: KeepsActivity, offer_of: OfferOf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._log = log
        self.setObjectName("activity_sheet")
        self.setFixedWidth(theme.scaled(WIDTH))
        self._search = QLineEdit()
        self._search.setPlaceholderText(self.tr("Search what happened"))
        self._search.setAccessibleName(self.tr("Search what happened"))
        self._search.textChanged.connect(lambda _text: self._fill())
        self._model = ActivityModel(offer_of, self)
        self._view = QListView()
        self._view.setModel(self._model)
        self._view.setItemDelegate(_ActivityDelegate(self._view))
        self._view.setAccessibleName(self.tr("Activity"))
        self._view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self._view.setResizeMode(QListView.ResizeMode.Adjust)
        self._view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._view.activated.connect(_take_offer)
        self._empty = plain_label(self.tr("Nothing has happened yet."))
        self._empty.setProperty("role", "muted")
        self._empty.setWordWrap(True)
        self._close = QToolButton()
        self._clear = QPushButton(self.tr("Clear"))
        self._soon = QTimer(self)  # what comes in a burst is drawn once
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._fill)
        self._add_copy()
        self._lay_out()
        self.destroyed.connect(log.added.subscribe(lambda _entry: self._on_log_added()))
        theme.changed.connect(self._colour)
        self._colour()

    def refresh(self) -> None:
        """Show what is in the log now; an entry may have been undone."""
        self._fill()

    def showEvent(self, event: QEvent) -> None:
        super().showEvent(event)  # type: ignore[arg-type]  # a show event, as the stubs narrow it
        self._fill()

    def focusInEvent(self, event: QEvent) -> None:
        self._search.setFocus()

    def _lay_out(self) -> None:
        heading = plain_label(self.tr("ACTIVITY"))
        heading.setProperty("role", "section")
        self._close.setProperty("role", "flat")
        self._close.setToolTip(self.tr("Close the activity"))
        self._close.setAccessibleName(self.tr("Close the activity"))
        self._close.clicked.connect(self.closed)
        self._clear.setProperty("role", "link")
        self._clear.setToolTip(self.tr("Forget everything in this list"))
        self._clear.clicked.connect(self._on_clear_clicked)
        head = QHBoxLayout()
        head.addWidget(heading, 1)
        head.addWidget(self._clear)
        head.addWidget(self._close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(13, 10, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self._search)
        layout.addWidget(self._empty)
        layout.addWidget(self._view, 1)
        layout.addStretch(0)

    def _add_copy(self) -> None:
        copy = QAction(self.tr("Copy"), self._view)
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self._on_copy_triggered)
        self._view.addAction(copy)

    def _fill(self) -> None:
        self._model.set_entries(self._log.entries(), self._search.text())
        is_empty = not self._model.rowCount()
        self._view.setVisible(not is_empty)
        self._empty.setVisible(is_empty)
        has_search = bool(self._search.text())
        self._empty.setText(
            self.tr("Nothing holds these words.") if has_search else self.tr("Nothing has happened yet.")
        )
        self._clear.setEnabled(not is_empty)

    def _on_log_added(self) -> None:
        if self.isVisible():
            self._soon.start()

    def _on_clear_clicked(self) -> None:
        self._log.clear()
        self._fill()

    def _on_copy_triggered(self) -> None:
        index = self._view.currentIndex()
        if index.isValid():
            QGuiApplication.clipboard().setText(index.data())

    def _colour(self) -> None:
        self._close.setIcon(icon("close", theme.current().muted, 14))


def _take_offer(index: QModelIndex) -> None:
    offer: Offer | None = index.data(OFFER_ROLE)
    if offer is not None:
        offer.take()


def kind_words(entry: Activity) -> str:
    """The kind of an entry, as a reader knows it."""
    return {
        "notice": tr("Notice"),
        "message": tr("Message"),
        "error": tr("Error"),
        "engine": tr("Engine"),
        "model": tr("Model"),
        "chat": tr("Chat"),
        "compare": tr("Compare"),
        "settings": tr("Settings"),
    }[entry.kind]


def head_words(entry: Activity) -> str:
    """ "14:02 · Engine"; with the day when it was not today."""
    then = time.localtime(entry.at)
    is_today = then[:3] == time.localtime()[:3]
    at = moment(entry.at, "hh:mm" if is_today else tr("dd MMM hh:mm"))
    return f"{at} · {kind_words(entry)}"


class _ActivityDelegate(QStyledItemDelegate):
    """Time and kind above the sentence, the way back at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        width = self._view.viewport().width() - 16
        text = QFontMetrics(option.font).boundingRect(QRect(0, 0, width, 4000), WORDS_WRAPPED, index.data())
        return QSize(0, text.height() + theme.scaled(16) + 14)

    def editorEvent(self, event: QEvent, model: Any, option: QStyleOptionViewItem, index: Any) -> bool:
        """A click on the word does it, a double click anywhere as well."""
        if (
            isinstance(event, QMouseEvent)
            and event.type() is QEvent.Type.MouseButtonRelease
            and self._undo_box(option.rect).contains(event.position().toPoint())
        ):
            _take_offer(index)
            return True
        return super().editorEvent(event, model, option, index)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        now = theme.current()
        entry: Activity = index.data(ROW_ROLE)
        offer: Offer | None = index.data(OFFER_ROLE)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(now.accent_soft))
            painter.drawRoundedRect(option.rect.adjusted(0, 1, -4, -1), 8, 8)
        head = self._head(option.rect)
        painter.setFont(_small(option.font))
        painter.setPen(QColor(now.bad if entry.kind == "error" else now.muted))
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, head_words(entry))
        if offer is not None:
            painter.setPen(QColor(now.accent))
            box = self._undo_box(option.rect)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, offer.label)
        painter.setFont(option.font)
        painter.setPen(QColor(now.text))
        body = QRect(head.left(), head.bottom() + 2, head.width(), option.rect.bottom() - head.bottom())
        painter.drawText(body, WORDS_WRAPPED, entry.sentence)
        painter.restore()

    @property
    def _view(self) -> QListView:
        view = self.parent()
        if not isinstance(view, QListView):
            raise TypeError("the delegate belongs to a list")
        return view

    @staticmethod
    def _head(rect: QRect) -> QRect:
        return QRect(rect.left() + 6, rect.top() + 5, rect.width() - 16, theme.scaled(16))

    def _undo_box(self, rect: QRect) -> QRect:
        head = self._head(rect)
        return head.adjusted(head.width() // 2, 0, 0, 2)


def _small(font: QFont) -> QFont:
    small = QFont(font)
    small.setPixelSize(theme.scaled(11))
    return small
