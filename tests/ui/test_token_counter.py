"""The count beside the prompt: an estimate, and the model's own figure once the model is in memory."""

from pathlib import Path
from typing import Any

from PySide6.QtTest import QTest

from slmdesk.ui.panes.chat_pane import ChatPane
from slmdesk.ui.widgets.prompt.token_counter import MOST_CHARACTERS
from tests.fakes.panes import pane_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until
from tests.ui.test_chat_pane import answered, ask

WORDS = "internationalization of documentation"  # ten tokens by the estimate


def test_a_model_in_memory_counts_for_itself(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, ScriptedEngine({"echo": says("Hello.")})) as (pane, _):
            QTest.keyClicks(pane.prompt.edit, WORDS)
            await until(lambda: pane.prompt._tokens.text() == "~10 tokens")
            pane.prompt.clear()
            ask(pane, "Hi?")
            await answered(pane)
            QTest.keyClicks(pane.prompt.edit, WORDS)
            await until(lambda: pane.prompt._tokens.text() == "3 tokens")
            pane.prompt.set_text("a " * MOST_CHARACTERS)
            await until(lambda: pane.prompt._tokens.text() == "~50,000 tokens")

    run_ui(scenario())
