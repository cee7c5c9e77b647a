"""The phase bar: shares by measured seconds, on a scale that all columns share."""

from typing import Any

import pytest
from PySide6.QtGui import QColor, QImage

from slmdesk.engines.base import Phase
from slmdesk.ui import theme
from slmdesk.ui.widgets.compare.phase_bar import PhaseBar


@pytest.fixture
def bar(qtbot: Any) -> PhaseBar:
    bar = PhaseBar()
    bar.resize(200, 6)
    qtbot.addWidget(bar)
    return bar


def test_parts_have_the_width_of_their_seconds(bar: PhaseBar) -> None:
    bar.set_seconds({Phase.WAITING: 1, Phase.LOADING: 1, Phase.READING: 1, Phase.WRITING: 4}, 10)
    assert bar.shares() == [0.2, 0.1, 0.0, 0.4]


def test_the_whole_is_never_more_than_the_bar(bar: PhaseBar) -> None:
    bar.set_seconds({Phase.LOADING: 3, Phase.WRITING: 1}, 2)
    assert bar.shares() == [0.75, 0.0, 0.0, 0.25]


def test_nothing_measured_is_an_empty_bar(bar: PhaseBar) -> None:
    bar.set_seconds({}, 0)
    assert bar.shares() == [0.0, 0.0, 0.0, 0.0]
    assert colour_at(bar, 100) == QColor(theme.current().line).name()


def test_the_words_stand_beside_the_colours(bar: PhaseBar) -> None:
    bar.set_seconds({Phase.LOADING: 3.2, Phase.READING: 0.4, Phase.WRITING: 2}, 6)
    assert bar.toolTip() == "load 3.2 s · read 0.4 s · write 2.0 s"
    assert bar.accessibleDescription() == bar.toolTip()


def test_writing_is_painted_in_the_accent_and_the_rest_stays_empty(bar: PhaseBar) -> None:
    bar.set_seconds({Phase.LOADING: 1, Phase.WRITING: 1}, 4)
    assert colour_at(bar, 75) == QColor(theme.current().accent).name()
    assert colour_at(bar, 150) == QColor(theme.current().line).name()


def colour_at(bar: PhaseBar, x: int) -> str:
    picture: QImage = bar.grab().toImage()
    return picture.pixelColor(x, 3).name()
