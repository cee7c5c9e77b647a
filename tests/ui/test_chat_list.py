"""The list of chats: groups by day, search, rename in place, ten thousand rows."""

import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QKeySequence, QShortcut
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QVBoxLayout, QWidget

from slmdesk.store.chats import ChatSummary
from slmdesk.store.folders import Folder
from slmdesk.ui.actions import Actions
from slmdesk.ui.widgets import two_line_delegate
from slmdesk.ui.widgets.chat import chat_list_rows
from slmdesk.ui.widgets.chat.chat_list import ChatList, add_list_commands
from slmdesk.ui.widgets.chat.chat_list_model import ChatListModel, subtitle
from slmdesk.ui.widgets.chat.chat_list_rows import Shelved, group_of
from slmdesk.ui.widgets.two_line_delegate import keep_last

NOON = datetime(2026, 3, 10, 12).astimezone()


def chat(
    name: str, age: timedelta = timedelta(), count: int = 2, ref: str = "ollama/qwen3:4b"
) -> ChatSummary:
    return ChatSummary(name, f"Chat {name}", (datetime.now().astimezone() - age).timestamp(), ref, count)


CHATS = [
    chat("a"),
    chat("b"),
    chat("c", timedelta(days=1)),
    chat("d", timedelta(days=9)),
    chat("e", timedelta(days=99)),
]


@pytest.fixture
def chats(qtbot: Any) -> ChatList:
    shown = ChatList()
    shown.resize(230, 600)
    qtbot.addWidget(shown)
    shown.show()
    qtbot.waitExposed(shown)
    shown.activateWindow()
    shown.set_chats(CHATS)
    return shown


def heard(signal: Any) -> list[Any]:
    said: list[Any] = []
    signal.connect(lambda *values: said.append(values if len(values) > 1 else values[0]))
    return said


def lines(shown: ChatList) -> list[str]:
    return [shown.model.index(row).data() for row in range(shown.model.rowCount())]


def test_the_model_keeps_qts_rules(qtbot: Any) -> None:
    model = ChatListModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_shelved(Shelved(CHATS))
    model.set_filter("chat b")
    model.set_filter("nothing of this")
    model.set_shelved(Shelved())


@pytest.mark.parametrize(
    ("age", "group"),
    [
        (timedelta(), "Today"),
        (timedelta(hours=12), "Today"),
        (timedelta(hours=12, seconds=1), "Yesterday"),
        (timedelta(hours=36), "Yesterday"),
        (timedelta(hours=36, seconds=1), "Earlier"),
    ],
)
def test_days_end_at_midnight(age: timedelta, group: str) -> None:
    assert group_of((NOON - age).timestamp(), NOON) == group


def test_rows_stand_under_their_day(chats: ChatList) -> None:
    assert lines(chats) == [
        "Today", "Chat a", "Chat b", "Yesterday", "Chat c", "Earlier", "Chat d", "Chat e",
    ]  # fmt: skip


def test_the_whole_title_is_in_the_tip_and_never_read_as_html(chats: ChatList) -> None:
    title = '<img src="file:///etc/passwd"> and a long title that has no room'
    chats.set_chats([replace(CHATS[0], title=title, model_ref="ollama/hf.co/maker/Long-GGUF:Q4")])
    tip = chats.model.index(1).data(Qt.ItemDataRole.ToolTipRole)
    assert "long title that has no room" in tip
    assert "Long-GGUF:Q4 · 2 messages" in tip
    assert "hf.co" not in tip
    assert "<" not in tip


def test_the_second_line_names_model_and_length() -> None:
    assert subtitle(chat("a")) == "qwen3:4b · 2 messages"
    assert subtitle(chat("a", count=1)) == "qwen3:4b · 1 message"
    assert subtitle(chat("a", ref="")) == "2 messages"


