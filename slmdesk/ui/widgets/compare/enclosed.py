"""What goes along with the prompt of a comparison, and what of it does not fit into the least context."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject

from slmdesk.engines.plain import options_to_plain
from slmdesk.features.compare.plan import LaneSpec
from slmdesk.services import Services
from slmdesk.store.attachments import StoredAttachment
from slmdesk.store.chats import ChatSettings
from slmdesk.ui.actions import Actions
from slmdesk.ui.widgets.compare.compare_face import CompareFace
from slmdesk.ui.widgets.prompt.enclosures import Enclosures
from slmdesk.ui.widgets.prompt.offer_bar import OfferBar
from slmdesk.ui.widgets.prompt.room_offers import RoomOffers


class Enclosed(QObject):
    """Files, pictures and pages for all columns; a larger context is offered for all of them, too."""

    def __init__(self, face: CompareFace, services: Services, actions: Actions) -> None:
        super().__init__(face)
        self._face = face
        self._services = services
        self._enclosures = Enclosures(services.jobs, services.registry, face.prompt, self)
        self.tray = self._enclosures.tray
        self.bar = OfferBar(self.tr("What does not fit"))
        face.prompt.add_above(self.bar)
        self._room = RoomOffers(services, self.bar, self._least, self)
        self._room.context_wanted.connect(self._raise_context)
        words = self.tr("Attach files to the comparison…")
        attach = actions.add("attach_to_comparison", words, self._enclosures.choose, owner=face)
        face.attach_button.clicked.connect(attach.trigger)
        face.prompt.measured.connect(self.look)
        face.settings.changed.connect(lambda _value: self.look())
        self.tray.changed.connect(self.look)

    @property
    def stored(self) -> Sequence[StoredAttachment]:
        """What goes along with the prompt."""
        return self._enclosures.stored()

    @property
    def reading_words(self) -> str:
        """Why nothing can be sent yet, "" if it can."""
        return self._enclosures.reading_words()

    def is_of(self, attachments: Sequence[StoredAttachment]) -> bool:
        """Whether nothing but these is attached."""
        return [each.name for each in self.stored] == [each.name for each in attachments]

    def show(self, attachments: Sequence[StoredAttachment]) -> None:
        """These in the place of what is attached."""
        self.clear()
        self.tray.restore("", attachments)

    def clear(self) -> None:
        self.tray.clear("")

    def look(self) -> None:
        """Measure what is attached against the column with the least context."""
        if self._face.isVisible() and self._face.columns.columns:  # no work begins while the program ends
            self._room.look(None, self._face.prompt.text(), self.tray.documents)

    def _least(self) -> ChatSettings:
        spec = min(self._face.columns.specs(self._face.settings.value()), key=self._context_tokens)
        return ChatSettings(spec.model_ref, spec.system_prompt, options_to_plain(spec.options))

    def _context_tokens(self, spec: LaneSpec) -> int:
        info = self._services.registry.info(spec.model_ref)
        wanted = spec.options.context_tokens
        return min(wanted, (info.context_tokens if info else None) or wanted)

    def _raise_context(self, context_tokens: int) -> None:
        value = self._face.settings.value()
        raised = replace(value, options=replace(value.options, context_tokens=context_tokens))
        self._face.settings.set_value(raised)
        self._face.settings.changed.emit(raised)
        self._face.prompt.edit.setFocus()
