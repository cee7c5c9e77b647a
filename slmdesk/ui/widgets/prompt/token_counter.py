"""The tokens of a prompt as its model counts them, instead of the estimate, where that can be had at once."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from slmdesk.services import Services
from slmdesk.ui.widgets.prompt.prompt_box import PromptBox

JOB = "prompt:tokens"
MOST_CHARACTERS = 100_000  # a longer text takes the engine from its answers for too long


class TokenCounter(QObject):
    """Asks the engine of `model_ref` after each measurement of `prompt`, for the latest text."""

    def __init__(self, services: Services, prompt: PromptBox, model_ref: Callable[[], str]) -> None:
        super().__init__(prompt)
        self._services = services
        self._prompt = prompt
        self._model_ref = model_ref
        self._is_due = False
        prompt.measured.connect(self._on_prompt_measured)

    def _on_prompt_measured(self) -> None:
        self._is_due = 0 < len(self._prompt.text()) <= MOST_CHARACTERS
        jobs = self._services.jobs
        if self._is_due and self._prompt.isVisible() and not jobs.is_running(JOB):
            jobs.start(JOB, self._count)

    async def _count(self) -> None:
        while self._is_due:
            self._is_due = False
            text = self._prompt.text()
            tokens = await self._services.registry.count_tokens(self._model_ref(), text)
            if tokens is not None and text == self._prompt.text():
                self._prompt.show_counted(tokens)