def test_a_narrow_list_cuts_the_model_and_keeps_the_number(qapp: QApplication) -> None:
    metrics = QFontMetrics(qapp.font())
    text = "smollm2-135m-instruct · 12 messages"
    assert keep_last(text, metrics, 10_000) == text
    narrow = keep_last(text, metrics, metrics.horizontalAdvance("smoll…ct · 12 messages") + 2)
    assert narrow.endswith(" · 12 messages")
    assert narrow.startswith("sm")
    assert keep_last(text, metrics, metrics.horizontalAdvance("12 messages") + 2) == "12 messages"


def test_a_chat_without_title_is_a_new_chat(chats: ChatList) -> None:
    chats.set_chats([ChatSummary("x", "", time.time(), "", 0)])
    assert lines(chats) == ["Today", "New chat"]


def test_a_click_chooses_and_a_heading_does_not(chats: ChatList, qtbot: Any) -> None:
    chosen = heard(chats.chosen)
    for row in (0, 2):
        place = chats.view.visualRect(chats.model.index(row)).center()
        qtbot.mouseClick(chats.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen == ["b"]


def test_marking_is_not_choosing(chats: ChatList) -> None:
    chosen = heard(chats.chosen)
    chats.mark("c")
    chats.set_chats(list(reversed(CHATS)))
    assert chosen == []
    assert chats.view.currentIndex().data() == "Chat c"
    chats.mark("")
    assert not chats.view.currentIndex().isValid()


def test_the_search_looks_for_all_words(chats: ChatList, qtbot: Any) -> None:
    qtbot.keyClicks(chats.search, "D chat")
    qtbot.waitUntil(lambda: lines(chats) == ["Earlier", "Chat d"])
    chats.search.setText("nothing of this")
    qtbot.waitUntil(lambda: lines(chats) == ["No chat has these words."])
    chats.search.clear()
    qtbot.waitUntil(lambda: len(lines(chats)) == 8)


def test_f2_renames_in_place(chats: ChatList, qtbot: Any) -> None:
    renamed = heard(chats.renamed)
    chats.mark("b")
    chats.view.setFocus()
    actions = Actions(chats)
    add_list_commands(actions, chats, chats)
    assert chats.menu.rename.shortcut() == actions.get("rename_chat").shortcut()
    qtbot.keyClick(chats.view, Qt.Key.Key_F2)
    editor = chats.view.findChild(QLineEdit)
    assert editor.text() == "Chat b"
    editor.setText("  Better  ")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: renamed == [("b", "Better")])


def test_an_empty_name_renames_nothing(chats: ChatList) -> None:
    renamed = heard(chats.renamed)
    index = chats.model.index(chats.model.row_of("b"))
    assert not chats.model.setData(index, "  ")
    assert not chats.model.setData(chats.model.index(0), "a heading")
    assert renamed == []


def test_del_asks_to_delete_the_chat_that_is_marked(chats: ChatList, qtbot: Any) -> None:
    deleted = heard(chats.menu.delete_requested)
    chats.view.setFocus()
    qtbot.keyClick(chats.view, Qt.Key.Key_Delete)
    chats.mark("d")
    qtbot.keyClick(chats.view, Qt.Key.Key_Delete)
    assert deleted == [["d"]]


def test_the_menu_offers_rename_export_and_delete(chats: ChatList) -> None:
    exported = heard(chats.menu.export_requested)
    place = chats.view.visualRect(chats.model.index(1)).center()
    chats.view.menu_asked.emit(place)
    menu = chats.view.findChild(QMenu)
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts == [
        "Rename", "Name it by its content", "Pin", "Move to", "Archive", "Export as",
        "Import chats…", "Delete",
    ]  # fmt: skip
    chats.menu.markdown.trigger()
    chats.menu.json.trigger()
    assert exported == [("a", "markdown"), ("a", "json")]
    menu.close()
    chats.view.menu_asked.emit(QPoint(5, 590))  # below the last row


def test_the_menu_key_is_about_the_row_with_the_focus(chats: ChatList) -> None:
    deleted = heard(chats.menu.delete_requested)
    chats.mark("d")
    middle = chats.view.visualRect(chats.model.index(1)).center()  # where another row lies
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, middle, chats.view.mapToGlobal(middle))
    QApplication.sendEvent(chats.view.viewport(), event)
    menu = chats.view.findChild(QMenu)
    chats.menu.delete.trigger()
    assert deleted == [["d"]]
    menu.close()


