"""Colours and type: the light and dark tokens, the palette and the style sheet made from them."""

import string
from dataclasses import asdict, dataclass
from functools import cache
from typing import Literal, TypeAlias

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from slmdesk.config.paths import resources

ThemeChoice: TypeAlias = Literal["system", "light", "dark"]

BASE_PX = 13  # the text size of the design; a larger system font makes everything larger
LARGEST_PX = 26
OUR_FACE = "Inter"
LAST_RESORTS = ("DejaVu Sans", "Bitstream Vera Sans")


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of the program as #rrggbb; `on_...` is text that stands on that ground."""

    background: str
    surface: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    accent_soft: str
    on_accent: str
    good: str
    good_soft: str
    on_good_soft: str
    warn: str
    warn_soft: str
    bad: str
    bad_soft: str
    code: str
    is_dark: bool


LIGHT = Theme(
    background="#f6f7f9",
    surface="#ffffff",
    raised="#fbfbfd",
    line="#e3e6ec",
    text="#1c2330",
    muted="#667085",
    accent="#3b5bdb",
    accent_soft="#e8edff",
    on_accent="#ffffff",
    good="#1a7f5a",
    good_soft="#e2f5ec",
    on_good_soft="#187855",  # `good` itself has 4.38:1 there
    warn="#a15c07",
    warn_soft="#fdf1de",
    bad="#b42318",
    bad_soft="#fdebe9",
    code="#f3f4f8",
    is_dark=False,
)
DARK = Theme(
    background="#14171d",
    surface="#1b1f27",
    raised="#20252e",
    line="#2d333f",
    text="#e6e9ef",
    muted="#98a2b3",
    accent="#8aa2ff",
    accent_soft="#28304a",
    on_accent="#14171d",
    good="#57c99a",
    good_soft="#1d3229",
    on_good_soft="#57c99a",
    warn="#e2a14a",
    warn_soft="#372b18",
    bad="#f08a80",
    bad_soft="#3a2220",
    code="#15181f",
    is_dark=True,
)


class _Current(QObject):
    """What is in force now; a QObject so that a connection ends with its receiver."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.theme = LIGHT
        self.choice: ThemeChoice = "light"
        self.is_following = False
        self.is_system_dark = False
        self.text_percent = 100
        self.is_compact = False


_current = _Current()
changed = _current.changed


def current() -> Theme:
    """The theme in force."""
    return _current.theme


def choose(app: QApplication, choice: ThemeChoice) -> None:
    """Follow the system or keep to light or dark, from now on."""
    if not _current.is_following:
        # Read before our own palette hides what the system had.
        _current.is_system_dark = app.palette().color(QPalette.ColorRole.Window).lightness() < 128
        QGuiApplication.styleHints().colorSchemeChanged.connect(lambda _scheme: _follow(app))
        _current.is_following = True
    _current.choice = choice
    _follow(app)


def set_sizes(text_percent: int, *, is_compact: bool) -> None:
    """The text size against the system's, and tighter or wider spacing, from the next `choose` on."""
    _current.text_percent = text_percent
    _current.is_compact = is_compact


def apply(app: QApplication, theme: Theme) -> None:
    """Dress the whole program in `theme` and tell those who paint themselves."""
    _current.theme = theme
    font = app.font()
    font.setFamilies(_families())
    font.setPixelSize(base_px())
    app.setFont(font)
    app.setPalette(_palette(theme))
    app.setStyleSheet(style_sheet(theme))
    _current.changed.emit(theme)


def base_px() -> int:
    """Pixels of normal text: the design's, or the system's where that is larger, times the chosen size."""
    return round(_system_px() * _current.text_percent / 100)


@cache
def _system_px() -> int:
    system_px = QFontInfo(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)).pixelSize()
    return max(BASE_PX, min(system_px, LARGEST_PX))


def scaled(px: int) -> int:
    """A length of the design, in proportion to the text size in force."""
    return round(px * base_px() / BASE_PX)


def monospaced(px: int = BASE_PX) -> QFont:
    """The fixed-width face for figures and code; `px` as in the design."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(scaled(px))
    return font


def style_sheet(theme: Theme) -> str:
    """resources/style.qss with the tokens filled in."""
    icons = (resources() / "icons").as_posix()
    tokens = {name: str(value) for name, value in asdict(theme).items()}
    sizes = {f"px{px}": f"{scaled(px)}px" for px in range(8, 25)}
    sizes |= {f"gap{px}": f"{px // 2 if _current.is_compact else px}px" for px in range(3, 8)}
    mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()
    shade = "dark" if theme.is_dark else "light"
    template = string.Template(_template())
    return template.substitute(tokens, **sizes, mono=mono, icons=icons, shade=shade)


def _follow(app: QApplication) -> None:
    scheme = QGuiApplication.styleHints().colorScheme()
    is_dark = scheme is Qt.ColorScheme.Dark or (
        scheme is Qt.ColorScheme.Unknown and _current.is_system_dark  # offscreen and bare X11 do not say
    )
    if _current.choice != "system":
        is_dark = _current.choice == "dark"
    apply(app, DARK if is_dark else LIGHT)


@cache
def _families() -> list[str]:
    """The desktop's own face; where there is only the last resort of bare X11, ours before it."""
    system = QFontInfo(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)).family()
    if system not in LAST_RESORTS:
        return [system]
    for path in sorted((resources() / "fonts").glob("*.ttf")):
        QFontDatabase.addApplicationFont(str(path))
    return [OUR_FACE, system]


@cache
def _template() -> str:
    return (resources() / "style.qss").read_text("utf-8")


def _palette(theme: Theme) -> QPalette:
    role = QPalette.ColorRole
    colours = {
        role.Window: theme.background,
        role.WindowText: theme.text,
        role.Base: theme.surface,
        role.AlternateBase: theme.raised,
        role.Text: theme.text,
        role.PlaceholderText: theme.muted,
        role.Button: theme.surface,
        role.ButtonText: theme.text,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.Mid: theme.line,
        role.Accent: theme.accent,
    }
    palette = QPalette(QColor(theme.background))
    for key, colour in colours.items():
        palette.setColor(key, QColor(colour))
    for key in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, QColor(theme.muted))
    return palette
