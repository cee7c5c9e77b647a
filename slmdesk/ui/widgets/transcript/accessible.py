"""What a screen reader is told: the last messages as a description, and each answer when it is done."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent
from PySide6.QtWidgets import QWidget

from slmdesk.ui.widgets.transcript.layout import Column
from slmdesk.ui.widgets.transcript.message import Message

LONGEST_TEXT = 4_000


def describe(view: QWidget, column: Column) -> None:
    """Give `view` the text of its last messages as its description."""
    texts = [_spoken(message) for message in column.messages[-6:]]
    view.setAccessibleDescription("\n".join(texts)[-LONGEST_TEXT:])


def announce(view: QWidget, message: Message) -> None:
    """Read an answer out."""
    if not QAccessible.isActive():
        return
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(view, _spoken(message)[:LONGEST_TEXT]))
    QAccessible.updateAccessibility(QAccessibleEvent(view, QAccessible.Event.DescriptionChanged))


def say(view: QWidget, words: str) -> None:
    """Read out what has the focus inside `view`."""
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(view, words))


def _spoken(message: Message) -> str:
    is_user = message.role == "user"
    who = QCoreApplication.translate("BlockView", "You" if is_user else "Answer")
    text = message.plain_text() if message.is_parsed else message.source[:LONGEST_TEXT]
    return f"{who}: {text}"