def test_esc_clears_the_search_and_an_empty_one_leaves_it_to_the_pane(chats: ChatList, qtbot: Any) -> None:
    pane = QWidget()
    qtbot.addWidget(pane)
    QVBoxLayout(pane).addWidget(chats)
    stopped: list[int] = []
    stop = QShortcut(QKeySequence("Esc"), pane, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
    stop.activated.connect(lambda: stopped.append(1))
    pane.show()
    qtbot.waitExposed(pane)
    pane.activateWindow()
    chats.search.setFocus()
    qtbot.waitUntil(chats.search.hasFocus)
    qtbot.keyClicks(chats.search, "D chat")
    qtbot.waitUntil(lambda: lines(chats) == ["Earlier", "Chat d"])
    qtbot.keyClick(chats.search, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(lines(chats)) == 8)
    assert stopped == []
    qtbot.keyClick(chats.search, Qt.Key.Key_Escape)
    assert stopped == [1]
    chats.setParent(None)


def test_a_branch_is_marked_and_names_its_origin(chats: ChatList) -> None:
    branch = replace(chat("b"), title="Chat a (branch)", branched_from="a")
    chats.set_chats([CHATS[0], branch, replace(chat("x"), branched_from="gone")])
    assert lines(chats) == ["Today", "Chat a", "↳ Chat a (branch)", "Chat x"]
    index = chats.model.index(2)
    assert "branched from “Chat a”" in index.data(Qt.ItemDataRole.ToolTipRole)
    assert "branched from “Chat a”" in index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert index.data(Qt.ItemDataRole.EditRole) == "Chat a (branch)"


def test_ten_thousand_chats_stay_quick(chats: ChatList, qtbot: Any) -> None:
    many = [chat(str(number), timedelta(minutes=number)) for number in range(10_000)]
    began = time.thread_time()
    chats.set_chats(many)
    chats.grab()
    shown_s = time.thread_time() - began
    began = time.thread_time()
    chats.model.set_filter("9999")
    filtered_s = time.thread_time() - began
    assert shown_s < 0.5
    assert filtered_s < 0.1
    assert lines(chats)[1:] == ["Chat 9999"]


def test_ten_thousand_chosen_chats_stay_chosen_when_the_list_is_shown_anew(chats: ChatList) -> None:
    many = [chat(str(number), timedelta(minutes=number)) for number in range(10_000)]
    chats.set_chats(many)
    chats.view.selectAll()
    began = time.thread_time()
    chats.set_chats([many[-1], *many[:-1]])
    assert time.thread_time() - began < 4  # row by row it was half a minute
    assert len(chats.menu.chats) == 10_000


def test_of_ten_thousand_chats_only_those_in_view_are_drawn(chats: ChatList, monkeypatch: Any) -> None:
    many = [chat(str(number), timedelta(minutes=number)) for number in range(10_000)]
    drawn, dated = [], []
    write, group = two_line_delegate.write, chat_list_rows.group_of
    monkeypatch.setattr(two_line_delegate, "write", lambda *all: (drawn.append(1), write(*all)))
    monkeypatch.setattr(chat_list_rows, "group_of", lambda *all: (dated.append(1), group(*all))[1])
    chats.set_chats(many, [Folder("1", "Folder")])
    chats.grab()
    assert 5 < len(drawn) < 40
    assert len(dated) < 3_000  # those of today and yesterday: the older ones need no clock
    drawn.clear()
    chats.set_chats([many[-1], *many[:-1]], [Folder("1", "Folder")])
    chats.model.toggle("1")
    chats.grab()
    assert len(drawn) < 40


def test_every_control_has_a_name(chats: ChatList) -> None:
    assert chats.search.accessibleName() == "Search chats"
    assert chats.view.accessibleName() == "Chats"
    assert chats.model.index(1).data(Qt.ItemDataRole.AccessibleTextRole) == "Chat a, qwen3:4b · 2 messages"
