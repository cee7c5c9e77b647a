"""Every word of the window can be translated, and a longer language still has room."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from slmdesk.base.words import ENGLISH, Language, speak
from slmdesk.ui.widgets.elided_button import ElidedButton
from slmdesk.ui.widgets.elided_label import ElidedLabel
from slmdesk.ui.widgets.evaluate.evaluate_face import Tab
from tests.fakes.evaluated_pane import show_answered
from tests.fakes.panes import desk_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until

UI = Path(__file__).parents[2] / "slmdesk" / "ui"
TRANSLATING = {"tr", "translate", "say", "counted", "later"}
# What these take is read by programs: names of objects and properties, files, the log.
FOR_PROGRAMS = {
    "setObjectName", "setProperty", "TypeVar", "compile", "read_text", "write_text", "encode", "decode",
    "startswith", "replace", "setStyle", "get", "warning", "error", "QColor", "TemporaryDirectory",
    "QByteArray", "open", "execute", "executemany", "info", "debug", "Literal", "field",
}  # fmt: skip
SENTENCE = re.compile(r"[A-Z][a-z]|[a-z]{2,} [a-z]|^ [a-z/]{2,}|[a-z]{2,} $")
KEYS = re.compile(r"#[0-9a-f]{6}|\\\w+\{?|(Ctrl\+)?(Shift\+)?\S|Esc|[a-z]+-[a-z-]+")
# Names, reports to programmers and the prompts of the pictures stay as they are.
KEPT = {
    "SLM Desk", "Inter", "DejaVu Sans", "Bitstream Vera Sans", "Fusion", "This plugin does not support",
    "too large", "maxNesting", "Services", "ModelPicker", "OpenAI", "Azure OpenAI",
}  # fmt: skip
NOT_THE_WINDOW = {"bug_report.py", "theme.py"}
# Nothing but "Copy" and the like is painted there; the pictures have their own texts.
PAINTED = {"transcript", "markdown", "pictures"}


def is_word(text: str) -> bool:
    return bool(SENTENCE.search(text)) and text not in KEPT and not KEYS.fullmatch(text)


def untranslated(tree: ast.AST, is_words: Callable[[str], bool] = is_word) -> Iterator[str]:
    """The texts of a module that read like words and pass through no `tr` or `say`."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) | ast.Call(func=ast.Name(id=name)):
                if name not in TRANSLATING | FOR_PROGRAMS:
                    yield from untranslated(node, is_words)
            case ast.Expr(value=ast.Constant()):
                pass  # a docstring
            case ast.Raise() if is_words is is_word:
                pass  # an error of the programmer; those of the core are read by the user
            case ast.arg() | ast.Subscript() | ast.Compare() | ast.MatchValue():
                pass  # types in quotes, keys
            case ast.AnnAssign(value=value):
                yield from untranslated(ast.Expr(value), is_words) if value is not None else ()
            case ast.Constant(value=str(text)) if is_words(text):
                yield text
            case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body):
                yield from untranslated(ast.Module(body, []), is_words)
            case _:
                yield from untranslated(node, is_words)


# The core, which says its sentences with `say`. What programs and models read is no sentence of ours.
CORE = ("base", "config", "engines", "features", "store")
SENTENCE_OF_THE_CORE = re.compile(
    r"[a-z]{2,}[,;:]? [a-z“{]|^[A-Z][a-z]+ [a-z]|[a-z]+[.?!]$|^ [a-z]+|[a-z]{2,} $"
)
KEPT_IN_THE_CORE = re.compile(
    r"(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|messages\.id|\s*WITH|\s*\(SELECT)\b.*|<.*|\{.{0,3}|"
    r".*\\[dwsS].*|.*\[.*\].*|no json|too large|lm studio|Bearer |stop |unload |"
    r"Not stated|an empty group| needs a model| bytes|SLM Desk |"
    r"GeForce | kB|pull |look at |mixture of experts moe|\[page |nothing said|has items that are the same|"
    r"(path|title|settings|message|answer) (changed|added|hidden|began|ended)",
    re.DOTALL,
)
READ_BY_PROGRAMS = {
    "export_html.py", "safe_html.py", "dialogue.py", "titles.py", "history.py", "prompt.py",
    "load_failure.py", "kinds.py", "speed_test.py",
    # what models are asked in an evaluation, the patterns that read their answers, the marks of a report
    "asking.py", "custom_prompt.py", "judge.py", "date_patterns.py", "labels.py", "number_literals.py",
    "number_units.py", "unstated.py", "charts.py", "html.py",
}  # fmt: skip


