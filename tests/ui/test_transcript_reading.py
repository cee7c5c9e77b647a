"""The transcript under a reader's hands: marking, keys, clicks in a row, and the place that is kept."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTranslator
from PySide6.QtGui import QGuiApplication, QImage, QMouseEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from slmdesk.ui import theme as themes
from slmdesk.ui.widgets.markdown import formulas
from slmdesk.ui.widgets.markdown.formulas import shelf
from slmdesk.ui.widgets.paint_scheduler import PaintScheduler
from slmdesk.ui.widgets.transcript import BlockView
from slmdesk.ui.widgets.transcript.layout import LIVE_SHEETS, SPARE_SHEETS, Column
from slmdesk.ui.widgets.transcript.message import Slot
from slmdesk.ui.widgets.transcript.selection import Place
from slmdesk.ui.widgets.transcript.targets import action_targets, copy_rect, label_rect, targets_between

LEFT = Qt.MouseButton.LeftButton


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


def answer(view: BlockView, text: str, message_id: str = "a") -> None:
    view.add_message(message_id, "assistant", text)
    view.flush()
    settle()


def slots(view: BlockView) -> Iterator[Slot]:
    return (slot for message in view.column.messages for slot in message.answer.slots)


def point_in(view: BlockView, slot: Slot, x: int = 20, y: int = 10) -> QPoint:
    return QPoint(slot.section.left + x, view.column.y_of(slot) + y - view.offset)


def drag(view: BlockView, point: QPoint) -> None:
    """The mouse moves with its button down."""
    where = QPointF(point)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        where,
        view.viewport().mapToGlobal(where),
        LEFT,
        LEFT,
        Qt.KeyboardModifier(0),
    )
    QApplication.sendEvent(view.viewport(), event)


def double_click(view: BlockView, qtbot: QtBot, point: QPoint) -> None:
    """Two clicks as a window system sends them."""
    qtbot.mouseClick(view.viewport(), LEFT, pos=point)
    qtbot.mouseDClick(view.viewport(), LEFT, pos=point)
    qtbot.mouseRelease(view.viewport(), LEFT, pos=point)


def test_a_third_click_marks_the_paragraph(view: BlockView, qtbot: QtBot) -> None:
    answer(view, "First paragraph of words.\n\nAnother one.")
    point = point_in(view, next(slots(view)))
    double_click(view, qtbot, point)
    assert view.selected_text() == "First"
    qtbot.mouseClick(view.viewport(), LEFT, pos=point)
    assert view.selected_text() == "First paragraph of words."


def test_a_click_with_shift_extends_what_is_marked_and_opens_no_link(view: BlockView, qtbot: QtBot) -> None:
    answer(view, "Some words.\n\n[a link to somewhere](https://example.org)")
    first, last = slots(view)
    told: list[str] = []
    view.link_clicked.connect(told.append)
    qtbot.mouseClick(view.viewport(), LEFT, pos=point_in(view, first, x=0))
    qtbot.mouseClick(view.viewport(), LEFT, Qt.KeyboardModifier.ShiftModifier, pos=point_in(view, last, x=60))
    assert view.selected_text().startswith("Some words.\na li")
    assert told == []


def test_a_double_click_on_a_link_tells_it_once(view: BlockView, qtbot: QtBot) -> None:
    answer(view, "[a link to somewhere](https://example.org)")
    told: list[str] = []
    view.link_clicked.connect(told.append)
    point = point_in(view, next(slots(view)))
    double_click(view, qtbot, point)
    assert told == ["https://example.org"]


def test_quick_clicks_on_an_action_all_count(view: BlockView, qtbot: QtBot) -> None:
    answer(view, "Done.")
    view.set_footer("a", "188 tokens", [("next", "next"), ("again", "Again")])
    told: list[str] = []
    view.action_clicked.connect(lambda _message, action: told.append(action))
    point = action_targets(view.column, view.column.messages[0])[0].rect.center()
    double_click(view, qtbot, point)
    assert told == ["next", "next"]


def test_a_drag_beyond_an_edge_scrolls_and_marks_to_the_end(view: BlockView, qtbot: QtBot) -> None:
    answer(view, "\n\n".join(f"Paragraph {number}." for number in range(60)))
    view.verticalScrollBar().setValue(0)
    qtbot.mousePress(view.viewport(), LEFT, pos=point_in(view, next(slots(view)), x=0))
    drag(view, QPoint(5, 700))
    bar = view.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.value() == bar.maximum())
    qtbot.waitUntil(lambda: view.selected_text().endswith("Paragraph 59."))
    drag(view, QPoint(500, -200))
    qtbot.waitUntil(lambda: bar.value() == 0)
    qtbot.waitUntil(lambda: not view.selected_text())
    qtbot.mouseRelease(view.viewport(), LEFT, pos=QPoint(500, -200))


def test_a_formula_in_a_marked_part_is_copied_as_itself(view: BlockView, qtbot: QtBot) -> None:
    answer(view, "First $x^2$ then $y^3$ end.\n\n| a |\n|---|\n| $z^4$ here |")
    shelf.wait()
    settle()
    line, table = slots(view)
    assert line.sheet is not None
    start = line.sheet.document.toPlainText().index("then")
    view.selection.select(Place(line.section, 0, start), Place(line.section, 0, start + 9))
    assert view.selected_text() == "then $y^3$ en"
    assert table.sheet is not None
    qtbot.waitUntil(lambda: "\ufffc" in table.sheet.document.toPlainText())
    start = table.sheet.document.toPlainText().index("\ufffc")
    view.selection.select(Place(table.section, 1, start), Place(table.section, 1, start + 4))
    assert view.selected_text() == "$z^4$ he"


def reading(view: BlockView) -> tuple[Slot, int]:
    """A long chat, scrolled to its middle: a block in view and its place on the screen."""
    for number in range(40):
        text = "words of a paragraph that wraps " * (number * 7 % 20 + 1) + "\n\n```\ncode\ncode\n```"
        view.add_message(str(number), "assistant", text)
    view.flush()
    view.scroll_to_end()
    view.verticalScrollBar().setValue(view.column.height // 2)
    settle()
    message = next(m for m in view.column.messages_between(view.offset, view.offset + 400))
    found = view.column.slots_between(message, view.offset, view.offset + 400)
    slot = next((s for s in found if view.column.y_of(s) >= view.offset), None)
    if slot is None:
        follower = view.column.messages[message.index + 1]
        slot = follower.answer.slots[0]
    return slot, view.column.y_of(slot) - view.offset


@pytest.mark.parametrize("what", ["narrower", "wider", "theme", "font"])
def test_the_reader_s_place_is_kept_when_all_is_laid_out_again(view: BlockView, what: str) -> None:
    slot, place = reading(view)
    if what == "theme":
        view.set_theme(themes.DARK)
    elif what == "font":
        font = view.font()
        font.setPixelSize(20)
        view.setFont(font)
    else:
        view.resize(420 if what == "narrower" else 900, 400)
    settle()
    assert slot.sheet is not None, "it is no longer in view"
    assert abs(view.column.y_of(slot) - view.offset - place) <= 2


def test_the_label_stays_under_the_mouse_when_thoughts_unfold(view: BlockView, qtbot: QtBot) -> None:
    for number in range(8):
        thoughts = "A thought that takes room and wraps over lines. " * 30
        view.add_message(str(number), "assistant", "The answer.\n\nAnd more of it.", thinking=thoughts)
    view.flush()
    settle()
    message = view.column.messages[6]
    rect = label_rect(view.column, message)
    for _click in range(3):
        point = QPoint(rect.center().x(), rect.center().y() - view.offset)
        qtbot.mouseClick(view.viewport(), LEFT, pos=point)
        settle()
        rect = label_rect(view.column, message)
        assert rect.center().y() - view.offset == point.y()


def test_thoughts_do_not_fold_under_the_eyes_of_who_reads_them(view: BlockView) -> None:
    view.begin_answer("s")
    view.append("s", thinking="A thought.\n\n" * 60)
    view.flush()
    view.verticalScrollBar().setValue(100)
    view.append("s", "The answer")
    view.flush()
    assert view.column.messages[0].is_thinking_open
    assert view.offset == 100


def test_a_table_that_streamed_looks_like_one_that_was_loaded(view: BlockView, qtbot: QtBot) -> None:
    rows = "".join(f"| {n} | {'a long description of this row ' * (n % 3 + 1)} | x |\n" for n in range(24))
    text = f"| n | d | A header that is long |\n|---|---|---|\n{rows}\nEnd."
    view.begin_answer("s")
    for at in range(0, len(text), 5):
        view.append("s", text[at : at + 5])
        view.flush()
    view.end_answer("s")
    other = BlockView(PaintScheduler())
    qtbot.addWidget(other)
    other.resize(view.size())
    other.show()
    answer(other, text, "s")
    settle()
    assert view.column.height == other.column.height
    view.verticalScrollBar().setValue(0)
    other.verticalScrollBar().setValue(0)
    settle()
    assert view.grab().toImage() == other.grab().toImage()


def tab(view: QWidget, qtbot: QtBot, is_back: bool = False) -> None:
    qtbot.keyClick(view, Qt.Key.Key_Backtab if is_back else Qt.Key.Key_Tab)
    settle()


@pytest.fixture
def between(qtbot: QtBot) -> Iterator[tuple[BlockView, QLineEdit, QLineEdit]]:
    """A view between two fields."""
    window = QWidget()
    qtbot.addWidget(window)
    view, before, after = BlockView(PaintScheduler()), QLineEdit(), QLineEdit()
    column = QVBoxLayout(window)
    for widget in (before, view, after):
        column.addWidget(widget)
    window.resize(600, 500)
    window.show()
    qtbot.waitActive(window)
    before.setFocus()
    yield view, before, after
    window.close()


def test_all_that_can_be_clicked_can_be_reached_by_tab(
    qtbot: QtBot, between: tuple[BlockView, QLineEdit, QLineEdit]
) -> None:
    view, before, after = between
    view.add_message(
        "a", "assistant", "[link](https://example.org)\n\n```python\nx = 1\n```", thinking="Thoughts."
    )
    view.set_footer("a", "188 tokens", [("copy", "Copy"), ("again", "Again")])
    view.flush()
    settle()
    opened: list[str] = []
    view.link_clicked.connect(opened.append)
    view.action_clicked.connect(lambda _message, action: opened.append(action))
    plain = view.grab().toImage()
    tab(before, qtbot)  # to the thoughts' label
    assert view.hasFocus()
    assert view.grab().toImage() != plain, "the focus cannot be seen"
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert view.column.messages[0].is_thinking_open
    tab(view, qtbot)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert opened == ["https://example.org"]
    tab(view, qtbot)
    with qtbot.waitSignal(view.code_copied):
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert QGuiApplication.clipboard().text() == "x = 1"
    tab(view, qtbot)
    tab(view, qtbot)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert opened == ["https://example.org", "again"]
    tab(view, qtbot)
    assert after.hasFocus()
    tab(after, qtbot, is_back=True)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert opened[2:] == ["again"]


def test_tab_goes_through_what_is_in_view_alone(
    qtbot: QtBot, between: tuple[BlockView, QLineEdit, QLineEdit]
) -> None:
    view, before, after = between
    answer(view, "\n\n".join("```\ncode\n```" for _ in range(100)))
    tab(before, qtbot)
    offset = view.offset
    for _ in range(14):
        if after.hasFocus():
            break
        tab(view, qtbot)
    assert after.hasFocus()
    assert view.offset == offset


def test_more_formulas_than_there_is_room_for_are_not_drawn_for_ever(
    view: BlockView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formulas, "MAX_BYTES", 40_000)
    answer(view, " ".join(f"$x_{{{number}}}$" for number in range(25)))
    slot = next(slots(view))
    rounds = 0
    while (slot.sheet is None or slot.sheet.is_waiting) and rounds < 10:
        shelf.wait()
        settle()
        rounds += 1
    assert rounds < 10


def test_a_footer_that_ticks_has_only_itself_drawn(view: BlockView) -> None:
    answer(view, "line\n\n" * 30)
    view.set_footer("a", "writing 31 tok/s · 0:01")
    settle()
    view.painted_rows = 0
    view.set_footer("a", "writing 31 tok/s · 0:02")
    settle()
    assert 0 < view.painted_rows < 60


def lowest_ink(image: QImage, left: int, right: int) -> int:
    """The lowest row that is darker than the paper."""
    rows = range(image.height() - 20, 2, -1)
    return next(y for y in rows for x in range(left, right) if image.pixelColor(x, y).lightness() < 128)


@pytest.mark.parametrize("formula", ["E^2", "\\frac{1}{E^2}E"])
def test_an_inline_formula_stands_on_the_line_of_its_text(view: BlockView, formula: str) -> None:
    view.resize(300, 80)
    answer(view, f"E ${formula}$")
    shelf.wait()
    settle()
    slot = next(slots(view))
    assert slot.sheet is not None
    layout = slot.sheet.document.firstBlock().layout()
    image = view.grab().toImage()
    start = point_in(view, slot, 0).x()
    words = lowest_ink(image, start, start + 9)
    last = start + int(layout.lineAt(0).naturalTextWidth())
    formula_starts = start + 10 if formula == "E^2" else last - 9  # the E, whose foot leans to the left
    assert abs(lowest_ink(image, formula_starts, last + 2) - words) <= 1


def test_whatever_changes_while_it_streams_the_end_is_the_same_picture(view: BlockView, qtbot: QtBot) -> None:
    text = (
        "# Head\n\nA **bold** word, `code` and [a link](https://example.org).\n\n```python\ndef f():\n"
        "    return 1\n```\n\n1. one\n2. two\n   - nested\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quote\n\n"
    ) * 2
    view.begin_answer("s")
    larger = view.font()
    larger.setPixelSize(17)
    changes = {
        60: lambda: view.resize(430, 300),
        150: lambda: view.set_theme(themes.DARK),
        240: lambda: view.setFont(larger),
        300: lambda: view.resize(700, 900),
        330: lambda: view.set_theme(themes.LIGHT),
    }
    for at in range(0, len(text), 3):
        view.append("s", text[at : at + 3])
        view.flush()
        if change := changes.get(at):
            change()
            settle()
            assert view.is_at_end
    view.end_answer("s")
    other = BlockView(PaintScheduler(), theme=themes.LIGHT)
    qtbot.addWidget(other)
    other.setFont(larger)
    other.resize(view.size())
    other.show()
    answer(other, text, "s")
    settle()
    assert view.grab().toImage() == other.grab().toImage()


@pytest.mark.parametrize("width", [300, 500, 760])
def test_the_label_of_code_covers_no_text(view: BlockView, width: int) -> None:
    view.resize(width, 300)
    words = " ".join(f"word{number}" for number in range(30))
    answer(view, f"```a_language_of_a_long_name\n{words}\n```")
    slot = next(slots(view))
    assert slot.sheet is not None
    side, top, _right, _bottom = view.column.insets(slot)
    text_right = slot.section.left + side + slot.sheet.first_line_width()
    copy = copy_rect(view.column, slot)
    label_left = copy.left() - 27 * view.column.look.fixed_px
    assert text_right < label_left or view.column.y_of(slot) + top >= copy.bottom()


def test_a_narrow_table_breaks_no_word_that_has_room(view: BlockView) -> None:
    view.resize(480, 300)
    description = "A long description that has to be wrapped in its cell, far too long for one line of it"
    head = "| Name | Description | Price | Header of words |\n|---|---|--:|---|\n"
    answer(view, f"{head}| a | {description} | 333.75 | x |")
    sheet = next(slots(view)).sheet
    assert sheet is not None
    block = sheet.document.firstBlock()
    broken = []
    while block.isValid():
        lines = [block.layout().lineAt(n) for n in range(block.layout().lineCount())]
        text = block.text()
        ends = [line.textStart() + line.textLength() for line in lines[:-1]]
        broken += [text for end in ends if not text[end - 1].isspace()]
        block = block.next()
    assert broken == []


def test_a_table_that_streams_gives_its_columns_the_room_their_text_needs(view: BlockView) -> None:
    view.begin_answer("s")
    view.append("s", "| Name | What |\n|---|---|\n")
    view.flush()
    view.append("s", "| a | a long text that needs most of the width of the table |\n| b")
    view.flush()
    sheet = next(slots(view)).sheet
    assert sheet is not None
    assert sheet._shares[1] > 70


def test_a_question_touches_no_edge_where_there_are_no_cards(qtbot: QtBot) -> None:
    view = BlockView(PaintScheduler(), is_card=False)
    qtbot.addWidget(view)
    view.resize(420, 300)
    view.add_message("q", "user", "How?")
    view.add_message("a", "assistant", "So.")
    view.show()
    question, answer = view.column.messages
    qtbot.waitUntil(lambda: question.is_parsed and question.width < 200)
    assert question.top >= 8
    assert question.left + question.width <= view.viewport().width() - 8
    assert answer.top > question.top + question.height


def test_a_step_of_a_search_lays_out_nothing_that_was_laid_out(
    view: BlockView, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(300):
        view.add_message(f"a{number}", "assistant", f"Text {number}{' needle' * (number % 30 == 0)}.")
    view.flush()
    settle()
    placed = []
    place = Column.place
    monkeypatch.setattr(
        Column,
        "place",
        lambda *parts: (placed.append(parts[1]), place(*parts)),  # type: ignore[func-returns-value]
    )
    assert view.find_text("needle") == (1, 10)
    settle()
    placed.clear()
    assert view.find_text("needle") == (2, 10)
    settle()
    assert 0 < len(placed) < 60  # those that came into view


def test_a_long_message_that_a_search_opened_is_read_to_its_end(view: BlockView) -> None:
    view.add_message("long", "assistant", "The needle is here.\n\n" + "More words. " * 9_000 + "The end.")
    view.add_message("short", "assistant", "Nothing.\n\n" * 60)
    view.flush()
    assert view.find_text("needle") == (1, 1)
    for _ in range(40):
        view.flush()
    assert view.message_text("long").endswith("The end.")


IN_A_LIST = """\
1. First
   ```python
   x = 1
   ```
   then
