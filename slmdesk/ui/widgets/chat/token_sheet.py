"""The tokens of an answer as a table, for the keyboard and all that has no place in the text."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from slmdesk.base.errors import EngineError
from slmdesk.base.words import counted
from slmdesk.engines.registry import Registry
from slmdesk.engines.token_trail import PlacedToken, unpack
from slmdesk.store.messages import StoredMessage
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, plain_tip, tr
from slmdesk.ui.notify import Dialog
from slmdesk.ui.widgets.token_words import alternatives, per_cent, shown_token, sureness
from slmdesk.ui.widgets.two_line_delegate import Index

ROOT = QModelIndex()
SHEET_WIDTH_PX = 760
TABLE_HEIGHT_PX = 320


class TokenTable(QAbstractTableModel):
    """A line a token, in the order in which they were written."""

    def __init__(self, tokens: Sequence[PlacedToken], parent: Any = None) -> None:
        super().__init__(parent)
        self._tokens = tokens

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._tokens)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(_headings())

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return _headings()[section] if orientation is Qt.Orientation.Horizontal else str(section + 1)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return _cells(self._tokens[index.row()])[index.column()]
            case Qt.ItemDataRole.ToolTipRole if index.column() == len(_headings()) - 1:
                return plain_tip(_cells(self._tokens[index.row()])[-1])
            case Qt.ItemDataRole.TextAlignmentRole if index.column() == 1:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None


def show_tokens(parent: QWidget, message: StoredMessage, registry: Registry, *, is_asked: bool) -> Dialog:
    """Open the table, or say why there is none; it is not waited for.

    `is_asked` tells whether probabilities are asked for now.
    """
    tokens = unpack(message.tokens)
    dialog = Dialog(parent, tr("Token probabilities"), message.model_ref)
    words = plain_label(_summary(tokens) if tokens else _why_none(message, registry, is_asked=is_asked))
    words.setWordWrap(True)
    words.setProperty("role", "muted")
    dialog.body.addWidget(words)
    if tokens:
        dialog.setMinimumWidth(theme.scaled(SHEET_WIDTH_PX))
        dialog.body.addWidget(_table(tokens, dialog))
    dialog.add_close_button()
    dialog.open()
    return dialog


def _table(tokens: Sequence[PlacedToken], dialog: Dialog) -> QTableView:
    table = QTableView()
    table.setModel(TokenTable(tokens, table))
    table.setAccessibleName(dialog.windowTitle())
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setTabKeyNavigation(False)
    table.setShowGrid(False)
    table.setCornerButtonEnabled(False)
    table.setMinimumHeight(theme.scaled(TABLE_HEIGHT_PX))
    header = table.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    for column, width in enumerate(_WIDTHS_PX):
        table.setColumnWidth(column, max(theme.scaled(width), header.sectionSizeHint(column)))
    header.setStretchLastSection(True)
    return table


_WIDTHS_PX = (150, 110, 110)


def _headings() -> tuple[str, ...]:
    return tr("Token"), tr("Probability"), tr("The model was"), tr("It might have written")


def _cells(token: PlacedToken) -> tuple[str, ...]:
    others = " · ".join(f"{name} {chance}" for name, chance in alternatives(token))
    return shown_token(token.text), per_cent(token.probability), sureness(token.probability), others


def _summary(tokens: Sequence[PlacedToken]) -> str:
    said = counted(
        len(tokens),
        "{count:,} token, as the model weighed it before it chose. Hover over a word to see its own.",
        "{count:,} tokens, as the model weighed them before it chose. Hover over a word to see its own.",
    )
    lost = sum(not token.is_placed for token in tokens)
    if not lost:
        return said
    rest = counted(
        lost,
        "{count:,} of them has no certain place in the text and is shown here alone.",
        "{count:,} of them have no certain place in the text and are shown here alone.",
    )
    return f"{said} {rest}"


def _why_none(message: StoredMessage, registry: Registry, *, is_asked: bool) -> str:
    if refusal := probabilities_refusal(registry, message.model_ref):
        return refusal
    if not is_asked:
        return tr(
            "They were not asked for with this answer. Switch them on in the settings below the prompt: "
            "they come with the answers after it."
        )
    return tr(
        "None came with this answer. It is older than the setting, or its model or server does not give them."
    )


def probabilities_refusal(registry: Registry, model_ref: str) -> str:
    """Why this model gives none, "" if it may."""
    try:
        engine, _ = registry.resolve(model_ref)
    except EngineError:
        return ""  # asking it says what is wrong
    if engine.capabilities.logprobs:
        return ""
    return tr("{0} does not tell the probabilities of its tokens.").format(engine.label)
