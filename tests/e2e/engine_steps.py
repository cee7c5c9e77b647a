"""A server elsewhere, entered in Settings: it fails twice, is corrected, works, and is asked."""

import os
from urllib.parse import urlsplit

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from slmdesk.ui.desk import Desk
from slmdesk.ui.notify import Dialog
from slmdesk.ui.panes.chat_pane import ChatPane
from slmdesk.ui.panes.compare_pane import ComparePane
from slmdesk.ui.widgets.settings.server_dialog import ServerDialog
from tests.e2e.hands import button, click, key, write
from tests.fakes.http_server import Call
from tests.fakes.openai_server import JSON, OpenAIServer
from tests.fakes.until import until

KEY = "sk-right"
CTRL = Qt.KeyboardModifier.ControlModifier


class LanBox(OpenAIServer):
    """llama.cpp on a machine `lan-box`, reached through a proxy of the environment: no network is needed."""

    def __init__(self) -> None:
        super().__init__(key=KEY)
        self.hosts: set[str] = set()

    async def _route(self, call: Call) -> None:
        parts = urlsplit(call.path)
        self.hosts.add(parts.netloc)
        call.path = parts.path
        if call.path == "/props":
            await call.respond(200, {"build_info": "b7000"}, {**JSON, "server": "llama.cpp"})
        elif call.path == "/v1/models":
            models = {"data": [{"id": name, "owned_by": "llamacpp"} for name in ("large", "small")]}
            is_known = call.headers.get("authorization") == f"Bearer {KEY}"
            await call.respond(200 if is_known else 401, models if is_known else {"error": {}}, JSON)
        else:
            await super()._route(call)


async def add_an_engine(desk: Desk) -> dict[str, object]:
    """What the form, the list, the answer, the status line and the column said."""
    async with LanBox() as box:
        os.environ["HTTP_PROXY"] = box.address
        await until(lambda: desk.services.registry.states.get("builtin"), 20)
        desk.window.activateWindow()
        await until(desk.window.isActiveWindow)
        form = await _open_form(desk)
        verdicts = [await _tested(form, "lan-box/v1/", "sk-wrong", is_elsewhere=True)]
        verdicts.append(await _tested(form, "127.0.0.1:9", KEY))
        verdicts.append(await _tested(form, "lan-box/v1/chat/completions", f"Bearer {KEY}"))
        click(button(form, "Save"))
        await until(lambda: form.is_closed)
        desk.window.activateWindow()
        await until(desk.window.isActiveWindow)
        await until(
            lambda: desk.services.settings.openai_servers and "box" in desk.services.registry.states, 20
        )
        pane = desk.window.open_pane("settings")
        await until(lambda: "answers · 2 models" in _words(pane))
        answer = await _ask(desk)
        return {
            "verdicts": verdicts,
            "answer": answer,
            "status": desk.window._status._privacy.text(),
            "header": desk.window.open_pane("chat").header._place.full_text,
            "column": await _column_words(desk),
            "hosts": sorted(box.hosts),
        }


async def _open_form(desk: Desk) -> ServerDialog:
    key(Qt.Key.Key_Comma, CTRL)
    pane = desk.window.open_pane("settings")
    await until(pane.isVisible)
    click(button(pane, "Add a server…"))
    await until(lambda: pane.findChildren(ServerDialog))
    form = pane.findChildren(ServerDialog)[0]
    await until(form.isActiveWindow)
    click(form.name)
    write("Box")
    return form


async def _tested(form: ServerDialog, address: str, secret: str, *, is_elsewhere: bool = False) -> str:
    """Tabs from field to field, presses Test, and reads the verdict."""
    form.activateWindow()  # a desktop does it when the question is closed
    await until(form.isActiveWindow)
    click(form.address)
    write(address)
    key(Qt.Key.Key_Tab)
    write(secret)
    before = form.error.text()
    click(form.test_button)
    if is_elsewhere:  # without encryption: said once for an address
        await until(lambda: _question(form) is not None)
        click(button(_question(form), "Use it anyway"))
    await until(lambda: form.error.text() not in (before, "Asking…"), 20)
    return form.error.text()


def _question(form: ServerDialog) -> Dialog | None:
    window = QApplication.activeModalWidget()
    return window if isinstance(window, Dialog) and window is not form else None


async def _ask(desk: Desk) -> str:
    """The model is found in the list by its name, and asked."""
    key(Qt.Key.Key_1, CTRL)
    pane = desk.window.open_pane("chat")
    assert isinstance(pane, ChatPane)
    click(pane.header.picker)
    await until(lambda: QApplication.activePopupWidget() is not None)
    write("small")
    key(Qt.Key.Key_Return)
    await until(lambda: pane.header.picker.ref == "box/small")
    click(pane.prompt.edit.viewport())
    write("Hello?")
    key(Qt.Key.Key_Return)
    await until(lambda: pane._session and pane._session.messages[1:] and not pane.runner.sessions, 20)
    assert pane._session is not None
    return pane.transcript.message_text(pane._session.messages[-1].id)


async def _column_words(desk: Desk) -> list[str]:
    """What the head of a column with its model says."""
    key(Qt.Key.Key_2, CTRL)
    pane = desk.window.open_pane("compare")
    assert isinstance(pane, ComparePane)
    column = pane.columns.columns[0]
    click(column.head.swap_button)
    await until(lambda: QApplication.activePopupWidget() is not None)
    write("small")
    key(Qt.Key.Key_Return)
    await until(lambda: column.model_ref == "box/small")
    return _words(column).splitlines()


def _words(parent: object) -> str:
    assert parent is not None
    return "\n".join(each.text() for each in parent.findChildren(QLabel) if not each.isHidden())
