"""What the start card offers to fetch: looked for once, when the card is seen for the first time."""

import asyncio

from PySide6.QtCore import QObject

from slmdesk.features.catalog.first_offer import FirstOffer, first_offer
from slmdesk.services import Services
from slmdesk.ui.widgets.chat.start_card import StartCard

JOB = "chat:offer"


class ModelOffer(QObject):
    """Nothing is measured for it, and no network is asked."""

    def __init__(self, services: Services, card: StartCard, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._card = card
        self._is_sought = False
        card.seen.connect(self._on_card_seen)

    def _on_card_seen(self) -> None:
        if not self._is_sought:
            self._is_sought = True
            self._services.jobs.start(JOB, self._seek)

    async def _seek(self) -> None:
        self._card.offer(await self._found())

    async def _found(self) -> FirstOffer | None:
        services = self._services
        machine = await services.machine.glance()
        context_tokens = services.settings.default_context_tokens
        return await asyncio.to_thread(
            lambda: first_offer(services.catalogue.current, machine, context_tokens)
        )
