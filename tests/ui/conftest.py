"""What a test of the window dresses, the next one must not wear."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from slmdesk.ui import theme


@pytest.fixture(autouse=True)
def _undressed_afterwards(request: pytest.FixtureRequest) -> Iterator[None]:
    """Font, palette, style sheet and theme of the application are as before once the test has ended."""
    if "qapp" not in request.fixturenames:
        yield
        return
    app: QApplication = request.getfixturevalue("qapp")
    font, palette, sheet = app.font(), app.palette(), app.styleSheet()
    before = theme.current()
    yield
    if app.styleSheet() != sheet:
        app.setStyleSheet(sheet)
    if app.font() != font:
        app.setFont(font)
    if app.palette() != palette:
        app.setPalette(palette)
    if theme.current() is not before:
        theme._current.theme = before
