"""A bug becomes one dialog with a report, and the report holds no key."""

import pytest
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from slmdesk.ui import notify
from slmdesk.ui.bug_report import BugReports, redacted, report_text

CANARY = "c4nary5ecretc4nary5ecret"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {CANARY}",
        f"b'authorization', b'Bearer {CANARY}'",
        f"Illegal header value b'Bearer {CANARY}'",
        f"api_key='{CANARY}'",
        f"API-Key: {CANARY}",
        f"the key sk-{CANARY} was refused",
        f"hf_{CANARY}",
        f"http://me:{CANARY}@host/v1",
    ],
)
def test_keys_and_logins_are_left_out(text: str) -> None:
    assert CANARY not in redacted(text)


def test_the_home_folder_is_not_named(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert redacted(f'File "{tmp_path}/slmdesk/x.py"') == 'File "~/slmdesk/x.py"'


def test_the_report_says_where_and_how(monkeypatch) -> None:
    try:
        raise ZeroDivisionError("no reason")
    except ZeroDivisionError as error:
        text = report_text("chat:1", error)
    assert "chat:1" in text
    assert "ZeroDivisionError: no reason" in text
    assert "Python 3." in text


@pytest.mark.warns_ok
def test_many_bugs_show_one_dialog(qtbot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    reports = BugReports(window)
    reports.attach(window)
    for number in range(5):
        reports.show("job", ValueError(f"bug {number}"))
    dialogs = window.findChildren(notify.Dialog)
    assert len(dialogs) == 1
    assert "bug 0" in dialogs[0].findChild(QPlainTextEdit).toPlainText()
    dialogs[0].accept()
    reports.show("job", ValueError("bug 9"))
    assert "bug 9" in window.findChildren(notify.Dialog)[-1].findChild(QPlainTextEdit).toPlainText()
