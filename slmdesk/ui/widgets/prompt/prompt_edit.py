"""The text field of the prompt box: grows with its text, takes plain text only, sends with Enter."""

from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QInputMethodEvent, QKeyEvent, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from slmdesk.base.words import number

MOST_LINES = 8
# What a field can hold and still answer every key at once; a small model's context is far shorter.
MOST_CHARACTERS = 256 * 1024
# Breaking a line anywhere costs the square of a word's length: 256 KiB without a space take four seconds.
LONGEST_WRAPPED_WORD = 16 * 1024
GGUF_MAGIC = b"GGUF"


class PromptEdit(QPlainTextEdit):
    """Enter sends, Shift+Enter starts a line, Esc stops; refusals come as a sentence.

    Where it `takes_attachments`, files, pictures and what is too long are offered instead, and a web
    address that stands alone is offered beside being inserted.
    """

    send_pressed = Signal()
    stop_pressed = Signal()
    refused = Signal(str)
    model_file_dropped = Signal(str)
    file_offered = Signal(str)
    text_offered = Signal(str)
    picture_offered = Signal(object)
    address_offered = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, takes_attachments: bool = False) -> None:
        super().__init__(parent)
        self._takes_attachments = takes_attachments
        self._is_composing = False
        self.setProperty("role", "bare")
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self._fit_height())
        self._fit_height()

    def set_text(self, text: str) -> None:
        """Replace the text; the cursor goes to its end."""
        self._choose_wrapping(text)
        self.setPlainText(text)
        cursor = self.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        self.setTextCursor(cursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        is_shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() == Qt.Key.Key_Escape:
            self.stop_pressed.emit()
        elif is_enter and self._is_composing:
            event.ignore()  # this Enter belongs to the input method
        elif is_enter and not is_shifted:
            self.send_pressed.emit()
        elif is_enter:
            self.insertPlainText("\n")
            self.ensureCursorVisible()
        else:
            super().keyPressEvent(event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._is_composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasText() or source.hasUrls() or (self._takes_attachments and source.hasImage())

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Rich text becomes plain, a text file its text, a model file an offer."""
        paths = [Path(url.toLocalFile()) for url in source.urls() if url.isLocalFile()]
        if paths:
            for path in paths:
                self._take_file(path)
            return
        text = source.text()
        if self._takes_attachments and source.hasImage() and not text.strip():
            self.picture_offered.emit(source.imageData())
            return
        if self._takes_attachments and len(self.toPlainText()) + len(text) > MOST_CHARACTERS:
            self.text_offered.emit(text)
            return
        is_alone = not self.toPlainText().strip() and _is_address(text)
        self.insert_text(text, self.tr("It is still in the clipboard."))
        if self._takes_attachments and is_alone:
            self.address_offered.emit(text.strip())

    def insert_text(self, text: str, kept_where: str) -> None:
        """Insert at the cursor, or say why not; `kept_where` tells where the text still is."""
        whole = len(self.toPlainText()) + len(text)
        if whole > MOST_CHARACTERS:
            self.refused.emit(
                self.tr("That is too long: {0} characters, and a message takes {1}. {2}").format(
                    number(len(text)), number(MOST_CHARACTERS), kept_where
                )
            )
            return
        self._choose_wrapping(text)
        self.insertPlainText(text)
        self.ensureCursorVisible()

    def _take_file(self, path: Path) -> None:
        if path.is_dir():
            words = self.tr("“{0}” is a folder. Drop the files in it that matter.")
            self.refused.emit(words.format(path.name))
            return
        if not path.is_file():  # a pipe would never end
            self.refused.emit(self.tr("{0} is not a file.").format(path.name))
            return
        try:
            with path.open("rb") as file:
                content = file.read(len(GGUF_MAGIC) if self._takes_attachments else MOST_CHARACTERS * 4 + 1)
        except OSError as error:
            self.refused.emit(
                self.tr("{0} cannot be read: {1}.").format(
                    path.name, error.strerror or self.tr("unknown reason")
                )
            )
            return
        if content.startswith(GGUF_MAGIC):
            self.model_file_dropped.emit(str(path))
            return
        if self._takes_attachments:
            self.file_offered.emit(str(path))
            return
        text = _decoded(content)
        if text is None:
            self.refused.emit(self.tr("{0} is not a text file; only text can be sent.").format(path.name))
            return
        self.insert_text(text, self.tr("Nothing was added."))

    def _choose_wrapping(self, text: str) -> None:
        is_long = (
            len(text) > LONGEST_WRAPPED_WORD and max(map(len, text.split()), default=0) > LONGEST_WRAPPED_WORD
        )
        mode = QTextOption.WrapMode
        self.setWordWrapMode(mode.NoWrap if is_long else mode.WrapAtWordBoundaryOrAnywhere)

    def _fit_height(self) -> None:
        # A plain text document measures its height in lines, wrapped ones included.
        lines = min(max(round(self.document().size().height()), 1), MOST_LINES)
        margins = self.contentsMargins()
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + margins.top() + margins.bottom() + 4)


def _is_address(text: str) -> bool:
    """One web address and nothing else."""
    words = text.split()
    return len(words) == 1 and words[0].lower().startswith(("http://", "https://"))


def _decoded(content: bytes) -> str | None:
    """The text of a file, None if it is binary."""
    if b"\0" in content:
        return None
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None
