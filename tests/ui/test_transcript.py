"""The transcript as a reader uses it: streaming, scrolling, marking, copying, finding, clicking."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from slmdesk.ui import theme as themes
from slmdesk.ui.widgets.markdown.formulas import shelf
from slmdesk.ui.widgets.paint_scheduler import PaintScheduler
from slmdesk.ui.widgets.transcript import BlockView
from slmdesk.ui.widgets.transcript.targets import action_targets, copy_rect, label_rect

ANSWER = """A **generator** hands out values.

```python
def count(n):
    yield n
```

1. first
2. second with [a link](https://example.org/page)

| Name | Value |
|---|---|
| a | 1 |
"""


@pytest.fixture
def view(qtbot: QtBot) -> BlockView:
    shown = BlockView(PaintScheduler())
    qtbot.addWidget(shown)
    shown.resize(600, 400)
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def settle() -> None:
    QApplication.processEvents()


def answer(view: BlockView, text: str = ANSWER, message_id: str = "a") -> None:
    view.add_message(message_id, "assistant", text)
    view.flush()
    settle()


def slot_of(view: BlockView, kind: str):
    return next(s for m in view.column.messages for s in m.answer.slots if s.block.kind == kind)


def to_view(view: BlockView, point: QPoint) -> QPoint:
    return QPoint(point.x(), point.y() - view.offset)


def stream(view: BlockView, text: str, step: int = 3) -> None:
    view.begin_answer("s")
    for at in range(0, len(text), step):
        view.append("s", text[at : at + step])
        view.flush()
    view.end_answer("s")
    settle()


def test_a_streamed_answer_ends_as_the_same_picture_as_a_loaded_one(view: BlockView, qtbot: QtBot) -> None:
    stream(view, ANSWER)
    streamed = view.grab().toImage()
    other = BlockView(PaintScheduler())
    qtbot.addWidget(other)
    other.resize(view.size())
    other.show()
    answer(other, ANSWER, "s")
    assert streamed == other.grab().toImage()


def test_while_it_streams_what_is_on_the_screen_is_what_a_full_repaint_would_show(view: BlockView) -> None:
    """Only strips are drawn: none may be forgotten."""
    view.begin_answer("s")
    text = (ANSWER + "\nMore *words* here.\n\n") * 4
    for at in range(0, len(text), 7):
        view.append("s", text[at : at + 7])
        view.flush()
        settle()
        if at % 21 == 0:
            strips = view.screen().grabWindow(view.winId()).toImage()
            view.viewport().update()
            settle()
            whole = view.screen().grabWindow(view.winId()).toImage()
            assert differing_pixels(strips, whole) <= 4, f"after {text[:at]!r}"
    assert view.is_at_end


def differing_pixels(one: QImage, other: QImage) -> int:
    """A rounded corner that was scrolled to the edge may differ by a shade."""
    if one == other:
        return 0
    places = ((x, y) for x in range(one.width()) for y in range(one.height()))
    return sum(one.pixel(x, y) != other.pixel(x, y) for x, y in places)


def test_the_first_token_is_drawn_at_once(view: BlockView) -> None:
    view.begin_answer("s")
    view.append("s", "Hello")
    assert view.column.messages[-1].answer.slots[0].sheet is not None


def test_a_hidden_view_draws_nothing_and_catches_up_when_shown(view: BlockView, qtbot: QtBot) -> None:
    view.hide()
    view.begin_answer("s")
    for _ in range(50):
        view.append("s", "word ")
    settle()
    assert not view.column.messages[-1].answer.slots
    view.show()
    qtbot.waitUntil(lambda: bool(view.column.messages[-1].answer.slots))
    assert view.plain_text() == ("word " * 50).strip()


def test_it_follows_its_end_until_the_reader_scrolls_up(view: BlockView) -> None:
    view.begin_answer("s")
    view.append("s", "line\n\n" * 60)
    view.flush()
    bar = view.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    bar.setValue(50)
    view.append("s", "more\n\n" * 40)
    view.flush()
    assert bar.value() == 50
    bar.setValue(bar.maximum())
    view.append("s", "end\n\n" * 10)
    view.flush()
    assert bar.value() == bar.maximum()


def test_what_the_reader_looks_at_stays_while_heights_above_become_known(view: BlockView) -> None:
    for number in range(60):
        text = "word " * (number * 7 % 90) + "\n\n```\ncode\ncode\n```"
        view.add_message(str(number), "assistant", text)
    view.flush()
    bar = view.verticalScrollBar()
    bar.setValue(bar.maximum())
    for _ in range(12):
        before = {
            slot: view.column.y_of(slot) - view.offset
            for message in view.column.messages_between(view.offset, view.offset + 400)
            for slot in view.column.slots_between(message, view.offset, view.offset + 400)
            if slot.sheet is not None
        }
        bar.setValue(bar.value() - 120)
        kept = [slot for slot in before if view.column.y_of(slot) - view.offset == before[slot] + 120]
        assert kept, "everything jumped"


def test_text_is_marked_with_the_mouse_over_blocks_and_messages(view: BlockView, qtbot: QtBot) -> None:
    view.add_message("u", "user", "A question?")
    answer(view, "First *block*.\n\nSecond block.")
    first, last = view.column.messages[0].answer.slots[0], view.column.messages[1].answer.slots[1]
    start = QPoint(first.section.left + 1, view.column.y_of(first) + 8)
    end = QPoint(last.section.left + 500, view.column.y_of(last) + 12)
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=to_view(view, start))
    qtbot.mouseMove(view.viewport(), to_view(view, end))
    move_with_button(view, end)
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=to_view(view, end))
    assert view.selected_text() == "A question?\n\nFirst block.\nSecond block."
    assert view.selected_markdown() == "A question?\n\nFirst *block*.\n\nSecond block."


def move_with_button(view: BlockView, point: QPoint) -> None:
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent

    where = QPointF(to_view(view, point))
    button = Qt.MouseButton.LeftButton
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        where,
        view.viewport().mapToGlobal(where),
        button,
        button,
        Qt.KeyboardModifier(0),
    )
    QApplication.sendEvent(view.viewport(), event)


def test_a_double_click_marks_a_word(view: BlockView, qtbot: QtBot) -> None:
    answer(view, "Wonderful words here")
    slot = slot_of(view, "paragraph")
    point = to_view(view, QPoint(slot.section.left + 20, view.column.y_of(slot) + 10))
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert view.selected_text() == "Wonderful"


def test_everything_can_be_copied_by_keyboard(view: BlockView, qtbot: QtBot) -> None:
    view.add_message("u", "user", "Question")
    answer(view)
    qtbot.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith(
        "Question\n\nA generator hands out values.\ndef count(n):\n    yield n\n1. first\n2. second"
    )
    assert "Name\tValue\na\t1" in copied
    view.copy_markdown()
    assert QGuiApplication.clipboard().text() == f"Question\n\n{ANSWER}"


def test_a_part_of_an_answer_is_copied_as_its_blocks(view: BlockView) -> None:
    from slmdesk.ui.widgets.transcript.selection import END, Place

    answer(view)
    section = view.column.messages[0].answer
    view.selection.select(Place(section, 1, 0), Place(section, 2, END))
    assert view.selected_markdown() == "```python\ndef count(n):\n    yield n\n```\n\n1. first"


def test_code_is_copied_by_its_button(view: BlockView, qtbot: QtBot) -> None:
    answer(view)
    rect = copy_rect(view.column, slot_of(view, "code"))
    with qtbot.waitSignal(view.code_copied):
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=to_view(view, rect.center()))
    assert QGuiApplication.clipboard().text() == "def count(n):\n    yield n"


def test_code_in_several_pieces_is_copied_whole(view: BlockView, qtbot: QtBot) -> None:
    lines = "\n".join(f"line {number}" for number in range(200))
    answer(view, f"```\n{lines}\n```")
    view.verticalScrollBar().setValue(0)
    rect = copy_rect(view.column, slot_of(view, "code"))
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=to_view(view, rect.center()))
    assert QGuiApplication.clipboard().text() == lines


def test_links_are_told_and_never_opened(view: BlockView, qtbot: QtBot) -> None:
    answer(view, "[a link to somewhere](https://example.org/page)")
    slot = slot_of(view, "paragraph")
    point = to_view(view, QPoint(slot.section.left + 20, view.column.y_of(slot) + 10))
    with qtbot.waitSignal(view.link_clicked) as told:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert told.args == ["https://example.org/page"]


def test_actions_of_the_footer_are_told(view: BlockView, qtbot: QtBot) -> None:
    answer(view, "Done.")
    view.set_footer("a", "31.4 tok/s · 188 tokens", [("copy", "Copy"), ("again", "Again")])
    settle()
    targets = action_targets(view.column, view.column.messages[0])
    assert [target.value for target in targets] == ["copy", "again"]
    with qtbot.waitSignal(view.action_clicked) as told:
        point = to_view(view, targets[1].rect.center())
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert told.args == ["a", "again"]


def test_thinking_is_open_while_it_runs_and_folds_when_the_answer_begins(view: BlockView) -> None:
    view.begin_answer("s")
    view.append("s", thinking="Let me see.")
    view.flush()
    message = view.column.messages[0]
    assert message.is_thinking_open
    view.append("s", "The answer")
    view.flush()
    assert not message.is_thinking_open
    view.set_thinking_label("s", "Thought for 3.2 s")
    assert "Let me see" not in view.plain_text()


def test_thinking_that_the_reader_opened_is_never_folded(view: BlockView, qtbot: QtBot) -> None:
    view.begin_answer("s")
    view.append("s", thinking="Let me see.")
    view.flush()
    message = view.column.messages[0]
    for is_open in (False, True):
        point = to_view(view, label_rect(view.column, message).center())
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point)
        assert message.is_thinking_open is is_open
    view.append("s", "The answer")
    view.flush()
    assert message.is_thinking_open


def test_a_status_stands_in_for_the_text_and_leaves_with_it(view: BlockView) -> None:
    view.begin_answer("s")
    view.set_status("s", "Reading the prompt…")
    message = view.column.messages[0]
    assert message.sections == [message.status]
    view.append("s", "Text")
    view.flush()
    assert message.sections == [message.answer]


def test_find_goes_forward_and_back_over_all_messages(view: BlockView) -> None:
    for number in range(30):
        view.add_message(str(number), "assistant", f"Message *num*ber {number}.\n\nThe needle {number}.")
    view.flush()
    assert view.find_text("needle") == (1, 30)
    assert view.find_text("needle") == (2, 30)
    assert view.find_text("needle", is_backward=True) == (1, 30)
    assert view.find_text("needle", is_backward=True) == (30, 30)
    assert view.find_text("number 7") == (1, 1)
    hit = view.column.messages[7].answer.slots[0]
    assert hit.sheet is not None
    assert view.offset <= view.column.y_of(hit) < view.offset + 400
    assert view.find_text("nowhere") == (0, 0)
    assert view.find_text("") == (0, 0)


def test_the_keyboard_scrolls(view: BlockView, qtbot: QtBot) -> None:
    answer(view, "line\n\n" * 200)
    bar = view.verticalScrollBar()
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert bar.value() == 0
    qtbot.keyClick(view, Qt.Key.Key_PageDown)
    page = bar.value()
    assert page > 200
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert 0 < bar.value() < page
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert bar.value() == bar.maximum()


def test_few_documents_live_however_long_the_chat_is(view: BlockView) -> None:
    for number in range(500):
        view.add_message(str(number), "assistant", ANSWER)
    view.flush()
    bar = view.verticalScrollBar()
    for value in range(bar.maximum(), 0, -bar.maximum() // 40):
        bar.setValue(value)
        settle()
    assert view.column.live_documents <= 80


def test_another_theme_and_font_are_taken_over(view: BlockView) -> None:
    answer(view)
    before = view.grab().toImage()
    view.set_theme(themes.DARK)
    settle()
    dark = view.grab().toImage()
    assert dark != before
    font = view.font()
    font.setPixelSize(26)
    height = view.column.height
    view.setFont(font)
    settle()
    assert view.column.height > 1.4 * height


def test_messages_can_be_removed_and_cleared(view: BlockView) -> None:
    for number in range(3):
        view.add_message(str(number), "user", f"text {number}")
    view.remove_message("1")
    assert view.plain_text() == "text 0\n\ntext 2"
    view.clear()
    assert view.plain_text() == ""
    assert view.column.height <= 2


def test_right_to_left_paragraphs_start_at_the_right_and_code_at_the_left(view: BlockView) -> None:
    word = "\u0645\u0631\u062d\u0628\u0627"
    answer(view, f"{word} {word}\n\n```\n{word}\n```")
    paragraph, code = slot_of(view, "paragraph"), slot_of(view, "code")
    line = paragraph.sheet.document.firstBlock()
    assert line.textDirection() == Qt.LayoutDirection.RightToLeft
    assert code.sheet.document.firstBlock().textDirection() == Qt.LayoutDirection.LeftToRight


def test_formulas_become_images_and_what_cannot_be_drawn_stays_text(view: BlockView) -> None:
    answer(view, "Good: $x^2$\n\nBad: $\\frac{a}$")
    shelf.wait()
    settle()
    good, bad = view.column.messages[0].answer.slots
    assert "\ufffc" in good.sheet.document.toPlainText()
    assert "$\\frac{a}$" in bad.sheet.document.toPlainText()
    view.select_all()
    assert view.selected_text() == "Good: $x^2$\nBad: $\\frac{a}$"


def test_what_is_read_out_is_the_text_of_the_answer(view: BlockView) -> None:
    stream(view, "The **answer** is 42.")
    assert "Answer: The answer is 42." in view.accessibleDescription()
    assert view.accessibleName()


def test_the_context_menu_offers_what_the_mouse_can_do(view: BlockView) -> None:
    answer(view)
    slot = slot_of(view, "code")
    point = to_view(view, QPoint(slot.section.left + 20, view.column.y_of(slot) + 20))
    menu = view._pointer.context_menu(point)
    labels = [action.text() for action in menu.actions() if action.text()]
    assert labels[:3] == ["Copy", "Copy as Markdown", "Copy this code"]
    menu.deleteLater()


def test_a_bare_column_has_no_card(qtbot: QtBot) -> None:
    bare = BlockView(PaintScheduler(), is_card=False, theme=themes.LIGHT)
    qtbot.addWidget(bare)
    bare.resize(300, 200)
    bare.show()
    answer(bare, "Text")
    colours = {bare.grab().toImage().pixelColor(0, y).name() for y in range(200)}
    assert colours == {themes.LIGHT.surface}


def test_an_answer_is_announced_to_a_screen_reader(view: BlockView, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(QAccessible, "updateAccessibility", told.append)
    stream(view, "Read **this**.")
    assert [event.message() for event in told if isinstance(event, QAccessibleAnnouncementEvent)] == [
        "Answer: Read this."
    ]


def test_a_very_long_message_is_taken_in_slices(view: BlockView, qtbot: QtBot) -> None:
    text = "Some words in a *paragraph* of a long text.\n\n" * 5_000
    view.add_message("a", "assistant", text)
    view.flush()
    assert view.column.messages[0].backlog
    qtbot.waitUntil(lambda: not view.column.messages[0].backlog, timeout=20_000)
    assert len(view.column.messages[0].answer.slots) == 5_000


def test_a_message_with_thinking_opens_and_folds(view: BlockView) -> None:
    view.add_message("a", "assistant", "The answer.", thinking="Thoughts *first*.")
    view.flush()
    message = view.column.messages[0]
    height = message.height
    view.toggle_thinking(message)
    assert message.height > height
    assert message.thinking.slots[0].sheet is not None
    view.toggle_thinking(message)
    assert message.height == height
