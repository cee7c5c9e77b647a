"""The pulls below the strip in their order: those that go on, and those that have ended since the start."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialogButtonBox, QVBoxLayout, QWidget

from slmdesk.base.errors import SlmdeskError
from slmdesk.features.pulls.progress import amount
from slmdesk.features.pulls.queue import Pull, PullState
from slmdesk.services import Services
from slmdesk.ui.labels import plain_button_text, short_name
from slmdesk.ui.notify import Dialog, tell, toast
from slmdesk.ui.widgets.models.pull_row import PullRow


class PullList(QWidget):
    """`chat_requested` and `measure_requested` carry an `engine/model` that was fetched."""

    chat_requested = Signal(str)
    measure_requested = Signal(str)

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._rows: dict[str, PullRow] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        self.destroyed.connect(services.keeper.queue.changed.subscribe(self._on_pull_changed))
        for pull in services.keeper.queue.pulls:
            if pull.state != PullState.DONE:  # those of earlier times are no news
                self._on_pull_changed(pull)
        self.setVisible(bool(self._rows))

    def row(self, pull_id: str) -> PullRow:
        """The line of one pull."""
        return self._rows[pull_id]

    def _on_pull_changed(self, pull: Pull) -> None:
        if pull.state == PullState.CANCELLED:
            self._drop(pull.id)
            return
        is_new = pull.id not in self._rows
        if is_new:
            row = self._rows[pull.id] = PullRow(pull)
            row.acted.connect(self.act)
            self._layout.addWidget(row)
        order = [one.id for one in self._services.keeper.queue.pulls if one.id in self._rows]
        if pull.id in order and self._layout.indexOf(self._rows[pull.id]) != order.index(pull.id):
            self._arrange(order)
        waiting = [one.id for one in self._services.keeper.queue.pulls if one.state == PullState.WAITING]
        self._rows[pull.id].show_pull(pull, is_first=pull.id == next(iter(waiting), pull.id))
        self.show()

    def _arrange(self, order: list[str]) -> None:
        for number, pull_id in enumerate(order):
            self._layout.insertWidget(number, self._rows[pull_id])

    def _drop(self, pull_id: str) -> None:
        if row := self._rows.pop(pull_id, None):
            self._layout.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.setVisible(bool(self._rows))

    def act(self, pull_id: str, wanted: str) -> None:
        """Do with a pull what a press of its buttons would: see PullRow."""
        if wanted == "forget":  # it stays the record of where the model came from
            self._drop(pull_id)
            return
        key = f"models:{wanted} {pull_id}"
        if not self._services.jobs.is_running(key):
            self._services.jobs.start(key, partial(self._act, pull_id, wanted))

    async def _act(self, pull_id: str, wanted: str) -> None:
        queue = self._services.keeper.queue
        pull = next((one for one in queue.pulls if one.id == pull_id), None)
        if pull is None:
            return
        try:
            match wanted:
                case "pause":
                    await queue.pause(pull_id)
                case "resume":
                    await queue.resume(pull_id)
                case "up":
                    await self._move_up(pull_id)
                case "cancel":
                    await self._cancel(pull)
                case "chat":
                    self.chat_requested.emit(await self._services.keeper.ref_of_pull(pull))
                case "measure":
                    self.measure_requested.emit(await self._services.keeper.ref_of_pull(pull))
        except SlmdeskError as error:
            tell(self, self.tr("That was not possible"), error.sentence())

    async def _move_up(self, pull_id: str) -> None:
        queue = self._services.keeper.queue
        waiting = [pull.id for pull in queue.pulls if pull.state == PullState.WAITING]
        at = waiting.index(pull_id) if pull_id in waiting else 0
        if at:
            await queue.move(pull_id, waiting[at - 1])

    async def _cancel(self, pull: Pull) -> None:
        """Ask whether to keep what came; where nothing came there is nothing to ask."""
        queue = self._services.keeper.queue
        come = pull.progress.done_bytes
        if not come and pull.state == PullState.WAITING:
            await queue.cancel(pull.id, is_part_kept=False)
            return
        dialog = CancelDialog(self, pull)
        if not await dialog.answer():
            return
        if any(one.id == pull.id and one.state != PullState.DONE for one in queue.pulls):
            freed = await queue.cancel(pull.id, is_part_kept=dialog.is_part_kept)
            if freed:
                toast(self, self.tr("{0} are free again.").format(amount(freed)))


class CancelDialog(Dialog):
    """Keeps what came, or drops it; `is_part_kept` once it was accepted."""

    def __init__(self, parent: QWidget, pull: Pull) -> None:
        come = pull.progress.done_bytes
        words = self.tr("{0} have come. A part that is kept is gone on with when the model is pulled again.")
        super().__init__(
            parent,
            self.tr("Cancel {0}?").format(plain_button_text(short_name(pull.name))),
            words.format(amount(come)) if come else self.tr("What may have come can be kept or dropped."),
        )
        self.is_part_kept = True
        self.keep_button = self.add_button(self.tr("Keep the part"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.keep_button.setDefault(True)
        self.drop_button = self.add_button(self.tr("Drop it"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.drop_button.setProperty("role", "danger")
        self.drop_button.style().polish(self.drop_button)
        self.drop_button.clicked.connect(self._drop)
        self.add_button(self.tr("Go on fetching"), QDialogButtonBox.ButtonRole.RejectRole)

    def _drop(self) -> None:
        self.is_part_kept = False
