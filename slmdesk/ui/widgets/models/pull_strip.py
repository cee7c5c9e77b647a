"""The strip where a model is pasted: what was understood is said while typing, and what it takes."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from slmdesk.base.errors import BadInput, SlmdeskError
from slmdesk.features.pulls.keeper import DiskRoom
from slmdesk.features.pulls.pasted import LocalFile, Pasted, understand
from slmdesk.features.pulls.progress import amount
from slmdesk.services import Services
from slmdesk.ui.labels import plain_label
from slmdesk.ui.notify import ask
from slmdesk.ui.widgets.models.pull_words import understood
from slmdesk.ui.widgets.models.takers import Taker, takers

JOB_ROOM = "models:room"
JOB_PULL = "models:pull"
ASK_AFTER_MS = 500  # the web is asked for the size once the typing rests


class PullStrip(QFrame):
    """`file_pasted` carries the path of a file of this machine, `pulled` the id of what is fetched now."""

    file_pasted = Signal(str)
    pulled = Signal(str)

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._services = services
        self._pasted: Pasted | None = None
        self._takers: Sequence[Taker] = ()
        self._room: DiskRoom | None = None
        self.field = QLineEdit()
        self.field.setPlaceholderText(
            self.tr("Paste a name, an “ollama pull …” line or a Hugging Face address")
        )
        self.field.setAccessibleName(self.tr("Model to fetch"))
        self.field.setClearButtonEnabled(True)
        self.engine = QComboBox()
        self.engine.setAccessibleName(self.tr("Engine that gets the model"))
        self.engine.hide()
        self.button = QPushButton(self.tr("Pull"))
        self.button.setProperty("role", "primary")
        self.button.setEnabled(False)
        self.words = plain_label()
        self.words.setWordWrap(True)
        self.words.hide()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ASK_AFTER_MS)
        self._lay_out()
        self._connect()

    def take(self, text: str) -> None:
        """As if it had been pasted and Pull been pressed."""
        self.field.setText(text)
        self.button.click()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.field, 1)
        row.addWidget(self.engine)
        row.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(6)
        layout.addLayout(row)
        layout.addWidget(self.words)

    def _connect(self) -> None:
        self.field.textChanged.connect(self._on_text_changed)
        self.field.returnPressed.connect(self.button.click)
        self.engine.currentIndexChanged.connect(lambda _index: self._on_engine_changed())
        self.button.clicked.connect(self._on_pull_clicked)
        self._timer.timeout.connect(self._ask_room)

    @property
    def _taker(self) -> Taker | None:
        index = max(0, self.engine.currentIndex())
        return self._takers[index] if index < len(self._takers) else None

    def _on_text_changed(self, text: str) -> None:
        self._timer.stop()
        self._services.jobs.cancel(JOB_ROOM)
        self._room, self._pasted, self._takers = None, None, ()
        if not text.strip():
            self._show_engines()
            self._say("")
            return
        try:
            self._pasted = understand(text)
        except BadInput as error:
            self._show_engines()
            self._say(error.sentence(), "error")
            return
        engines = self._services.registry.engines
        self._takers = takers(self._pasted, engines, self._services.catalogue.current)
        self._show_engines()
        self._show()

    def _show_engines(self) -> None:
        self.engine.blockSignals(True)
        self.engine.clear()
        for taker in self._takers:
            self.engine.addItem(taker.label)
        online = [self._is_online(taker) for taker in self._takers]
        self.engine.setCurrentIndex(online.index(True) if True in online else 0)
        self.engine.blockSignals(False)
        self.engine.setVisible(len(self._takers) > 1)
        self.button.setEnabled(bool(self._takers) or isinstance(self._pasted, LocalFile))

    def _is_online(self, taker: Taker) -> bool:
        state = self._services.registry.states.get(taker.engine_id)
        return state is not None and state.is_online

    def _on_engine_changed(self) -> None:
        self._room = None
        self._show()

    def _show(self) -> None:
        """The words for what was pasted; its size is asked for where the web must be asked nothing else."""
        if self._pasted is None:
            return
        is_file = isinstance(self._pasted, LocalFile)
        self.button.setText(self.tr("Import…") if is_file else self.tr("Pull"))
        taker = self._taker
        if taker is None:
            known = understood(self._pasted)
            self._say(known if is_file else self.tr("{0}. It needs Ollama.").format(known), "small")
            return
        self._say(self._sentence(taker), "small")
        if self._room is None and not taker.pasted.question:
            self._timer.start()

    def _sentence(self, taker: Taker) -> str:
        parts = [understood(taker.pasted), self.tr("for {0}").format(taker.label)]
        needed = self._room.needed_bytes if self._room else taker.known_bytes
        if needed is not None:
            parts.append(amount(needed))
        if self._room is not None and self._room.free_bytes is not None:
            parts.append(self.tr("{0} free").format(amount(self._room.free_bytes)))
        if not self._is_online(taker):
            parts.append(self.tr("{0} does not answer now").format(taker.label))
        return " · ".join(parts)

    def _ask_room(self) -> None:
        taker = self._taker
        if taker is not None and not self._services.jobs.is_running(JOB_ROOM):
            self._services.jobs.start(JOB_ROOM, partial(self._look, taker))
        elif taker is not None:
            self._timer.start()

    async def _look(self, taker: Taker) -> None:
        try:
            room = await self._room_for(taker)
        except SlmdeskError as error:
            if taker == self._taker:
                self._say(error.sentence(), "error")
            return
        if taker == self._taker:
            self._room = room
            self._say(self._sentence(taker), "small" if room.is_enough else "error")

    async def _room_for(self, taker: Taker) -> DiskRoom:
        return await self._services.keeper.room_for(taker.pasted, taker.engine_id, taker.known_bytes)

    def _on_pull_clicked(self) -> None:
        if isinstance(self._pasted, LocalFile):
            self.file_pasted.emit(self._pasted.path)
            self.field.clear()
        elif (taker := self._taker) and not self._services.jobs.is_running(JOB_PULL):
            self._services.jobs.start(JOB_PULL, partial(self._pull, taker))

    async def _pull(self, taker: Taker) -> None:
        question = taker.pasted.question
        if question and not await ask(self, self.tr("Fetch from there?"), question, self.tr("Fetch it")):
            return
        try:
            if not await self._answers(taker):
                words = self.tr("{0} is not running. Start it, then pull again.")
                self._say(words.format(taker.label), "error")
                return
            room = self._room or await self._room_for(taker)
            if not room.is_enough and not await self._is_wanted_all_the_same(room):
                return
            pull = await self._services.keeper.queue.add(taker.pasted, taker.engine_id)
        except SlmdeskError as error:
            self._say(error.sentence(), "error")
            return
        self.field.clear()
        self.pulled.emit(pull.id)

    async def _answers(self, taker: Taker) -> bool:
        """Whether its engine is there; one that was not is looked for once more: it may have been started."""
        registry = self._services.registry
        if not self._is_online(taker):
            await registry.refresh((f"{taker.engine_id}/",))
        state = registry.states.get(taker.engine_id)
        return state is None or not state.is_absent

    async def _is_wanted_all_the_same(self, room: DiskRoom) -> bool:
        words = self.tr("It needs {0}, and the disk has {1} free. It would stop when the disk is full.")
        text = words.format(amount(room.needed_bytes or 0), amount(room.free_bytes or 0))
        return await ask(self, self.tr("There is too little room"), text, self.tr("Fetch it all the same"))

    def _say(self, text: str, role: str = "small") -> None:
        self.words.setText(text)
        self.words.setProperty("role", role)
        self.words.style().polish(self.words)
        self.words.setVisible(bool(text))
