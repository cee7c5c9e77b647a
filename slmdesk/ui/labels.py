"""Text on the screen: words outside a QObject, foreign text shown as it is, names made short."""

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, Qt
from PySide6.QtWidgets import QLabel, QWidget


def tr(text: str) -> str:
    """Translate a text that is not said by a QObject, which has a `tr` of its own."""
    return QCoreApplication.translate("words", text)


def moment(unix_s: float, form: str) -> str:
    """A date or a time in the language of the window; `form` as QDateTime reads it: "dd MMM hh:mm"."""
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(int(unix_s)), form)


def plain_label(text: str = "", parent: QWidget | None = None) -> QLabel:
    """A label that never reads its text as HTML; for every text that is not our own."""
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def small_label(text: str = "") -> QLabel:
    """An explanation below what it explains: small, and on as many lines as it needs."""
    label = plain_label(text)
    label.setProperty("role", "small")
    label.setWordWrap(True)
    return label


def short_name(ref: str) -> str:
    """`ollama/hf.co/maker/Model-GGUF:Q4` as `Model-GGUF:Q4`."""
    return ref.rsplit("/", 1)[-1]


def plain_tip(text: str) -> str:
    """A tool tip is read as HTML when it looks like it: foreign text must not."""
    return text.replace("<", "‹").replace(">", "›")


def plain_button_text(text: str) -> str:
    """A button reads "&" as the mark of its shortcut."""
    return text.replace("&", "&&")
