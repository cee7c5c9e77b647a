"""Settings: every change kept at once, errors at the field, keys never shown again."""

import asyncio
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFileDialog,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from slmdesk.config.servers import ServerAddress
from slmdesk.config.settings import Settings, describe, load_settings
from slmdesk.config.transfer import export_settings
from slmdesk.engines.discovery import discover
from slmdesk.engines.examination import Verdict
from slmdesk.services import Services
from slmdesk.ui import notify, theme
from slmdesk.ui.actions import Actions
from slmdesk.ui.panes.settings_pane import SettingsPane
from slmdesk.ui.widgets.models.model_picker import ModelPicker
from slmdesk.ui.widgets.settings.data_section import DataSection
from slmdesk.ui.widgets.settings.entry_list import Entry, EntryList
from slmdesk.ui.widgets.settings.keys_section import KeysSection
from slmdesk.ui.widgets.settings.server_dialog import ServerDialog
from slmdesk.ui.widgets.settings.server_section import ServerSection
from slmdesk.ui.widgets.settings.setting_row import SettingRow
from tests.fakes.documented_server import DocumentedServer
from tests.fakes.http_server import Call, HttpServer
from tests.fakes.until import until

NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing answers
KEY_OF_SERVER = "sk-documented"
KEY = "k3y-that-must-not-be-seen"


@pytest.fixture
def services(tmp_path, run_ui, monkeypatch) -> Iterator[Services]:
    monkeypatch.setenv("OLLAMA_HOST", NOWHERE)
    services = Services.open(tmp_path)
    services.on_error = lambda key, error: pytest.fail(f"{key}: {error!r}")
    yield services
    run_ui(services.aclose())


@pytest.fixture
def make(services, qtbot):
    """The pane is made inside a scenario: it starts work at once."""

    def build() -> SettingsPane:
        home = QWidget()
        qtbot.addWidget(home)
        pane = SettingsPane(services, Actions(home))
        pane.setParent(home)
        home.resize(900, 800)
        home.show()
        return pane

    return build


def words(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if not label.isHidden())


def press(parent: QWidget, text: str) -> None:
    button = next(one for one in parent.findChildren(QPushButton) if one.text() == text and one.isVisible())
    button.click()


def dialog(pane: QWidget) -> notify.Dialog | None:
    shown = [one for one in pane.findChildren(notify.Dialog) if one.isVisible()]
    return shown[-1] if shown else None


async def idle(services: Services) -> None:
    await until(lambda: not services.jobs._tasks)


def test_every_setting_of_the_form_has_a_place(make, services, run_ui) -> None:
    async def scenario() -> None:
        pane = make()
        seen = words(pane)
        assert [field.label for field in describe() if field.is_in_form and field.label not in seen] == []
        assert str(services.paths.data_dir) in seen.replace("…", str(services.paths.data_dir))
        await idle(services)

    run_ui(scenario())


def test_a_change_is_kept_at_once(make, services, run_ui) -> None:
    async def scenario() -> None:
        pane = make()
        spin = pane.row("threads").control
        assert isinstance(spin, QSpinBox)
        spin.setValue(2)
        await until(lambda: load_settings(services.paths).threads == 2)
        await idle(services)
        assert services.settings.threads == 2

    run_ui(scenario())


def test_quick_changes_are_all_kept(make, services, run_ui) -> None:
    async def scenario() -> None:
        pane = make()
        spin = pane.row("threads").control
        for value in (1, 2, 3):
            spin.setValue(value)
        pane.row("idle_unload_s").control.setValue(60)
        await idle(services)
        kept = load_settings(services.paths)
        assert (kept.threads, kept.idle_unload_s) == (3, 60)

    run_ui(scenario())


def test_the_appearance_changes_at_once(make, services, run_ui, qapp) -> None:
    async def scenario() -> None:
        pane = make()
        combo = pane.row("theme").control
        assert isinstance(combo, QComboBox)
        combo.setCurrentIndex(combo.findData("dark"))
        combo.activated.emit(combo.currentIndex())
        assert theme.current() is theme.DARK
        await idle(services)
        assert load_settings(services.paths).theme == "dark"

    run_ui(scenario())
    theme.choose(qapp, "light")


