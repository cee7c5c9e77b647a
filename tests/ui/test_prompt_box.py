"""The prompt box: keys, drafts, pasted and dropped things."""

import time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QInputMethodEvent
from PySide6.QtWidgets import QApplication

from slmdesk.ui.widgets.prompt.prompt_box import PromptBox
from slmdesk.ui.widgets.prompt.prompt_edit import MOST_CHARACTERS, MOST_LINES


@pytest.fixture
def box(qtbot: Any) -> PromptBox:
    box = PromptBox()
    box.resize(700, 140)
    qtbot.addWidget(box)
    box.show()
    qtbot.waitExposed(box)
    return box


def heard(signal: Any) -> list[Any]:
    """What a signal says from now on."""
    said: list[Any] = []
    signal.connect(lambda *values: said.append(values[0] if values else None))
    return said


def notice(box: PromptBox) -> str:
    return box._notice.text() if box._notice.isVisible() else ""


def test_enter_sends_and_keeps_the_text_until_it_is_safe(box: PromptBox, qtbot: Any) -> None:
    sent = heard(box.sent)
    qtbot.keyClicks(box.edit, "hello")
    qtbot.keyClick(box.edit, Qt.Key.Key_Return)
    assert sent == ["hello"]
    assert box.text() == "hello"


def test_shift_enter_starts_a_line(box: PromptBox, qtbot: Any) -> None:
    sent = heard(box.sent)
    qtbot.keyClicks(box.edit, "a")
    qtbot.keyClick(box.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(box.edit, "b")
    assert (box.text(), sent) == ("a\nb", [])


def test_enter_of_an_input_method_sends_nothing(box: PromptBox, qtbot: Any) -> None:
    sent = heard(box.sent)
    qtbot.keyClicks(box.edit, "in ")
    QApplication.sendEvent(box.edit, QInputMethodEvent("にほ", []))
    qtbot.keyClick(box.edit, Qt.Key.Key_Return)
    assert sent == []
    done = QInputMethodEvent("", [])
    done.setCommitString("日本")
    QApplication.sendEvent(box.edit, done)
    qtbot.keyClick(box.edit, Qt.Key.Key_Return)
    assert sent == ["in 日本"]


def test_nothing_is_sent_when_there_is_nothing(box: PromptBox, qtbot: Any) -> None:
    sent = heard(box.sent)
    qtbot.keyClicks(box.edit, "  ")
    qtbot.mouseClick(box.send_button, Qt.MouseButton.LeftButton)
    assert sent == []
    assert notice(box) == "Write something first."
    qtbot.keyClicks(box.edit, "x")
    assert notice(box) == ""


def test_send_becomes_stop_and_esc_stops(box: PromptBox, qtbot: Any) -> None:
    sent, stopped = heard(box.sent), heard(box.stopped)
    qtbot.keyClick(box.edit, Qt.Key.Key_Escape)
    assert stopped == []
    box.set_running(True)
    assert box.send_button.text() == "Stop"
    qtbot.keyClick(box.edit, Qt.Key.Key_Escape)
    qtbot.mouseClick(box.send_button, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(box.edit, "next")
    qtbot.keyClick(box.edit, Qt.Key.Key_Return)
    assert (len(stopped), sent) == (2, [])
    assert box.text() == "next"


def test_the_draft_is_told_while_one_types_on(box: PromptBox, qtbot: Any) -> None:
    drafts = heard(box.draft_changed)
    for letter in "abcdefghijklmnop":
        qtbot.keyClicks(box.edit, letter)
        qtbot.wait(30)
    qtbot.waitUntil(lambda: bool(drafts) and drafts[-1] == box.text())
    assert 2 <= len(drafts) <= 4


def test_a_text_shown_is_no_draft(box: PromptBox, qtbot: Any) -> None:
    drafts = heard(box.draft_changed)
    box.set_text("from the store")
    qtbot.wait(500)
    assert drafts == []


def test_a_pending_draft_can_be_told_at_once(box: PromptBox, qtbot: Any) -> None:
    drafts = heard(box.draft_changed)
    qtbot.keyClicks(box.edit, "abc")
    box.flush_draft()
    box.flush_draft()
    assert drafts == ["abc"]


def test_tokens_are_estimated_while_typing(box: PromptBox, qtbot: Any) -> None:
    assert box._tokens.text() == "0 tokens"
    qtbot.keyClicks(box.edit, "eight by")
    qtbot.waitUntil(lambda: box._tokens.text() == "~2 tokens")


def test_the_field_grows_to_eight_lines(box: PromptBox, qtbot: Any) -> None:
    one = box.edit.height()
    box.set_text("a\nb\nc")
    three = box.edit.height()
    box.set_text("\n" * 40)
    assert one < three < box.edit.height()
    assert box.edit.height() <= one + MOST_LINES * box.edit.fontMetrics().lineSpacing()
    box.clear()
    assert box.edit.height() == one


def test_a_pasted_megabyte_is_refused_with_a_sentence_and_stays_in_the_clipboard(
    box: PromptBox, qtbot: Any
) -> None:
    text = "x" * 1_000_000
    QGuiApplication.clipboard().setText(text)
    box.edit.insertPlainText("before ")
    started = time.thread_time()
    box.edit.paste()
    assert time.thread_time() - started < 0.3
    assert box.text() == "before "
    assert "1,000,000 characters" in notice(box)
    assert "still in the clipboard" in notice(box)
    assert QGuiApplication.clipboard().text() == text


@pytest.mark.parametrize("text", ["x" * MOST_CHARACTERS, "word " * (MOST_CHARACTERS // 5), "line\n" * 50_000])
def test_the_longest_paste_stays_responsive(box: PromptBox, qtbot: Any, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    started = time.thread_time()
    box.edit.paste()
    box.grab()
    assert time.thread_time() - started < 1.0
    assert box.text() == text


def test_rich_text_becomes_plain(box: PromptBox) -> None:
    data = QMimeData()
    data.setHtml("<b>bold</b> <img src='file:///etc/passwd'>")
    data.setText("bold")
    box.edit.insertFromMimeData(data)
    assert box.text() == "bold"


def drop(box: PromptBox, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    assert box.edit.canInsertFromMimeData(data)
    box.edit.insertFromMimeData(data)


def test_a_dropped_text_file_becomes_text(box: PromptBox, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_bytes("zwei\r\nZeilen ü".encode())
    drop(box, note)
    assert box.text() == "zwei\nZeilen ü"


@pytest.mark.parametrize("content", [b"\x89PNG\0\0", b"\xff\xfe\xfa\xfb"])
def test_a_dropped_binary_file_is_refused(box: PromptBox, tmp_path: Path, content: bytes) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(content)
    drop(box, picture)
    assert box.text() == ""
    assert notice(box) == "picture.png is not a text file; only text can be sent."


def test_a_dropped_folder_is_refused(box: PromptBox, tmp_path: Path) -> None:
    drop(box, tmp_path)
    assert notice(box) == f"“{tmp_path.name}” is a folder. Drop the files in it that matter."


def test_a_huge_text_file_is_refused_without_reading_it_all(box: PromptBox, tmp_path: Path) -> None:
    log = tmp_path / "huge.log"
    log.write_bytes(b"line\n" * 400_000)
    drop(box, log)
    assert box.text() == ""
    assert "Nothing was added." in notice(box)


def test_a_dropped_model_file_is_an_offer(box: PromptBox, tmp_path: Path) -> None:
    model = tmp_path / "some model.gguf"
    model.write_bytes(b"GGUF\3\0\0\0")
    offered = heard(box.model_file_dropped)
    drop(box, model)
    assert offered == [str(model)]
    assert (box.text(), notice(box)) == ("", "")


def test_every_control_has_a_name(box: PromptBox) -> None:
    assert box.edit.accessibleName() == "Message"
    assert box.send_button.accessibleName() == "Send"
    box.set_send_text("Send to 3")
    assert box.send_button.text() == "Send to 3 ⏎"
