"""The line above a chat: the model, whether it is loaded and where, and how full the context is."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from slmdesk.engines.base import LoadedModel
from slmdesk.engines.registry import Registry
from slmdesk.features.chat.session import ContextUse
from slmdesk.ui.labels import tr
from slmdesk.ui.widgets.chat.context_meter import ContextMeter
from slmdesk.ui.widgets.chip import Chip
from slmdesk.ui.widgets.elided_label import ElidedLabel
from slmdesk.ui.widgets.models.model_list import FitOf
from slmdesk.ui.widgets.models.model_picker import ModelPicker


class ChatHeader(QWidget):
    """Shows what the registry knows of the chosen model."""

    list_requested = Signal()

    def __init__(self, registry: Registry, fit: FitOf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._registry = registry
        self._loaded: Sequence[LoadedModel] = ()
        self.list_button = QPushButton(self.tr("Chats"))
        self.list_button.setToolTip(self.tr("Show the list of chats"))
        self.list_button.setAccessibleName(self.tr("Show the list of chats"))
        self.list_button.hide()
        self.picker = ModelPicker(registry, fit)
        self._state = Chip()
        self._place = ElidedLabel(mode=Qt.TextElideMode.ElideRight)
        self._place.setProperty("role", "muted")
        self.meter = ContextMeter()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.list_button)
        layout.addWidget(self.picker)
        layout.addWidget(self._state)
        layout.addWidget(self._place, 1)
        layout.addWidget(self.meter)
        self.list_button.clicked.connect(self.list_requested)
        self.destroyed.connect(registry.changed.subscribe(lambda _none: self._show_model()))

    def set_model(self, ref: str) -> None:
        self.picker.set_ref(ref)
        self._show_model()

    def set_loaded(self, loaded: Sequence[LoadedModel]) -> None:
        """What is in memory now, over all engines."""
        self._loaded = loaded
        self._show_model()

    def set_context(self, use: ContextUse | None) -> None:
        self.meter.set_use(use)

    def _show_model(self) -> None:
        ref = self.picker.ref
        self._state.setVisible(bool(ref))
        if not ref:
            self._place.set_full_text("")
            return
        info = self._registry.info(ref)
        state = self._registry.states.get(ref.partition("/")[0])
        loaded = next((model for model in self._loaded if model.ref == ref), None)
        is_elsewhere = state is not None and not state.engine.capabilities.unload
        if info is not None and is_elsewhere:  # whether it is in memory is that server's affair
            self._state.hide()
        elif loaded is not None:
            self._state.set_state(self.tr("loaded"), "good")
        elif info is None and state is not None and not state.is_online:
            self._state.set_state(self.tr("engine not reached"), "bad")
        elif self._registry.is_lost(ref):
            self._state.set_state(self.tr("missing"), "bad")
        else:
            self._state.set_state(self.tr("not loaded"), "plain")
        parts = [
            state.engine.label if state else "",
            (info.quantization or "") if info else "",
            placement(loaded) if loaded else "",
            self.tr("leaves this machine") if state and not state.engine.is_local else "",
        ]
        self._place.set_full_text(" · ".join(part for part in parts if part))


def placement(loaded: LoadedModel) -> str:
    """Where a loaded model sits; "" where the engine does not say."""
    if loaded.vram_bytes is None or not loaded.size_bytes:
        return ""
    share = round(100 * loaded.vram_bytes / loaded.size_bytes)
    return tr("{0} % GPU").format(share) if share else tr("CPU")
