"""The stored chats as a Qt model: filtered by title, with a heading before each day's group."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt, Signal

from slmdesk.store.chats import ChatSummary
from slmdesk.ui.labels import plain_tip, short_name, tr
from slmdesk.ui.widgets.two_line_delegate import SUBTITLE_ROLE, Index

Row: TypeAlias = ChatSummary | str

ROOT = QModelIndex()


class ChatListModel(QAbstractListModel):
    """Rows are chats, newest first, and headings; a rename comes out as `renamed`."""

    renamed = Signal(str, str)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._chats: Sequence[ChatSummary] = ()
        self._needle = ""
        self._rows: list[Row] = []

    def set_chats(self, chats: Sequence[ChatSummary]) -> None:
        """Show these, in the order given."""
        self._chats = chats
        self._rebuild()

    def set_filter(self, text: str) -> None:
        """Only chats whose title holds all the words."""
        self._needle = text
        self._rebuild()

    def row_of(self, chat_id: str) -> int:
        """The row of a chat, -1 if it is not shown."""
        return next(
            (row for row, each in enumerate(self._rows) if not isinstance(each, str) and each.id == chat_id),
            -1,
        )

    def summary(self, index: Index) -> ChatSummary | None:
        """The chat of a row, None for a heading."""
        row = self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None
        return None if isinstance(row, str) else row

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        if isinstance(row, str):
            return row if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole) else None
        if role == SUBTITLE_ROLE:
            return subtitle(row)
        if role == Qt.ItemDataRole.EditRole:
            return row.title
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title or tr("New chat")
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(f"{row.title or tr('New chat')}\n{subtitle(row)}")
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.title or tr('New chat')}, {subtitle(row)}"
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        chat = self.summary(index)
        title = str(value or "").strip()
        if chat is None or role != Qt.ItemDataRole.EditRole or not title:
            return False
        if title != chat.title:
            self.renamed.emit(chat.id, title)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.summary(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable

    def _rebuild(self) -> None:
        self.beginResetModel()
        words = self._needle.casefold().split()
        wanted = [chat for chat in self._chats if all(word in chat.title.casefold() for word in words)]
        self._rows = list(_with_headings(wanted, datetime.now().astimezone()))
        if words and not wanted:
            self._rows = [tr("No chat has these words.")]
        self.endResetModel()


def subtitle(chat: ChatSummary) -> str:
    """The second line of a row: the model's own name and how long the chat is."""
    model = short_name(chat.model_ref)
    words = tr("{0} message") if chat.message_count == 1 else tr("{0} messages")
    messages = words.format(f"{chat.message_count:,}")
    return f"{model} · {messages}" if model else messages


def group_of(updated_at: float, now: datetime) -> str:
    """The heading under which a chat of that time stands."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if updated_at >= midnight.timestamp():
        return tr("Today")
    is_yesterday = updated_at >= (midnight - timedelta(days=1)).timestamp()
    return tr("Yesterday") if is_yesterday else tr("Earlier")


def _with_headings(chats: Sequence[ChatSummary], now: datetime) -> Iterator[Row]:
    last, earlier = "", tr("Earlier")
    for chat in chats:
        heading = earlier if last == earlier else group_of(chat.updated_at, now)
        if heading != last:
            yield heading
            last = heading
        yield chat