def test_text_size_and_spacing_change_at_once(make, services, run_ui, qapp) -> None:
    async def scenario() -> None:
        theme.choose(qapp, "light")
        pane = make()
        before, usual = theme.base_px(), pane.row("threads").control.sizeHint().height()
        pane.row("text_percent").control.setValue(200)
        assert theme.base_px() == 2 * before
        assert qapp.font().pixelSize() == 2 * before
        pane.row("text_percent").control.setValue(100)
        combo = pane.row("density").control
        combo.setCurrentIndex(combo.findData("compact"))
        combo.activated.emit(combo.currentIndex())
        assert pane.row("threads").control.sizeHint().height() < usual
        await idle(services)
        kept = load_settings(services.paths)
        assert (kept.text_percent, kept.density) == (100, "compact")

    try:
        run_ui(scenario())
    finally:
        theme.set_sizes(100, is_compact=False)
        theme.choose(qapp, "light")


@pytest.mark.parametrize("name", ["theme", "text_percent", "density", "threads"])
def test_the_wheel_scrolls_the_page_and_changes_nothing(make, services, run_ui, name: str) -> None:
    async def scenario() -> None:
        pane = make()
        await idle(services)
        control = pane.row(name).control
        control.setFocus()  # as after it was used
        middle = control.rect().center()
        down = QPoint(0, -120)
        turn = QWheelEvent(
            QPointF(middle), control.mapToGlobal(QPointF(middle)), QPoint(), down,
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(control, turn)
        await idle(services)
        assert services.settings == Settings()
        assert not turn.isAccepted()  # so the page behind has it

    run_ui(scenario())


def test_keys_are_changed_and_a_conflict_is_said(services, run_ui, qtbot) -> None:
    async def scenario() -> None:
        home = QWidget()
        qtbot.addWidget(home)
        actions = Actions(home)
        actions.add("palette", "All commands", lambda: None, shortcut="Ctrl+K")
        actions.add("quit", "Quit", lambda: None, shortcut="Ctrl+Q")
        pane = SettingsPane(services, actions)
        pane.setParent(home)
        home.show()
        section = pane.findChild(KeysSection)
        assert section.edit("palette").findChild(QLineEdit).placeholderText() == "Press the keys"
        press_keys(section.edit("palette"), "Ctrl+Q")
        assert "Ctrl+Q is taken by “Quit”" in section.error
        assert section.edit("palette").keySequence().toString() == "Ctrl+K"
        press_keys(section.edit("palette"), "P")
        assert "typed into texts" in section.error
        press_keys(section.edit("palette"), "Ctrl+Shift+P")
        assert section.error == ""
        assert actions.get("palette").shortcut().toString() == "Ctrl+Shift+P"
        await idle(services)
        assert load_settings(services.paths).shortcuts == (("palette", "Ctrl+Shift+P"),)
        next(
            one
            for one in section.findChildren(QPushButton)
            if one.accessibleName() == "Usual keys of: All commands"
        ).click()
        await idle(services)
        assert actions.get("palette").shortcut().toString() == "Ctrl+K"
        assert load_settings(services.paths).shortcuts == ()

    run_ui(scenario())


def press_keys(edit: QKeySequenceEdit, keys: str) -> None:
    edit.setKeySequence(QKeySequence(keys))
    edit.editingFinished.emit()


def test_a_switch_of_the_form_is_kept(make, services, run_ui) -> None:
    async def scenario() -> None:
        pane = make()
        pane.row("is_history_kept").control.click()
        await idle(services)
        assert load_settings(services.paths).is_history_kept is False

    run_ui(scenario())


def test_the_model_of_new_chats_is_picked(make, services, run_ui) -> None:
    async def scenario() -> None:
        pane = make()
        picker = pane.row("default_model").control
        assert isinstance(picker, ModelPicker)
        assert "starter" in picker.text()
        picker.chosen.emit("ollama/qwen3:4b")
        await idle(services)
        assert load_settings(services.paths).default_model == "ollama/qwen3:4b"

    run_ui(scenario())


def test_a_wrong_value_is_said_at_its_field_and_not_kept(make, services, run_ui) -> None:
    async def scenario() -> None:
        pane = make()
        pane.row("threads").changed.emit("threads", -1)
        assert "from 0 to 512" in pane.row("threads").error
        pane.row("threads").changed.emit("threads", 4)
        assert pane.row("threads").error == ""
        await idle(services)

    run_ui(scenario())


def test_a_number_out_of_bounds_is_said_and_not_cut(make, services, run_ui) -> None:
    async def scenario() -> None:
        pane = make()
        row, spin = pane.row("text_percent"), pane.row("text_percent").control
        assert isinstance(spin, QSpinBox)
        spin.selectAll()
        QTest.keyClicks(spin, "999")
        QTest.keyClick(spin, Qt.Key.Key_Return)
        await idle(services)
        assert spin.text() == "999"
        assert "from 80 to 200" in row.error
        assert services.settings.text_percent == 100
        spin.stepDown()  # the arrows keep to the bounds
        await idle(services)
        assert (spin.value(), row.error, services.settings.text_percent) == (200, "", 200)
        spin.stepUp()
        assert spin.value() == 200
        spin.setValue(100)
        await idle(services)

    run_ui(scenario())


def test_a_wrong_address_of_ollama_is_said_at_its_field(make, services, run_ui) -> None:
    async def scenario() -> None:
        pane = make()
        line = pane.row("ollama_host").control
        assert isinstance(line, QLineEdit)
        line.setText("ftp://somewhere")
        line.editingFinished.emit()
        assert "http://" in pane.row("ollama_host").error
        line.setText("127.0.0.1:9")
        line.editingFinished.emit()
        assert pane.row("ollama_host").error == ""
        await idle(services)
        assert services.settings.ollama_host == "127.0.0.1:9"

    run_ui(scenario())


def test_a_folder_that_cannot_be_written_is_said_at_the_field(make, services, run_ui, monkeypatch) -> None:
    def fail(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    async def scenario() -> None:
        pane = make()
        await idle(services)
        monkeypatch.setattr("slmdesk.config.json_file.write_atomically", fail)
        pane.row("threads").control.setValue(2)
        await idle(services)
        assert "No space left on device" in pane.row("threads").error
        assert services.settings.threads == 0
        assert pane.row("threads").control.value() == 0  # the form shows what is in force

    run_ui(scenario())


async def add_server(pane: SettingsPane, name: str, address: str, key: str = "") -> ServerDialog:
    press(pane, "Add a server…")
    await until(lambda: dialog(pane) is not None)
    form = dialog(pane)
    assert isinstance(form, ServerDialog)
    form.name.setText(name)
    form.address.setText(address)
    form.key.setText(key)
    press(form, "Save")
    return form


def test_a_server_is_added_tested_and_removed(make, services, run_ui) -> None:
    async def scenario() -> None:
        pane = make()
        await add_server(pane, "Office", f"{NOWHERE}/v1", KEY)
        await until(lambda: services.settings.openai_servers)
        await idle(services)
        (server,) = services.settings.openai_servers
        assert server == ServerAddress("office", "Office", f"{NOWHERE}/v1")
        assert services.secrets.get(server.address) == KEY
        await until(lambda: "off" in words(pane).splitlines())
        assert KEY not in services.paths.settings.read_text()
        assert KEY not in words(pane)
        press(pane, "Test")
        await idle(services)
        press(pane, "Remove…")
        await until(lambda: dialog(pane) is not None)
        press(dialog(pane), "Remove")
        await idle(services)
        assert services.settings.openai_servers == ()
        assert services.secrets.get(server.address) is None

    run_ui(scenario())


def test_a_kept_key_is_not_shown_when_a_server_is_changed(make, services, run_ui) -> None:
    async def scenario() -> None:
        pane = make()
        await add_server(pane, "Office", f"{NOWHERE}/v1", KEY)
        await idle(services)
        press(pane, "Change…")
        await until(lambda: dialog(pane) is not None)
        form = dialog(pane)
        assert form.key.text() == ""
        assert "kept" in form.key.placeholderText()
        form.name.setText("Office two")
        press(form, "Save")
        await idle(services)
        (server,) = services.settings.openai_servers
        assert (server.id, server.label) == ("office", "Office two")
        assert services.secrets.get(server.address) == KEY

    run_ui(scenario())


def test_a_second_name_for_an_address_leaves_its_key_alone(make, services, run_ui) -> None:
    async def scenario() -> None:
        pane = make()
        await add_server(pane, "Office", f"{NOWHERE}/v1", KEY)
        await idle(services)
        await add_server(pane, "The same", f"{NOWHERE}/v2")
        await idle(services)
        assert len(services.settings.openai_servers) == 2
        assert services.secrets.get(NOWHERE) == KEY
        press(pane, "Remove…")  # the first of them: the other still uses the key
        await until(lambda: dialog(pane) is not None)
        press(dialog(pane), "Remove")
        await idle(services)
        assert services.secrets.get(NOWHERE) == KEY

    run_ui(scenario())


def test_a_key_does_not_follow_to_another_address(make, services, run_ui) -> None:
    async def scenario() -> None:
        pane = make()
        await add_server(pane, "Office", f"{NOWHERE}/v1", KEY)
        await idle(services)
        press(pane, "Change…")
        await until(lambda: dialog(pane) is not None)
        form = dialog(pane)
        form.address.setText("http://127.0.0.1:10/v1")
        press(form, "Save")
        await idle(services)
        (server,) = services.settings.openai_servers
        assert services.secrets.get(server.address) is None
        assert services.secrets.get(NOWHERE) is None  # nobody uses that address any more

    run_ui(scenario())


def test_an_unusable_address_keeps_the_form_open_with_a_sentence(make, services, run_ui) -> None:
    async def scenario() -> None:
        pane = make()
        form = await add_server(pane, "Office", "ftp://host")
        assert form.isVisible()
        assert form.error.text()
        press(form, "Cancel")
        await idle(services)
        assert services.settings.openai_servers == ()

    run_ui(scenario())


@pytest.mark.parametrize("is_wanted", [True, False])
def test_plain_http_to_another_machine_asks_first(make, services, run_ui, is_wanted: bool) -> None:
    async def scenario() -> None:
        pane = make()
        form = await add_server(pane, "Lan", "http://192.0.2.1:8000/v1")
        await until(lambda: dialog(pane) not in (None, form))
        question = dialog(pane)
        assert "encryption" in words(question)
        press(question, "Use it anyway" if is_wanted else "Cancel")
        if is_wanted:
            await until(lambda: services.settings.openai_servers)
            services.jobs.cancel("settings:servers")  # nobody answers there, and nobody need wait for it
        await idle(services)
        assert len(services.settings.openai_servers) == is_wanted

    run_ui(scenario())


def test_a_place_without_encryption_is_asked_about_once(make, services, run_ui) -> None:
    async def scenario() -> None:
        pane = make()
        section = pane.findChildren(ServerSection)[0]
        press(pane, "Add a server…")
        await until(lambda: dialog(pane) is not None)
        form = dialog(pane)
        assert isinstance(form, ServerDialog)
        form.address.setText("lan-box:1")
        form.key.setText('"Bearer sk-x"')
        assert form.entry.key == "sk-x"
        asking = asyncio.ensure_future(section._is_wanted(form.entry))
        await until(lambda: question(form) is not None)
        press(question(form), "Use it anyway")
        assert await asking
        assert await section._is_wanted(form.entry)
        press(form, "Cancel")
        await idle(services)

    run_ui(scenario())


def question(form: ServerDialog) -> notify.Dialog | None:
    found = form.parentWidget().window().findChildren(notify.Dialog)
    return next((each for each in found if each is not form and each.isVisible()), None)


def test_a_long_sentence_makes_the_form_higher_and_its_fields_no_lower(qtbot, services) -> None:
    form = make_form(qtbot, "openai-compatible")
    qtbot.waitExposed(form)
    height = form.address.height()
    form.address.setText("http://me:secret@box")
    press(form, "Test")
    form.show_verdict(Verdict(False, "What answers is no server of models. " * 8))
    qtbot.waitUntil(lambda: form.error.height() > 2 * form.error.fontMetrics().height())
    assert form.address.height() >= height


def test_enter_during_the_test_does_not_give_up_what_was_entered(qtbot, services) -> None:
    form = make_form(qtbot, "openai-compatible")
    form.activateWindow()
    form.test_button.setFocus()
    form.show_testing()
    assert form.focusWidget() is form.save_button


def test_two_servers_of_one_name_are_told_apart(qtbot, services) -> None:
    home = QWidget()
    qtbot.addWidget(home)
    others = [ServerAddress(id_, label, NOWHERE) for id_, label in (("office", "Office"), ("office-2", "O"))]
    form = ServerDialog(home, None, False, others)
    form.name.setText("Office")
    form.address.setText("127.0.0.1:8080")
    assert form.entry.server == ServerAddress("office-2-2", "Office 2", "http://127.0.0.1:8080/v1")
    form.name.setText("Ollama")
    assert form.entry.server.id == "ollama-2"
    form.name.setText("äöü")
    assert form.entry.server.id
    form.name.setText("")
    assert form.entry.server.label == "127.0.0.1:8080"


def make_form(qtbot, kind: str) -> ServerDialog:
    home = QWidget()
    qtbot.addWidget(home)
    form = ServerDialog(home, None, False, [])
    form.home = home  # Qt would delete both with it
    form.kind.setCurrentIndex(form.kind.findData(kind))
    form.show()
    return form


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("openai-compatible", {"address"}),
        ("openai", set()),
        ("azure", {"address", "models", "api_version"}),
        ("ollama", {"address"}),
    ],
)
def test_each_kind_asks_for_what_it_needs(qtbot, services, kind: str, fields: set[str]) -> None:
    form = make_form(qtbot, kind)
    shown = {name for name in ("address", "models", "api_version") if getattr(form, name).isVisible()}
    assert shown == fields
    assert form.name.isVisible()
    assert form.key.isVisible()
    assert form.at_once.isVisible()


