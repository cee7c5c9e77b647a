"""The small round button below a prompt."""

from PySide6.QtWidgets import QPushButton, QSizePolicy


def pill(text: str, tip: str) -> QPushButton:
    """As wide as its word."""
    button = QPushButton(text)
    button.setProperty("role", "pill")
    button.setAutoDefault(False)
    button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    button.setToolTip(tip)
    return button
