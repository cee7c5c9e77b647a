"""Every word of the window can be translated, and a longer language still has room."""

import ast
import re
from collections.abc import Iterator
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

from slmdesk.ui.widgets.elided_button import ElidedButton
from slmdesk.ui.widgets.elided_label import ElidedLabel
from tests.fakes.panes import desk_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until

UI = Path(__file__).parents[2] / "slmdesk" / "ui"
TRANSLATING = {"tr", "translate"}
# What these take is read by programs: names of objects and properties, files, the log.
FOR_PROGRAMS = {
    "setObjectName", "setProperty", "TypeVar", "compile", "read_text", "write_text", "encode", "decode",
    "startswith", "replace", "setStyle", "get", "warning", "error", "QColor", "TemporaryDirectory",
    "QByteArray", "open",
}  # fmt: skip
SENTENCE = re.compile(r"[A-Z][a-z]|[a-z]{2,} [a-z]|^ [a-z/]{2,}|[a-z]{2,} $")
KEYS = re.compile(r"#[0-9a-f]{6}|\\\w+\{?|(Ctrl\+)?(Shift\+)?\S|Esc|[a-z]+-[a-z-]+")
# Names, reports to programmers and the prompts of the pictures stay as they are.
KEPT = {
    "SLM Desk", "Inter", "DejaVu Sans", "Bitstream Vera Sans", "Fusion", "This plugin does not support",
    "too large", "maxNesting", "Services", "ModelPicker",
}  # fmt: skip
NOT_THE_WINDOW = {"bug_report.py", "pictures.py", "theme.py"}
PAINTED = {"transcript", "markdown"}  # nothing but "Copy" and the like is written there


def untranslated(tree: ast.AST) -> Iterator[str]:
    """The texts of a module that read like words and pass through no `tr`."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) | ast.Call(func=ast.Name(id=name)):
                if name not in TRANSLATING | FOR_PROGRAMS:
                    yield from untranslated(node)
            case ast.Expr(value=ast.Constant()) | ast.Raise():
                pass  # a docstring, an error of the programmer
            case ast.arg() | ast.Subscript() | ast.Compare() | ast.MatchValue():
                pass  # types in quotes, keys
            case ast.AnnAssign(value=value):
                yield from untranslated(ast.Expr(value)) if value is not None else ()
            case ast.Constant(value=str(text)) if SENTENCE.search(text) and text not in KEPT:
                if not KEYS.fullmatch(text):
                    yield text
            case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body):
                yield from untranslated(ast.Module(body, []))
            case _:
                yield from untranslated(node)


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


class Longer(QTranslator):
    """A language in which every text is a third longer and stands in brackets."""

    def isEmpty(self) -> bool:
        return False

    def translate(self, _context: str, text: str, _disambiguation: Any = None, _n: int = -1) -> str:
        return f"⟦{text}{'·' * (len(text) // 3)}⟧"


@pytest.fixture
def longer(qapp: QApplication) -> Iterator[None]:
    translator = Longer()
    qapp.installTranslator(translator)
    yield
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


# What the machine, the models and the engines say of themselves, and the texts of the core,
# which knows no Qt: fits, plans, errors, the figures below an answer.
FOREIGN = re.compile(
    r"[\W\d_]*|SLM Desk|(scripted/)?(echo|other).*|Scripted engine.*|fits.*|Weights .*|.*fit together.*|"
    r"[\d.,/ %GMB]+|Ctrl K|Text|http://.*|/.*",
    re.DOTALL,
)


@pytest.mark.parametrize("pane", ["chat", "compare", "settings"])
def test_another_language_is_shown_everywhere_and_has_room(
    run_ui: Any, tmp_path: Path, longer: None, pane: str
) -> None:
    async def scenario() -> None:
        engine = ScriptedEngine({"echo": says("Text"), "other": says("Text")}, sizes={"echo": 9, "other": 9})
        async with desk_over(tmp_path, engine) as desk:
            window = desk.window
            window.resize(1280, 800)
            shown = window.open_pane(pane)
            await until(lambda: shown.isVisible())
            for widget in window.findChildren(QWidget):
                for text in said(widget) if widget.isVisible() else ():
                    assert "⟦" in text or FOREIGN.fullmatch(text), (type(widget).__name__, text)
            await until(lambda: not any(map(is_cut, window.findChildren(QPushButton))))

    run_ui(scenario())