def modules_of_the_core() -> list[Path]:
    package = UI.parent
    inside = [path for name in CORE for path in (package / name).rglob("*.py")] + [package / "services.py"]
    return [
        path
        for path in sorted(inside)
        if path.name not in READ_BY_PROGRAMS and "migrations" not in path.parts
    ]


def is_sentence(text: str) -> bool:
    return bool(SENTENCE_OF_THE_CORE.search(text)) and not KEPT_IN_THE_CORE.fullmatch(text)


def modules() -> list[Path]:
    return [
        path
        for path in sorted(UI.rglob("*.py"))
        if path.name not in NOT_THE_WINDOW and not PAINTED & set(path.parts)
    ]


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.stem)
def test_no_words_stand_outside_tr(path: Path) -> None:
    assert list(untranslated(ast.parse(path.read_text("utf-8")))) == []


@pytest.mark.parametrize(
    "planted",
    [
        'label.setText("Choose a model")',
        'def f(): return "Nearly full"',
        'words = f"{n} messages"',
        'NAMES = {"a": "not yet"}',
        'button.setText("Send" if ok else self.tr("Stop"))',
    ],
)
def test_a_planted_text_is_found(planted: str) -> None:
    assert list(untranslated(ast.parse(planted)))


def named(path: Path) -> str:
    return path.relative_to(UI.parent).as_posix()


@pytest.mark.parametrize("path", modules_of_the_core(), ids=named)
def test_no_sentence_of_the_core_stands_outside_say(path: Path) -> None:
    assert list(untranslated(ast.parse(path.read_text("utf-8")), is_sentence)) == []


@pytest.mark.parametrize(
    "planted",
    [
        'raise BadInput("Choose a model first.")',
        'def f(): return f"{n} of {m} answers"',
        'words = f"{name} is not a file"',
        'raise BadInput(say("There is nothing."), next_step="Try again.")',
    ],
)
def test_a_planted_sentence_is_found(planted: str) -> None:
    assert list(untranslated(ast.parse(planted), is_sentence))


def longer_text(text: str) -> str:
    return f"⟦{text}{'·' * (len(text) // 3)}⟧"


class LongerSentences(dict[str, str]):
    """What the core says, a third longer."""

    def get(self, text: str, _default: Any = None) -> str:
        return longer_text(text)


class Longer(QTranslator):
    """A language in which every text is a third longer and stands in brackets."""

    def isEmpty(self) -> bool:
        return False

    def translate(self, _context: str, text: str, _disambiguation: Any = None, _n: int = -1) -> str:
        return longer_text(text)


@pytest.fixture
def longer(qapp: QApplication) -> Iterator[None]:
    translator = Longer()
    qapp.installTranslator(translator)
    speak(Language("longer", LongerSentences()))
    yield
    speak(ENGLISH)
    qapp.removeTranslator(translator)


def said(widget: QWidget) -> Iterator[str]:
    match widget:
        case ElidedLabel() | ElidedButton():
            yield widget.full_text
        case QLabel() | QAbstractButton():
            yield widget.text()
        case QLineEdit() | QPlainTextEdit():
            yield widget.placeholderText()
    yield widget.toolTip()
    yield widget.accessibleName()


def is_cut(button: QPushButton) -> bool:
    return button.isVisible() and button.width() < button.minimumSizeHint().width()


# What the machine, the models and the engines say of themselves.
FOREIGN = re.compile(
    r"[\W\d_]*|SLM Desk|(scripted/)?(echo|other).*|Scripted engine.*|Reports.*|"
    r"[\d.,/ %GMB]+|Ctrl K|Text|http://.*|/.*",
    re.DOTALL,
)


@pytest.mark.parametrize(
    "pane",
    ["chat", "compare", "evaluate", "evaluate results", "evaluate verdict", "models", "settings"],
)
def test_another_language_is_shown_everywhere_and_has_room(
    run_ui: Any, tmp_path: Path, longer: None, pane: str
) -> None:
    async def scenario() -> None:
        engine = ScriptedEngine({"echo": says("Text"), "other": says("Text")}, sizes={"echo": 9, "other": 9})
        async with desk_over(tmp_path, engine) as desk:
            window = desk.window
            window.resize(1280, 800)
            shown = window.open_pane(pane.split()[0])
            await until(lambda: shown.isVisible())
            if tab := pane.partition(" ")[2]:
                await show_answered(desk, shown, Tab[tab.upper()])
            for widget in window.findChildren(QWidget):
                for text in said(widget) if widget.isVisible() else ():
                    assert "⟦" in text or FOREIGN.fullmatch(text), (type(widget).__name__, text)
            await until(lambda: not any(map(is_cut, window.findChildren(QPushButton))))

    run_ui(scenario())