def test_what_each_kind_makes_of_its_fields(qtbot, services) -> None:
    form = make_form(qtbot, "openai")
    form.at_once.setValue(4)
    assert form.entry.server == ServerAddress(
        "openai", "OpenAI", "https://api.openai.com/v1", "openai", at_once=4
    )
    form = make_form(qtbot, "ollama")
    form.name.setText("LAN box")
    form.address.setText("lan-box")
    assert form.entry.server == ServerAddress("ollama:lan-box", "LAN box", "http://lan-box:11434", "ollama")
    form = make_form(qtbot, "azure")
    form.address.setText("https://res.openai.azure.com/openai/deployments/gpt/x?api-version=2024-10-21")
    assert form.entry.server == ServerAddress(
        "azure-openai", "Azure OpenAI", "https://res.openai.azure.com:443", "azure", ("gpt",), "2024-10-21"
    )
    form.address.setText("https://res.openai.azure.com")
    press(form, "Save")
    assert "deployment" in form.error.text()
    form.models.setText("gpt, o4-mini")
    assert form.entry.server.models == ("gpt", "o4-mini")


def test_a_server_is_tested_before_it_is_kept(make, services, run_ui) -> None:
    async def scenario() -> None:
        async with DocumentedServer("openai") as server:
            pane = make()
            press(pane, "Add a server…")
            await until(lambda: dialog(pane) is not None)
            form = dialog(pane)
            assert isinstance(form, ServerDialog)
            form.address.setText(server.engine_address)
            form.key.setText("sk-wrong")
            press(form, "Test")
            await until(lambda: "refused the key" in form.error.text())
            await until(lambda: not services.jobs.is_running("settings:test"))
            form.key.setText(KEY_OF_SERVER)
            press(form, "Test")
            await until(lambda: "offers 1 model" in form.error.text())
            assert services.settings.openai_servers == ()
            press(form, "Save")
            await until(lambda: services.settings.openai_servers)
            await idle(services)
            press(pane, "Test")
            await idle(services)
            assert "works" in words(pane).splitlines()
            assert KEY_OF_SERVER not in words(pane)

    run_ui(scenario())


