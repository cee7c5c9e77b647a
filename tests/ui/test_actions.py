"""Keys of commands: the user's own go before the usual ones, at once and for commands that come later."""

from PySide6.QtWidgets import QWidget

from slmdesk.ui.actions import Actions, shortcut_words


def test_own_keys_take_the_place_of_the_usual_ones(qtbot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    actions = Actions(window)
    actions.add("palette", "All commands", lambda: None, shortcut="Ctrl+K")
    actions.use_keys({"palette": "Ctrl+P", "later": "F6", "gone": "Ctrl+G"})
    later = actions.add("later", "Later", lambda: None, shortcut="Ctrl+L")
    assert shortcut_words(actions.get("palette")) == "Ctrl P"
    assert shortcut_words(later) == "F6"
    actions.use_keys({"later": ""})
    assert shortcut_words(actions.get("palette")) == "Ctrl K"
    assert later.shortcut().isEmpty()
