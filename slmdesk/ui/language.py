"""The language of the window: the choice in the settings, the translators of Qt, numbers and dates."""

from collections.abc import Sequence

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from slmdesk.base.words import ENGLISH, speak, spoken
from slmdesk.config.languages import LANGUAGES, language


class _Sentences(QTranslator):
    """Gives Qt's `tr` the same table that the sentences of the core are looked up in."""

    def isEmpty(self) -> bool:
        return False

    def translate(
        self, _context: str, text: str, _disambiguation: str | None = None, _count: int = -1
    ) -> str:
        return spoken().sentences.get(text, text)


def say_as(choice: str) -> str:
    """Say sentences in the language of the setting: "system", or a name in LANGUAGES. Returns its code."""
    code = LANGUAGES.get(choice) or _system_code()
    speak(language(code))
    return code


def choose(app: QApplication, choice: str) -> None:
    """Speak the language of the setting everywhere: sentences, Qt's own dialogs, numbers and dates."""
    code = say_as(choice)
    if QLocale().language() != QLocale(code).language():
        QLocale.setDefault(QLocale(code))
    if code != ENGLISH.code:
        _install(app, code)


def _install(app: QApplication, code: str) -> None:
    """Qt asks the one that came last first; ours knows an answer to everything and comes before."""
    app.installTranslator(_Sentences(app))
    own_dialogs = QTranslator(app)  # those of Qt: "Open", "Cancel", the names of keys
    if own_dialogs.load(f"qtbase_{code}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        app.installTranslator(own_dialogs)


def _system_code() -> str:
    """The first of the user's languages that there is; a system without one of them speaks English."""
    codes = (name.partition("-")[0] for name in system_languages())
    return next((code for code in codes if code in LANGUAGES.values()), ENGLISH.code)


def system_languages() -> Sequence[str]:
    """As the system has them, the best loved first: "de-AT", "en"."""
    return QLocale.system().uiLanguages()