def test_a_dialog_that_is_closed_during_its_test_hears_nothing_more(make, services, run_ui) -> None:
    async def scenario() -> None:
        async with HttpServer(silence) as server:
            pane = make()
            press(pane, "Add a server…")
            await until(lambda: dialog(pane) is not None)
            form = dialog(pane)
            form.address.setText(f"{server.address}/v1")
            press(form, "Test")
            await until(lambda: server.calls)
            press(form, "Cancel")
            await idle(services)
            assert services.settings.openai_servers == ()

    run_ui(scenario())


async def silence(call: Call) -> None:
    await call.is_gone.wait()


def test_a_server_that_was_found_is_kept_by_a_press(make, services, run_ui, monkeypatch) -> None:
    async def scenario() -> None:
        async with DocumentedServer() as server:
            monkeypatch.setattr(
                "slmdesk.engines.servers.discover", lambda *known: discover(*known, (server.port,))
            )
            await services.start()
            pane = make()
            press(pane, "Look on this machine")
            await until(lambda: services.servers.found)
            await idle(services)
            assert "found" in words(pane).splitlines()
            assert services.settings.openai_servers == ()
            press(pane, "Keep")
            await idle(services)
            (kept,) = services.settings.openai_servers
            assert kept.address == server.engine_address
            assert "found" not in words(pane).splitlines()
            press(pane, "Look on this machine")
            await idle(services)
            assert "No other model server" in words(pane)

    run_ui(scenario())


