"""The row below a chat's prompt: attach, and what does not fit with what helps against it."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QPushButton

from slmdesk.services import Services
from slmdesk.store.chats import ChatSettings
from slmdesk.ui.actions import Actions
from slmdesk.ui.widgets.chat.chat_face import ChatFace
from slmdesk.ui.widgets.chat.open_chat import OpenChat
from slmdesk.ui.widgets.prompt.enclosures import Enclosures
from slmdesk.ui.widgets.prompt.offer_bar import OfferBar
from slmdesk.ui.widgets.prompt.room_offers import RoomOffers


class ChatTools(QObject):
    """`context_wanted` and `send_without` as RoomOffers tell them."""

    context_wanted = Signal(int)
    send_without = Signal(list)

    def __init__(
        self,
        services: Services,
        face: ChatFace,
        open_chat: OpenChat,
        settings: Callable[[], ChatSettings],
        actions: Actions,
    ) -> None:
        super().__init__(face)
        self._face = face
        self._open = open_chat
        self.enclosures = Enclosures(services.jobs, services.registry, face.prompt, self)
        self.room_bar = OfferBar(self.tr("What does not fit"))
        self.room = RoomOffers(services, self.room_bar, settings, self)
        face.prompt.add_above(self.room_bar)
        self.attach_button = QPushButton("＋")
        self.attach_button.setProperty("role", "pill")
        self.attach_button.setAutoDefault(False)
        self.attach_button.setAccessibleName(self.tr("Attach files"))
        self.attach_button.setToolTip(self.tr("Attach files; they can be dropped or pasted, too"))
        self.attach_button.clicked.connect(self.enclosures.choose)
        face.add_tools(self.attach_button)
        actions.add("attach_files", self.tr("Attach files…"), self.enclosures.choose, owner=face)
        face.prompt.measured.connect(self.look_at_room)
        self.enclosures.tray.changed.connect(self.look_at_room)
        self.room.context_wanted.connect(self.context_wanted)
        self.room.send_without.connect(self.send_without)

    def refusal(self) -> str:
        """Why the message cannot be sent, "" if it can."""
        return self.enclosures.refusal(self._face.header.picker.ref)

    def look_at_room(self) -> None:
        """Measure what is written against the context; a running answer is measured when it has ended."""
        session = self._open.session
        if session is not None and session.is_running:
            self.room_bar.clear()
            return
        self.room.look(session, self._face.prompt.text(), self.enclosures.tray.documents)
