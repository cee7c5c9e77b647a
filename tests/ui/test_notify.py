"""What the program says and asks, and the one door through which a link leaves it."""

import asyncio

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFrame, QLabel, QPlainTextEdit, QPushButton, QWidget

from slmdesk.ui import notify


@pytest.fixture
def window(qtbot) -> QWidget:
    window = QWidget()
    window.resize(800, 500)
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def opened(monkeypatch) -> list[QUrl]:
    links: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", links.append)
    return links


def dialog_of(window: QWidget) -> notify.Dialog:
    return window.findChildren(notify.Dialog)[-1]


def button(parent: QWidget, text: str) -> QPushButton:
    return next(one for one in parent.findChildren(QPushButton) if one.text() == text)


def words(parent: QWidget) -> str:
    texts = [label.text() for label in parent.findChildren(QLabel)]
    return "\n".join([*texts, *(view.toPlainText() for view in parent.findChildren(QPlainTextEdit))])


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "smb://host/share",
        "slm:x",
        "",
        "http:// x",
    ],
)
def test_other_schemes_never_leave_the_program(window, opened, qtbot, url: str) -> None:
    notify.open_link(window, url)
    dialog = dialog_of(window)
    assert [one.text() for one in dialog.findChildren(QPushButton)] == ["Close"]
    qtbot.mouseClick(button(dialog, "Close"), Qt.MouseButton.LeftButton)
    assert opened == []


def test_a_link_is_opened_only_after_its_host_was_shown(window, opened, qtbot) -> None:
    notify.open_link(window, "https://good.example@evil.example/path")
    dialog = dialog_of(window)
    assert opened == []
    assert "\nevil.example\n" in words(dialog)
    qtbot.mouseClick(button(dialog, "Open"), Qt.MouseButton.LeftButton)
    assert [link.host() for link in opened] == ["evil.example"]


def test_a_host_in_look_alike_letters_is_shown_in_ascii(window, opened) -> None:
    notify.open_link(window, "https://exаmple.com/")  # the third letter is Cyrillic
    assert "xn--" in words(dialog_of(window))


def test_cancel_keeps_the_link_closed(window, opened, qtbot) -> None:
    notify.open_link(window, "mailto:someone@example.org")
    dialog = dialog_of(window)
    assert "someone@example.org" in words(dialog)
    qtbot.mouseClick(button(dialog, "Cancel"), Qt.MouseButton.LeftButton)
    assert opened == []


def test_a_toast_undoes_and_goes(window, qtbot) -> None:
    undone: list[bool] = []
    notify.toast(window, "Chat deleted.", action="Undo", callback=lambda: undone.append(True))
    toast = window.findChild(QWidget, "toast")
    qtbot.mouseClick(button(toast, "Undo"), Qt.MouseButton.LeftButton)
    assert undone == [True]
    assert toast.isHidden()


def test_a_second_toast_takes_the_place_of_the_first(window) -> None:
    notify.toast(window, "one")
    notify.toast(window, "two")
    shown = [toast for toast in window.findChildren(QWidget, "toast") if not toast.isHidden()]
    assert ["two" in words(toast) for toast in shown] == [True]


def test_a_toast_stays_at_the_foot_when_the_window_grows(window) -> None:
    notify.toast(window, "one")
    toast = window.findChild(QWidget, "toast")
    window.resize(1200, 900)
    assert toast.y() > 700


def test_foreign_text_is_never_read_as_html(window) -> None:
    notify.tell(window, "<b>title</b>", "<img src='/dev/zero'>", "<a href='x'>y</a>")
    formats = {label.textFormat() for label in dialog_of(window).findChildren(QLabel)}
    assert formats == {Qt.TextFormat.PlainText}


def test_a_question_is_answered_without_a_nested_loop(window, run_ui, qtbot) -> None:
    async def scenario() -> None:
        asking = asyncio.ensure_future(notify.ask(window, "Remove?", "It is gone then.", "Remove"))
        await asyncio.sleep(0)
        qtbot.mouseClick(button(dialog_of(window), "Remove"), Qt.MouseButton.LeftButton)
        assert await asking is True

    run_ui(scenario())


def test_a_cancelled_question_takes_its_dialog_along(window, run_ui) -> None:
    async def scenario() -> None:
        asking = asyncio.ensure_future(notify.ask(window, "Remove?", "It is gone then.", "Remove"))
        await asyncio.sleep(0)
        assert dialog_of(window).isVisible()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert [one for one in window.findChildren(notify.Dialog) if one.isVisible()] == []

    run_ui(scenario())


def test_a_report_can_be_copied(window, qtbot) -> None:
    dialog = notify.report(window, "Wrong", "A bug.", "the way to it")
    qtbot.mouseClick(button(dialog, "Copy report"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "the way to it"


def test_what_a_toast_said_is_heard_by_the_log(qtbot) -> None:
    heard: list[tuple[str, notify.Offer | None]] = []
    leave = notify.said.subscribe(heard.append)
    window = QWidget()
    qtbot.addWidget(window)
    notify.toast(window, "The chat was deleted.")
    undone: list[str] = []
    notify.toast(window, "Run deleted.", action="Undo", callback=lambda: undone.append("run"))
    leave()
    assert [sentence for sentence, _offer in heard] == ["The chat was deleted.", "Run deleted."]
    offer = heard[1][1]
    assert heard[0][1] is None
    assert offer is not None
    offer.take()
    offer.take()
    assert undone == ["run"]
    assert not offer.is_open


def test_a_long_toast_wraps_and_stays_in_the_window(qtbot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1000, 700)
    window.show()
    notify.toast(window, "What came is no model file that can be used, and its last bytes are missing. " * 4)
    toast = next(one for one in window.findChildren(QFrame, "toast") if one.isVisible())
    assert toast.width() <= 800
    assert window.rect().contains(toast.geometry())