def choose_file(pane: QWidget, path: str) -> None:
    chooser = pane.findChildren(QFileDialog)[-1]
    chooser.fileSelected.emit(path)
    chooser.close()


def test_a_file_that_is_no_model_is_refused_with_a_sentence(make, services, run_ui, tmp_path) -> None:
    wrong = tmp_path / "letter.gguf"
    wrong.write_bytes(b"Dear Sir or Madam")

    async def scenario() -> None:
        pane = make()
        await idle(services)
        press(pane, "Add a model file…")
        await until(lambda: pane.findChildren(QFileDialog))
        choose_file(pane, str(wrong))
        await idle(services)
        assert "letter.gguf cannot be used" in words(pane)
        assert services.settings.model_files == ()

    run_ui(scenario())


def test_a_file_is_removed_from_the_list(make, services, run_ui, tmp_path) -> None:
    services.kept.now = Settings(model_files=(str(tmp_path / "a.gguf"), str(tmp_path / "b.gguf")))

    async def scenario() -> None:
        pane = make()
        await idle(services)
        press(pane, "Remove")
        await idle(services)
        assert services.settings.model_files == (str(tmp_path / "b.gguf"),)
        assert "a.gguf" not in words(pane)

    run_ui(scenario())


def test_a_file_dialog_that_is_closed_adds_nothing(make, services, run_ui) -> None:
    async def scenario() -> None:
        pane = make()
        await idle(services)
        press(pane, "Add a model file…")
        await until(lambda: pane.findChildren(QFileDialog))
        pane.findChildren(QFileDialog)[-1].reject()
        await idle(services)
        assert services.settings.model_files == ()

    run_ui(scenario())


