"""The real program with somebody at the keyboard: `python -m tests.e2e.window_driver SCENARIO DATA_DIR`.

Each scenario types, clicks and looks, prints what it saw as lines of JSON, and closes the window.
"""

import json
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import psutil
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

import slmdesk.app
from slmdesk.engines.base import Options
from slmdesk.services import STARTER_MODEL
from slmdesk.ui.desk import Desk
from slmdesk.ui.panes.chat_pane import ChatPane
from slmdesk.ui.panes.compare_pane import ComparePane
from slmdesk.ui.widgets.chat.chat_list_rows import HitRow
from slmdesk.ui.widgets.compare.list_sheet import ListSheet
from slmdesk.ui.widgets.prompt.generation_settings import Generation
from slmdesk.ui.widgets.prompt.prompt_box import PromptBox
from tests.e2e import engine_steps, evaluation_steps
from tests.e2e.hands import click, click_word, key
from tests.e2e.model_steps import ModelSteps
from tests.fakes.until import until
from tests.models import GEMMA_NAME

LONG = "Write a very long story about a lighthouse, with many chapters."


def say(**seen: Any) -> None:
    print(json.dumps(seen), flush=True)


def enter(prompt: PromptBox, text: str) -> None:
    prompt.set_text("")
    QTest.keyClicks(prompt.edit, text)
    QTest.keyClick(prompt.edit, Qt.Key.Key_Return)


async def chat_pane(desk: Desk) -> ChatPane:
    pane = desk.window.open_pane("chat")
    assert isinstance(pane, ChatPane)
    await until(lambda: desk.services.registry.info(STARTER_MODEL), 20)
    return pane


async def compare_pane(desk: Desk, options: Options) -> ComparePane:
    await until(lambda: desk.services.registry.info(STARTER_MODEL), 20)
    pane = desk.window.open_pane("compare")
    assert isinstance(pane, ComparePane)
    pane.settings.set_value(Generation(options))
    return pane


async def chat(desk: Desk) -> None:
    """Ask, read the whole answer; ask for something long and stop it."""
    pane = await chat_pane(desk)
    pane.settings.set_value(Generation(Options(max_tokens=60, temperature=0.0)))
    enter(pane.prompt, "What is the capital of France?")
    await until(lambda: pane._session and pane._session.messages[1:] and not pane.runner.sessions, 60)
    assert pane._session is not None
    first = pane._session.messages[-1]
    shown = pane.transcript.message_text(first.id)
    say(text=first.text, state=first.state, shown=shown, footer=pane.transcript._messages[first.id].footer)
    pane.settings.set_value(Generation(Options(max_tokens=2000)))
    pane._save_settings()
    enter(pane.prompt, LONG)
    await until(lambda: len(pane._session.messages) == 4 and pane._session.answer.chunk_count > 8, 60)
    pressed = time.monotonic()
    QTest.keyClick(pane.prompt.edit, Qt.Key.Key_Escape)
    await until(lambda: not pane.runner.sessions, 10)
    last = pane._session.messages[-1]
    say(text=last.text, state=last.state, stop_s=time.monotonic() - pressed)


async def reopen(desk: Desk) -> None:
    """The chat of last time is there."""
    pane = await chat_pane(desk)
    await until(lambda: pane._session is not None, 10)
    assert pane._session is not None
    say(
        titles=[chat.title for chat in pane.shelf.summaries],
        texts=[pane.transcript.message_text(message.id) for message in pane._session.messages],
        states=[message.state for message in pane._session.messages],
    )


