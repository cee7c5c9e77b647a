"""Getting models: the strip with its pulls, and the buttons for files and custom models."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from slmdesk.services import Services
from slmdesk.ui.labels import plain_button_text
from slmdesk.ui.widgets.models.model_care import ModelCare
from slmdesk.ui.widgets.models.pull_list import PullList
from slmdesk.ui.widgets.models.pull_strip import PullStrip


class GettingModels(QWidget):
    """Stands above the table of a pane; `care` does what is done with one model.

    `chat_requested` carries an `engine/model`, `add_file_requested` a path, "" to choose one.
    """

    chat_requested = Signal(str)
    add_file_requested = Signal(str)

    def __init__(self, services: Services, home: QWidget) -> None:
        super().__init__(home)
        self.strip = PullStrip(services)
        self.list = PullList(services)
        self.care = ModelCare(services, home)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.strip)
        layout.addWidget(self.list)
        self.strip.file_pasted.connect(self.add_file_requested)
        self.list.chat_requested.connect(self.chat_requested)
        self.list.measure_requested.connect(self.care.measure)
        self.care.chat_requested.connect(self.chat_requested)

    def buttons(self) -> Sequence[QPushButton]:
        """For the right of the title."""
        add = QPushButton(plain_button_text(self.tr("Import GGUF…")))
        add.clicked.connect(lambda: self.add_file_requested.emit(""))
        make = QPushButton(plain_button_text(self.tr("New custom model…")))
        make.clicked.connect(lambda: self.care.make())
        return add, make