def test_every_control_has_a_name(make, services, run_ui) -> None:
    async def scenario() -> None:
        pane = make()
        for kind in (QPushButton, QLineEdit, QSpinBox):
            for control in pane.findChildren(kind):
                if control.isVisible() and control.objectName() != "qt_spinbox_lineedit":
                    assert control.accessibleName() or getattr(control, "text", str)(), control
        for row in pane.findChildren(SettingRow):
            assert any(label.buddy() is row.control for label in row.findChildren(QLabel))
        await idle(services)

    run_ui(scenario())


def test_entries_with_hostile_names_stay_plain_text(qtbot) -> None:
    entries = EntryList("none")
    qtbot.addWidget(entries)
    entries.show_entries([Entry("a", "<img src=x>", "<b>y</b>", (("x", "Do"),), "off", "warn", "<i>z</i>")])
    entries.show()
    assert {label.textFormat() for label in entries.findChildren(QLabel)} == {Qt.TextFormat.PlainText}
    with qtbot.waitSignal(entries.pressed) as pressed:
        press(entries, "Do")
    assert pressed.args == ["x", "a"]


def test_a_section_that_is_gone_hears_nothing_more(services, qapp) -> None:
    import shiboken6

    before = list(services.registry.changed._subscribers)
    section = ServerSection(services)
    assert services.registry.changed._subscribers != before
    shiboken6.delete(section)
    assert services.registry.changed._subscribers == before


