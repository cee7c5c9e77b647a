"""The look: tokens of the design, readable contrast, switching while the program runs."""

import os
import subprocess
import sys
from dataclasses import asdict

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QLabel

from slmdesk.ui import icons, theme
from slmdesk.ui.widgets.chip import Chip

GROUNDS = ("background", "surface", "raised", "code")
PAIRS = (
    *(("text", ground) for ground in (*GROUNDS, "accent_soft")),
    *(("muted", ground) for ground in ("background", "surface", "raised")),
    *(("accent", ground) for ground in ("surface", "raised", "accent_soft")),
    ("on_good_soft", "good_soft"),
    ("good", "surface"),
    ("warn", "warn_soft"),
    ("bad", "bad_soft"),
    ("bad", "surface"),
    ("on_accent", "accent"),
)


def luminance(colour: str) -> float:
    channels = [value / 255 for value in bytes.fromhex(colour[1:])]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(autouse=True)
def light_again(qapp: QApplication):
    yield
    theme.choose(qapp, "light")


@pytest.mark.parametrize("shade", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_can_be_read_on_every_ground(shade: theme.Theme, ink: str, ground: str) -> None:
    assert contrast(getattr(shade, ink), getattr(shade, ground)) >= 4.5


def test_the_contrast_rule_sees_a_pair_that_is_too_weak() -> None:
    assert contrast("#98a2b3", "#ffffff") < 4.5


@pytest.mark.parametrize("shade", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_the_style_sheet_leaves_no_token_unfilled(qapp: QApplication, shade: theme.Theme) -> None:
    sheet = theme.style_sheet(shade)
    assert "$" not in sheet
    for name in ("background", "surface", "accent", "muted"):
        assert asdict(shade)[name] in sheet


def test_every_picture_the_style_sheet_names_exists(qapp: QApplication) -> None:
    import re
    from pathlib import Path

    for shade in (theme.LIGHT, theme.DARK):
        paths = re.findall(r'url\("([^"]+)"\)', theme.style_sheet(shade))
        assert paths
        assert [path for path in paths if not Path(path).is_file()] == []


def test_a_choice_dresses_the_program_and_tells_those_who_paint(qapp: QApplication) -> None:
    heard: list[theme.Theme] = []
    theme.changed.connect(heard.append)
    theme.choose(qapp, "dark")
    theme.changed.disconnect(heard.append)
    assert theme.current() is theme.DARK
    assert heard == [theme.DARK]
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(theme.DARK.background)


def test_the_systems_change_is_followed_only_where_that_was_chosen(qapp: QApplication) -> None:
    theme.choose(qapp, "dark")
    qapp.styleHints().colorSchemeChanged.emit(qapp.styleHints().colorScheme())
    assert theme.current() is theme.DARK
    theme.choose(qapp, "system")
    assert theme.current() is theme.LIGHT  # the offscreen platform does not say, and its palette is light


def test_text_is_never_smaller_than_the_design(qapp: QApplication) -> None:
    theme.choose(qapp, "light")
    label = QLabel("text")
    label.ensurePolished()
    assert theme.base_px() >= theme.BASE_PX
    assert label.fontInfo().pixelSize() >= theme.BASE_PX


def test_icons_are_drawn_in_the_colour_asked_for(qapp: QApplication) -> None:
    image = icons.pixmap("chat", "#ff0000", 24).toImage()
    seen = {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }
    assert seen == {"#ff0000"}


def test_a_chip_changes_its_look_with_its_tone(qtbot, qapp: QApplication) -> None:
    theme.choose(qapp, "light")
    chip = Chip("fits", "good")
    qtbot.addWidget(chip)
    chip.show()
    good = chip.grab().toImage().pixelColor(4, 10)
    chip.set_state("too large", "bad")
    assert good == QColor(theme.LIGHT.good_soft)
    assert chip.grab().toImage().pixelColor(4, 10) == QColor(theme.LIGHT.bad_soft)


def test_the_program_begins_in_the_style_that_its_sheet_is_made_for() -> None:
    """Whatever style the system has; asked before the sheet hides it."""
    words = (
        "from slmdesk import app; from slmdesk.config.settings import Settings;"
        "app.theme.choose = lambda *_: None; print(app.application(Settings()).style().name())"
    )
    environment = {**os.environ, "QT_STYLE_OVERRIDE": "Windows"}
    command = [sys.executable, "-c", words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "fusion"
