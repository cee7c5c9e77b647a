"""What the tabs of an evaluation are laid out with: cards with a title, scrolled columns, movable halves."""

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QVBoxLayout, QWidget

from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label

SPACING_PX = 10


def titled_card(title: str, *parts: QWidget) -> QFrame:
    """One below the other under a heading."""
    card = QFrame()
    card.setProperty("role", "card")
    heading = plain_label(title)
    heading.setProperty("role", "heading")
    layout = QVBoxLayout(card)
    layout.setContentsMargins(12, 10, 12, 10)
    layout.setSpacing(8)
    for part in (heading, *parts):
        layout.addWidget(part)
    return card


def scrolled_column(name: str, *parts: QWidget) -> QScrollArea:
    """One below the other; `name` is for those who hear the window."""
    body = QWidget()
    body.setObjectName("scrolled")
    column = QVBoxLayout(body)
    column.setContentsMargins(0, 0, 8, 0)
    column.setSpacing(SPACING_PX)
    for part in parts:
        column.addWidget(part)
    column.addStretch(1)
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setWidget(body)
    scroll.setAccessibleName(name)
    return scroll


def split(parts: Mapping[QWidget, int], orientation: Qt.Orientation = Qt.Orientation.Horizontal) -> QSplitter:
    """Halves with a handle between them, each with its first size in pixels; the last takes what is left."""
    splitter = QSplitter(orientation)
    splitter.setChildrenCollapsible(False)
    splitter.setHandleWidth(SPACING_PX)
    for part in parts:
        splitter.addWidget(part)
    splitter.setSizes([theme.scaled(size_px) for size_px in parts.values()])
    splitter.setStretchFactor(len(parts) - 1, 1)
    return splitter


def fill(tab: QWidget, content: QWidget) -> None:
    """The whole tab is this."""
    layout = QVBoxLayout(tab)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(content)
