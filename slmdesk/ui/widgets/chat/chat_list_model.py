"""The stored chats as a Qt model: in folders and by day, or what a search has found."""

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, Qt, Signal

from slmdesk.base.words import counted
from slmdesk.store.chats import ChatSummary
from slmdesk.ui.labels import plain_tip, short_name, tr
from slmdesk.ui.widgets.chat.chat_list_rows import (
    ChatRow,
    Folds,
    Found,
    Group,
    Heading,
    HitRow,
    Note,
    Row,
    Shelved,
    found_rows,
    rows_of,
)
from slmdesk.ui.widgets.two_line_delegate import SUBTITLE_ROLE, Index

ROOT = QModelIndex()
ROW_ROLE = Qt.ItemDataRole.UserRole + 2
CHAT_MIME = "application/x-slmdesk-chat"
FILES_MIME = "text/uri-list"
_FLAG = Qt.ItemFlag
_CHOSEN = _FLAG.ItemIsEnabled | _FLAG.ItemIsSelectable


class ChatListModel(QAbstractListModel):
    """What is edited or dropped comes out as a signal: `moved` brings chats and a group, "" for none.

    `folded` tells that a group was opened or folded.
    """

    renamed = Signal(str, str)
    folder_renamed = Signal(str, str)
    moved = Signal(list, str)
    file_dropped = Signal(str)
    folded = Signal()

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._shelved = Shelved()
        self._folds = Folds()
        self._needle = ""
        self._found: Found | None = None
        self._rows: list[Row] = []

    def set_shelved(self, shelved: Shelved) -> None:
        """Show these, in the order given."""
        self._shelved = shelved
        self._rebuild()

    def set_filter(self, text: str) -> None:
        """Only chats whose title holds all the words, and what `set_found` brings; "" shows all again."""
        self._needle = text.strip()
        if not self._needle:
            self._found = None
        self._rebuild()

    def set_found(self, found: Found | None) -> None:
        """Messages that hold the words; None where none are looked for."""
        self._found = found
        self._rebuild()

    def toggle(self, group_id: str) -> None:
        """Open a folder or the archive, or fold it."""
        self._folds.toggle(group_id)
        self._rebuild()
        self.folded.emit()

    def open_group(self, group_id: str) -> None:
        if group_id not in self._folds.open_ids:
            self.toggle(group_id)

    @property
    def open_groups(self) -> Collection[str]:
        """The ids of the folders that are open, and of the archive if it is."""
        return frozenset(self._folds.open_ids)

    def set_open_groups(self, group_ids: Collection[str]) -> None:
        """Open these, and fold all others."""
        self._folds = Folds(set(group_ids))
        self._rebuild()

    @property
    def folders(self) -> Sequence[tuple[str, str]]:
        """Id and name of every folder."""
        return [(folder.id, folder.name) for folder in self._shelved.folders]

    def row_of(self, key: str) -> int:
        """The row of a chat, a group or a message that was found; -1 if it is not shown."""
        rows = enumerate(self._rows) if key else ()
        return next((row for row, each in rows if _key(each) == key), -1)

    def rows_of(self, keys: Collection[str]) -> list[int]:
        """The rows of those that are shown."""
        return [row for row, each in enumerate(self._rows) if _key(each) in keys]

    def holds(self, chat_id: str) -> bool:
        """Whether a chat is listed, be its folder open or not."""
        return self._shelved.find(chat_id) is not None

    def folder_of(self, chat_id: str) -> str:
        """The folder below which a chat stands; "" for one that is loose, pinned or in the archive."""
        chat = self._shelved.find(chat_id)
        if chat is None or chat.is_pinned or chat.is_archived:
            return ""
        return (chat.folder_id or "") if chat.folder_id in dict(self.folders) else ""

    def row(self, index: Index) -> Row | None:
        return self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None

    def key(self, index: Index) -> str:
        """What `row_of` finds again; "" for a heading."""
        row = self.row(index)
        return _key(row) if row is not None else ""

    def summary(self, index: Index) -> ChatSummary | None:
        """The chat of a row, None for any other."""
        row = self.row(index)
        return row.chat if isinstance(row, ChatRow) else None

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row(index)
        if row is None:
            return None
        if role == ROW_ROLE:
            return row
        match row:
            case ChatRow(chat):
                return _chat_data(chat, self._shelved.find(chat.branched_from or ""), role)
            case HitRow(hit):
                title = hit.chat_title or tr("New chat")
                return _told(role, title, hit.excerpt.text, f"{title}: {hit.excerpt.text}")
            case Group():
                return _group_data(row, role)
            case Heading(text) | Note(text):
                is_read = role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)
                return text if is_read else None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        row = self.row(index)
        name = str(value or "").strip()
        if role != Qt.ItemDataRole.EditRole or not name:
            return False
        match row:
            case ChatRow(chat):
                if name != chat.title:
                    self.renamed.emit(chat.id, name)
            case Group(group_id) if row.is_folder:
                if name != row.name:
                    self.folder_renamed.emit(group_id, name)
            case _:
                return False
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        match self.row(index):
            case ChatRow():
                return _CHOSEN | _FLAG.ItemIsEditable | _FLAG.ItemIsDragEnabled | _FLAG.ItemIsDropEnabled
            case Group() as group:
                return (
                    _CHOSEN
                    | _FLAG.ItemIsDropEnabled
                    | (_FLAG.ItemIsEditable if group.is_folder else _FLAG.NoItemFlags)
                )
            case HitRow() | Note(is_more=True):
                return _CHOSEN
            case None:
                return _FLAG.ItemIsDropEnabled  # below the last row
            case _:
                return _FLAG.NoItemFlags

    # drag and drop

    def mimeTypes(self) -> list[str]:
        return [CHAT_MIME, FILES_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        chats = [chat.id for index in indexes if (chat := self.summary(index))]
        data.setData(CHAT_MIME, " ".join(chats).encode())
        return data

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.CopyAction | Qt.DropAction.MoveAction

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        for url in data.urls():
            if url.isLocalFile() and Path(url.toLocalFile()).suffix.lower() == ".json":
                self.file_dropped.emit(url.toLocalFile())
                return True
        chat_ids = bytes(data.data(CHAT_MIME).data()).decode("utf-8", "replace").split()
        if chat_ids:
            self.moved.emit(chat_ids, self._group_at(parent))
        return bool(chat_ids)

    def _group_at(self, index: Index) -> str:
        match self.row(index):
            case Group(group_id):
                return group_id
            case ChatRow(chat, is_nested=True):
                return chat.folder_id or ""
            case _:
                return ""

    def _rebuild(self) -> None:
        now = datetime.now().astimezone()
        self.beginResetModel()
        if self._needle:
            self._rows = found_rows(self._shelved, self._needle, self._found, now)
        else:
            self._rows = rows_of(self._shelved, self._folds, now)
        self.endResetModel()


def subtitle(chat: ChatSummary) -> str:
    """The second line of a row: the model's own name and how long the chat is."""
    model = short_name(chat.model_ref)
    messages = counted(chat.message_count, "{count:,} message", "{count:,} messages")
    return f"{model} · {messages}" if model else messages


def _chat_data(chat: ChatSummary, origin: ChatSummary | None, role: int) -> Any:
    if role == Qt.ItemDataRole.EditRole:
        return chat.title
    title, below = chat.title or tr("New chat"), subtitle(chat)
    if origin is None:
        return _told(role, title, below, f"{title}, {below}")
    branched = tr("branched from “{0}”").format(origin.title or tr("New chat"))
    if role == Qt.ItemDataRole.ToolTipRole:
        return plain_tip(f"{title}\n{below}\n{branched}")
    return _told(role, f"↳ {title}", below, f"{title}, {branched}, {below}")


def _group_data(group: Group, role: int) -> Any:
    if role == Qt.ItemDataRole.EditRole:
        return group.name
    state = tr("open") if group.is_open else tr("folded")
    chats = counted(group.count, "{count:,} chat", "{count:,} chats")
    return _told(role, group.name, None, f"{group.name}, {chats}, {state}")


def _told(role: int, title: str, below: str | None, spoken: str) -> Any:
    match role:
        case Qt.ItemDataRole.DisplayRole:
            return title
        case Qt.ItemDataRole.AccessibleTextRole:
            return spoken
        case Qt.ItemDataRole.ToolTipRole:
            return plain_tip(title if below is None else f"{title}\n{below}")
        case _ if role == SUBTITLE_ROLE:
            return below
        case _:
            return None


def _key(row: Row) -> str:
    match row:
        case ChatRow(chat):
            return chat.id
        case Group(group_id):
            return f"group:{group_id}"
        case HitRow(hit):
            return f"message:{hit.message_id}"
        case _:
            return ""
