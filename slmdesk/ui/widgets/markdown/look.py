"""Fonts and formats of a message's text, made once for a theme and a font."""

from collections.abc import Callable
from functools import cached_property

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontInfo,
    QFontMetricsF,
    QPalette,
    QTextBlockFormat,
    QTextCharFormat,
    QTextListFormat,
)

from slmdesk.ui.theme import Theme, monospaced
from slmdesk.ui.widgets.markdown.blocks import Paragraph
from slmdesk.ui.widgets.markdown.runs import BOLD, CODE, ITALIC, MUTED, STRIKE

LINE_HEIGHT = 1.45
CODE_LINE_HEIGHT = 1.38
_HEADING_SIZES = {"h1": 1.46, "h2": 1.27, "h3": 1.12}
_LIST_STYLES = {
    "•": QTextListFormat.Style.ListDisc,
    "◦": QTextListFormat.Style.ListCircle,
    "▪": QTextListFormat.Style.ListSquare,
}


class Look:
    """What text looks like; `is_muted` is the paler look of thinking."""

    def __init__(self, theme: Theme, font: QFont, mono: QFont, is_muted: bool = False) -> None:
        self.theme = theme
        self.font = font
        self.mono = mono
        self.is_muted = is_muted
        self.size_px = font.pixelSize()
        self._formats: dict[tuple[int, str, str, int], QTextCharFormat] = {}
        self._blocks: dict[tuple[str, int, int, bool, bool], QTextBlockFormat] = {}

    @cached_property
    def palette(self) -> QPalette:
        made = QPalette()
        made.setColor(QPalette.ColorRole.Text, QColor(self.theme.text))
        return made

    @cached_property
    def line_px(self) -> int:
        return max(round(self.size_px * LINE_HEIGHT), round(QFontMetricsF(self.font).height()))

    @cached_property
    def code_line_px(self) -> int:
        return max(round(self.mono.pixelSize() * CODE_LINE_HEIGHT), round(QFontMetricsF(self.mono).height()))

    @cached_property
    def character_px(self) -> float:
        """Mean width of a character, to estimate heights."""
        return QFontMetricsF(self.font).averageCharWidth()

    @cached_property
    def small(self) -> QFont:
        """Of the label above thoughts."""
        font = QFont(self.font)
        font.setPixelSize(max(9, self.size_px - 1))
        return font

    @cached_property
    def fixed(self) -> QFont:
        """Of figures, actions and a code's label."""
        font = QFont(self.mono)
        font.setPixelSize(max(9, self.size_px - 2))
        return font

    @cached_property
    def fixed_px(self) -> float:
        """Width of a character of figures."""
        return QFontMetricsF(self.fixed).horizontalAdvance("m")

    @cached_property
    def indent_px(self) -> int:
        return round(self.size_px * 1.6)

    def character(
        self, style: int = 0, href: str = "", role: str = "text", quote: int = 0
    ) -> QTextCharFormat:
        """The format of a run."""
        key = (style, href, role, quote)
        if href:
            return self._made(style, href, role, quote)
        if (found := self._formats.get(key)) is None:
            found = self._formats[key] = self._made(style, href, role, quote)
        return found

    def paragraph(self, paragraph: Paragraph, is_first: bool) -> QTextBlockFormat:
        """The format of a text block."""
        key = (paragraph.role, paragraph.indent, paragraph.quote, is_first, bool(paragraph.marker))
        if (found := self._blocks.get(key)) is None:
            found = self._blocks[key] = self._made_block(paragraph, is_first)
        return found

    def list_format(self, paragraph: Paragraph) -> QTextListFormat:
        """The marker before a list item."""
        made = QTextListFormat()
        made.setIndent(paragraph.indent)
        style = _LIST_STYLES.get(paragraph.marker)
        if style is None and paragraph.marker[:-1].isdigit():
            made.setStyle(QTextListFormat.Style.ListDecimal)
            made.setStart(min(int(paragraph.marker[:-1]), 2**31 - 1))
        else:
            made.setStyle(style or QTextListFormat.Style.ListDisc)
        return made

    def _made(self, style: int, href: str, role: str, quote: int) -> QTextCharFormat:
        made = QTextCharFormat()
        theme = self.theme
        font = QFont(self.mono if style & CODE else self.font)
        if role in _HEADING_SIZES:
            font.setPixelSize(round(self.size_px * _HEADING_SIZES[role]))
        if style & BOLD or role.startswith("h"):
            font.setWeight(QFont.Weight.DemiBold)
        font.setItalic(bool(style & ITALIC))
        font.setStrikeOut(bool(style & STRIKE))
        is_muted = self.is_muted or quote or style & MUTED or role == "h6"
        made.setForeground(QColor(theme.muted if is_muted else theme.text))
        if href:
            made.setForeground(QColor(theme.accent))
            font.setUnderline(True)
            made.setAnchor(True)
            made.setAnchorHref(href)
        if style & CODE and role == "text":
            made.setBackground(QColor(theme.code))
        made.setFont(font)
        return made

    def _made_block(self, paragraph: Paragraph, is_first: bool) -> QTextBlockFormat:
        made = QTextBlockFormat()
        fixed: Callable[[int], None] = lambda px: made.setLineHeight(  # noqa: E731
            px, QTextBlockFormat.LineHeightTypes.MinimumHeight.value
        )
        fixed(self.code_line_px if paragraph.role == "code" else self.line_px)
        gap = self.size_px // 4 if paragraph.indent else self.size_px // 2
        is_joined = is_first or paragraph.role == "code"
        made.setTopMargin(0 if is_joined else gap)
        if paragraph.indent and not paragraph.marker:
            made.setIndent(paragraph.indent)
        if paragraph.quote:
            made.setLeftMargin(self.size_px * max(0, paragraph.quote - 1))
        if paragraph.role == "code":
            made.setBackground(QColor(self.theme.code))
            made.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        if paragraph.role == "formula":
            made.setAlignment(Qt.AlignmentFlag.AlignLeft)
        return made


def looks_of(theme: Theme, font: QFont) -> tuple[Look, Look]:
    """The look of answers, and the paler one of thinking, in a widget's font."""
    font = QFont(font)
    if font.pixelSize() <= 0:
        font.setPixelSize(QFontInfo(font).pixelSize())
    mono = monospaced(12)
    mono.setPixelSize(max(9, font.pixelSize() - 1))
    return Look(theme, font, mono), Look(theme, font, mono, is_muted=True)