async def attach(desk: Desk) -> None:
    """Paste the PDF that lies beside the data folder and ask about it."""
    pane = await chat_pane(desk)
    pane.settings.set_value(Generation(Options(max_tokens=20, temperature=0.0)))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(desk.services.paths.data_dir.parent / "report.pdf"))])
    QApplication.clipboard().setMimeData(data)
    desk.window.activateWindow()
    await until(desk.window.isActiveWindow)
    click(pane.prompt.edit.viewport())
    key(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    QApplication.clipboard().clear()  # Python's object must not outlive the application
    tray = pane.tools.enclosures.tray
    await until(lambda: tray.attachments, 30)
    facts = tray.rows[0].facts.text()
    enter(pane.prompt, "What is the secret number?")
    await until(lambda: pane._session and pane._session.messages[1:] and not pane.runner.sessions, 60)
    assert pane._session is not None
    question, answer = pane._session.messages
    footer = pane.transcript._messages[question.id].footer
    say(facts=facts, footer=footer, prompt_tokens=answer.timings["prompt_tokens"], state=answer.state)


async def find_and_branch(desk: Desk) -> None:
    """Ask twice, again for the first; find the hidden words and jump to them; branch off and go back."""
    pane = await chat_pane(desk)
    pane.settings.set_value(Generation(Options(max_tokens=8, temperature=1.0)))
    for count, prompt in enumerate(("Name a colour.", "Name a lighthouse."), 1):
        enter(pane.prompt, prompt)
        await until(lambda: answered(pane, 2 * count), 60)  # noqa: B023
    assert pane._session is not None
    origin, first = pane.open.wanted, pane._session.messages[1]
    click_word(pane.transcript, first.id, "again")
    await until(lambda: answered(pane, 2) and pane._session.messages[1].id != first.id, 60)
    hidden = texts(pane)
    desk.window.activateWindow()
    await until(desk.window.isActiveWindow)
    click(pane.list.search)
    QTest.keyClicks(QApplication.focusWidget(), "lighthouse")
    rows = pane.list.model
    await until(lambda: any(isinstance(rows.row(rows.index(n)), HitRow) for n in range(rows.rowCount())), 10)
    for _ in range(rows.rowCount()):
        key(Qt.Key.Key_Down)
        if isinstance(rows.row(pane.list.view.currentIndex()), HitRow):
            break
    key(Qt.Key.Key_Return)
    await until(lambda: len(texts(pane)) == 4, 10)
    found = texts(pane)
    pane.list.search.clear()
    click_word(pane.transcript, first.id, "branch")
    await until(lambda: pane.open.wanted != origin and pane.branch_line.isVisible(), 10)
    branch = texts(pane)
    click(pane.branch_line.button)
    await until(lambda: pane.open.wanted == origin and len(texts(pane)) == 4, 10)
    await until(lambda: len(pane.shelf.summaries) == 2, 10)
    say(hidden=hidden, found=found, branch=branch, back=texts(pane), chats=len(pane.shelf.summaries))


def answered(pane: ChatPane, count: int) -> bool:
    return pane._session is not None and len(pane._session.messages) == count and not pane.runner.sessions


def texts(pane: ChatPane) -> list[str]:
    return [pane.transcript.message_text(each) for each in pane.transcript._messages]


async def compare(desk: Desk) -> None:
    """The starter beside another model, then a vote by key."""
    gemma = f"builtin/{GEMMA_NAME}"
    await until(lambda: desk.services.registry.info(gemma), 20)
    pane = await compare_pane(desk, Options(max_tokens=40, temperature=0.0))
    columns = pane.columns.columns
    refs = [column.model_ref for column in columns]
    plan = pane.plan_card.words()
    enter(pane.prompt, "What is a REST API?")
    await until(pane.tie_button.isVisible, 110)
    desk.window.activateWindow()
    await until(desk.window.isActiveWindow)
    click(columns[0].view.viewport())
    key(Qt.Key.Key_2)
    await until(lambda: pane._comparison.vote is not None, 5)
    say(
        refs=refs,
        plan=plan,
        words=[column.head.phase_chip.text() for column in columns],
        texts=[column.text() for column in columns],
        footers=[column.footer.full_text for column in columns],
        vote=pane._comparison.vote,
    )


async def blind(desk: Desk) -> None:
    """Two models without names, a vote by key, then names and costs."""
    gemma = f"builtin/{GEMMA_NAME}"
    await until(lambda: desk.services.registry.info(gemma), 20)
    pane = await compare_pane(desk, Options(max_tokens=30, temperature=0.0))
    names = [column.head.name for column in pane.columns.columns]
    click(pane.blind_button)
    enter(pane.prompt, "What is a REST API?")
    await until(pane.tie_button.isVisible, 110)
    columns = pane.columns.columns
    hidden = [column.head.name for column in columns]
    texts = [column.view.plain_text() for column in columns]
    rules = pane.plan_card.words()
    desk.window.activateWindow()
    await until(desk.window.isActiveWindow)
    click(columns[0].view.viewport())
    key(Qt.Key.Key_1)
    await until(lambda: pane._comparison.vote is not None, 5)
    shown = [column.head.name for column in columns]
    is_best = [column.best_button.isChecked() for column in columns]
    footers = [column.footer.full_text for column in columns]
    say(names=names, hidden=hidden, texts=texts, rules=rules, shown=shown, is_best=is_best)
    say(told=pane.run_card.told(), footers=footers)


async def prompt_list(desk: Desk) -> None:
    """Ten prompts through two columns, from the palette to the answer of one cell."""
    pane = await compare_pane(desk, Options(max_tokens=4, temperature=0.0))
    pane.columns.columns[1].set_own(None)  # or an endless answer could come, at a temperature of its own
    desk.window.activateWindow()
    await until(desk.window.isActiveWindow)
    QTest.keyClick(desk.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: QApplication.focusWidget() is not None and QApplication.activePopupWidget(), 5)
    QTest.keyClicks(QApplication.focusWidget(), "List of prompts")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    await until(lambda: pane.findChildren(ListSheet), 5)
    sheet = pane.findChildren(ListSheet)[0]
    for number in range(10):
        QTest.keyClicks(sheet.edit, f"What is {number} plus one?")
        QTest.keyClick(sheet.edit, Qt.Key.Key_Return)
    preview = sheet.words.text()
    click(sheet.run_button)
    await until(lambda: pane.extras.lists.page is not None, 5)
    page = pane.extras.lists.page
    assert page is not None
    await until(lambda: page.words.text() == "20 of 20 answers", 90)
    click(page.table.viewport(), page.table.visualRect(page.model.index(3, 2)).center())
    cells = [
        [page.model.index(row, column).data() for column in range(3)] for row in range(page.model.rowCount())
    ]
    say(preview=preview, cells=cells, read=page.view.plain_text())


async def engine(desk: Desk) -> None:
    """A server is added, fails, is corrected, works and is asked."""
    say(**await engine_steps.add_an_engine(desk))


async def models(desk: Desk) -> None:
    """Models are fetched over cuts, dropped, made and deleted, and each is asked something."""
    say(**await ModelSteps(desk).play())


async def evaluate(desk: Desk) -> None:
    """A pack is run, paused and gone on with, until the test kills the program."""
    await evaluation_steps.begin(desk, say)


async def evaluate_on(desk: Desk) -> None:
    """What the kill left is gone on with, to the verdict and the report."""
    say(**await evaluation_steps.go_on(desk))


async def four_streams(desk: Desk) -> None:
    """The window is closed while four columns are being written."""
    pane = await compare_pane(desk, Options(max_tokens=2000, temperature=1.0))
    while len(pane.columns.columns) < 4:
        pane.columns.add(STARTER_MODEL)
    enter(pane.prompt, LONG)
    await until(lambda: all(len(column.text()) > 20 for column in pane.columns.columns), 90)
    children = [child.pid for child in psutil.Process().children(recursive=True)]
    say(children=children, texts=[column.text() for column in pane.columns.columns])


SCENARIOS: Mapping[str, Callable[[Desk], Awaitable[None]]] = {
    scenario.__name__: scenario
    for scenario in (
        chat,
        reopen,
        attach,
        find_and_branch,
        compare,
        blind,
        prompt_list,
        four_streams,
        engine,
        models,
        evaluate,
        evaluate_on,
    )
}


def main() -> int:
    name, data_dir = sys.argv[1:]

    class DrivenDesk(Desk):
        """The desk, and a hand that does what the scenario says."""

        def start(self) -> None:
            super().start()
            self.services.jobs.start("scenario", self._play)

        async def _play(self) -> None:
            try:
                await SCENARIOS[name](self)
            except (AssertionError, TimeoutError):
                traceback.print_exc()  # the test reads it, and the program must end in any case
            say(closing=True)
            self.window.close()

    slmdesk.app.Desk = DrivenDesk
    return slmdesk.app.run(Path(data_dir))


if __name__ == "__main__":
    sys.exit(main())