def data_section(pane: SettingsPane) -> DataSection:
    (section,) = pane.findChildren(DataSection)
    return section


def test_settings_go_out_and_come_in(run_ui, make, services, tmp_path) -> None:
    async def scenario() -> None:
        export_settings(services.settings.with_value("theme", "dark"), tmp_path / "mine.json")
        pane = make()
        section = data_section(pane)
        section.import_button.click()
        (dialog,) = section.findChildren(QFileDialog)
        dialog.fileSelected.emit(str(tmp_path / "mine.json"))
        dialog.reject()
        await until(lambda: section.said.isVisibleTo(section))
        assert section.said.text() == "1 setting was changed."
        assert services.settings.theme == "dark"
        combo = pane.row("theme").control
        assert isinstance(combo, QComboBox)
        assert combo.currentData() == "dark"
        section.import_button.click()
        (dialog,) = section.findChildren(QFileDialog)
        dialog.fileSelected.emit(str(services.paths.settings))
        dialog.reject()
        await until(lambda: section.error.isVisibleTo(section))
        assert "holds no settings" in section.error.text()
        await idle(services)

    run_ui(scenario())


def test_after_an_import_keys_and_files_are_those_in_force(run_ui, make, services, tmp_path) -> None:
    async def scenario() -> None:
        other = services.settings.with_value("shortcuts", {"palette": "Ctrl+J"})
        other = other.with_value("model_files", [str(tmp_path / "mine.gguf")])
        export_settings(other, tmp_path / "mine.json")
        pane = make()
        section = data_section(pane)
        keys = pane.findChild(KeysSection)
        for command, shortcut in (("palette", "Ctrl+K"), ("new_chat", "Ctrl+N")):
            keys._actions.add(command, command, lambda: None, shortcut=shortcut)
        keys.show_commands()
        assert keys.edit("palette").keySequence() != QKeySequence("Ctrl+J")
        section.import_button.click()
        (dialog,) = section.findChildren(QFileDialog)
        dialog.fileSelected.emit(str(tmp_path / "mine.json"))
        dialog.reject()
        await until(lambda: section.said.isVisibleTo(section))
        assert keys.edit("palette").keySequence() == QKeySequence("Ctrl+J")
        assert "mine.gguf" in words(pane)
        keys.edit("new_chat").setKeySequence(QKeySequence("Ctrl+Shift+F9"))
        keys.edit("new_chat").editingFinished.emit()
        await idle(services)  # what came in is not lost by the next change
        own = dict(services.settings.shortcuts)
        assert own == {"palette": "Ctrl+J", "new_chat": "Ctrl+Shift+F9"}

    run_ui(scenario())


def test_everything_is_deleted_once_that_was_asked(run_ui, make, services) -> None:
    async def scenario() -> None:
        await services.session()
        pane = make()
        section = data_section(pane)
        told: list[None] = []
        services.forgotten.subscribe(told.append)
        section.forget_button.click()
        await until(lambda: bool(pane.findChildren(notify.Dialog)))
        pane.findChildren(notify.Dialog)[0].reject()
        await idle(services)
        assert len(await services.chats.list()) == 1
        section.forget_button.click()
        await until(lambda: any(dialog.isVisible() for dialog in pane.findChildren(notify.Dialog)))
        next(dialog for dialog in pane.findChildren(notify.Dialog) if dialog.isVisible()).accept()
        await until(lambda: section.said.isVisibleTo(section))
        assert await services.chats.list() == []
        assert told == [None]
        await idle(services)

    run_ui(scenario())
