"""What is needed now and then: lists of prompts, the rating of all votes, exports."""

from functools import partial

from PySide6.QtCore import QObject

from slmdesk.features.compare.comparison import Comparison
from slmdesk.features.compare.report import report_of
from slmdesk.services import Services
from slmdesk.ui.actions import Actions
from slmdesk.ui.widgets.compare.batch_desk import BatchDesk
from slmdesk.ui.widgets.compare.compare_face import CompareFace
from slmdesk.ui.widgets.compare.export_menu import ExportMenu
from slmdesk.ui.widgets.compare.layout_switch import KINDS, layout_word
from slmdesk.ui.widgets.compare.rating_sheet import RatingSheet
from slmdesk.ui.widgets.compare.verdict import Start
from slmdesk.ui.widgets.paint_scheduler import PaintScheduler


class MoreMenu(QObject):
    """Fills the menu of the face; each of its lines is a command of the palette, too."""

    def __init__(
        self,
        face: CompareFace,
        comparison: Comparison,
        services: Services,
        scheduler: PaintScheduler,
        actions: Actions,
        start: Start,
    ) -> None:
        super().__init__(face)
        self._face = face
        self._services = services
        self._start = start
        self.lists = BatchDesk(face, services, scheduler, start)
        for action_id, text, callback in (
            ("prompt_list", self.tr("List of prompts…"), self.lists.open_sheet),
            ("prompt_lists", self.tr("Earlier lists…"), self.lists.open_earlier),
            ("rating", self.tr("Rating…"), self._open_rating),
        ):
            face.more.addAction(actions.add(action_id, text, callback, owner=face))
        face.more.addSeparator()
        self._add_switches(actions)
        face.more.addSeparator()
        self.exports = ExportMenu(face, face.more, lambda: report_of(comparison), start)

    def _add_switches(self, actions: Actions) -> None:
        """What the head has room for only in a wide window."""
        layouts = self._face.more.addMenu(self.tr("Layout"))
        for kind in KINDS:
            text = self.tr("Layout: {0}").format(layout_word(kind))
            choose = partial(self._face.layouts.choose, kind)
            layouts.addAction(actions.add(f"layout_{kind}", text, choose, owner=self._face))
        button = self._face.blind_button
        blind = actions.add("blind", self.tr("Compare blind"), button.toggle, owner=self._face)
        blind.setCheckable(True)
        button.toggled.connect(blind.setChecked)
        self._face.more.addAction(blind)

    def _open_rating(self) -> None:
        RatingSheet(self._face, self._services.ballots, self._start).open()