2. Last
   - deep
     ```
     y
     ```
"""


def test_code_in_a_list_has_its_language_and_its_copy(view: BlockView, qtbot: QtBot) -> None:
    answer(view, IN_A_LIST)
    kinds = [(slot.block.kind, slot.block.text, slot.block.language) for slot in slots(view)]
    assert kinds == [
        ("item", "First", ""),
        ("code", "x = 1", "python"),
        ("item", "then", ""),
        ("item", "Last\ndeep", ""),
        ("code", "y", ""),
    ]
    first, second = (slot for slot in slots(view) if slot.block.kind == "code")
    assert 0 < view.column.code_indent(first) < view.column.code_indent(second)
    assert first.sheet is not None
    assert first.sheet.document.firstBlock().layout().formats()  # it is coloured
    assert copy_rect(view.column, first).right() == copy_rect(view.column, second).right()
    then = next(slot for slot in slots(view) if slot.block.text == "then")
    assert then.sheet is not None
    assert then.sheet.document.firstBlock().blockFormat().indent() == 1  # it stands below its item's text
    copy = copy_rect(view.column, first).translated(0, -view.offset)
    qtbot.mouseClick(view.viewport(), LEFT, pos=copy.center())
    assert QGuiApplication.clipboard().text() == "x = 1"
    labels = [target.label for target in targets_between(view.column, 0, 400)]
    assert labels.count("Copy this code") == 2


def test_a_list_with_code_is_copied_as_it_was_written(view: BlockView) -> None:
    answer(view, "Before\n\n" + IN_A_LIST)
    before, first, code, then, *_rest, deep = slots(view)
    view.selection.select(Place(before.section, 0, 2), Place(deep.section, deep.index, 1))
    assert IN_A_LIST.split("\n2.")[0] in view.selected_markdown()
    view.selection.select(Place(code.section, code.index, 0), Place(then.section, then.index, 4))
    assert view.selected_markdown() == "```python\nx = 1\n```\n\nthen"
    view.selection.select(Place(first.section, first.index, 0), Place(then.section, then.index, 4))
    assert view.selected_markdown() == IN_A_LIST.split("\n2.")[0]


def test_code_in_a_list_is_coloured_once_it_has_ended(view: BlockView) -> None:
    view.begin_answer("a")
    for line in ("- item\n", "  ```python\n", "  x = 'a'\n", "  ```\n", "\n", "After it.\n"):
        view.append("a", line)
        view.flush()
    code = next(slot for slot in slots(view) if slot.block.kind == "code")
    assert code.sheet is not None
    assert code.sheet.document.firstBlock().layout().formats()
    view.end_answer("a")
    assert [slot.block.kind for slot in slots(view)] == ["item", "code", "paragraph"]


def test_the_words_for_a_picture_are_translated(view: BlockView, qapp: QApplication) -> None:
    class Other(QTranslator):
        def isEmpty(self) -> bool:
            return False

        def translate(self, _context: str, text: str, _words: object = None, _n: int = -1) -> str:
            return "[Bild: {0}]" if text == "[image: {0}]" else ""

    other = Other()
    qapp.installTranslator(other)
    try:
        answer(view, "See ![a {0} cat](cat.png).")
    finally:
        qapp.removeTranslator(other)
    assert view.plain_text() == "See [Bild: a {0} cat]."


def test_only_the_line_that_grew_is_drawn_of_code_in_a_list(view: BlockView) -> None:
    view.begin_answer("a")
    view.append("a", "- item\n\n  ```python\n" + "".join(f"  line_{number}\n" for number in range(8)) + "  m")
    view.flush()
    settle()
    view.painted_rows = 0
    view.append("a", "ore")
    view.flush()
    settle()
    assert 0 < view.painted_rows < 4 * view.column.look.line_px


def test_a_stretch_of_a_table_is_marked_where_it_stands(view: BlockView) -> None:
    answer(view, "| Name | Value |\n|---|---|\n| 😀 alpha | one |\n")
    text = view.highlights.text_of("a")
    start = text.index("alpha")
    view.highlights.set("a", [SimpleNamespace(start=start, end=start + 5, shared_by=0)])
    (slot,) = slots(view)
    assert slot.sheet is not None
    (_whole, (first, last, kind)) = view.highlights.ranges(slot)
    shown = slot.sheet.document.toPlainText().encode("utf-16-le")[2 * first : 2 * last].decode("utf-16-le")
    assert (shown, kind) == ("alpha", "own")


def test_reading_on_and_on_keeps_few_documents(view: BlockView) -> None:
    for number in range(300):
        view.add_message(str(number), "assistant", "Some text.")
    view.flush()
    bar = view.verticalScrollBar()
    for offset in range(0, bar.maximum(), 200):
        bar.setValue(offset)
        settle()
    assert view.column.live_documents <= LIVE_SHEETS + SPARE_SHEETS
