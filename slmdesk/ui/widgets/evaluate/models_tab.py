"""With which models a pack is evaluated, how they are asked, what is good enough, and what that will take."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from slmdesk.base.memory import gigabytes
from slmdesk.base.words import counted
from slmdesk.engines.registry import Registry
from slmdesk.features.catalog.fit import Fit
from slmdesk.features.evaluate.open_pack import OpenPack
from slmdesk.features.evaluate.price import ModelPrice, Price, duration_words
from slmdesk.features.evaluate.setup import Setup
from slmdesk.ui import notify
from slmdesk.ui.labels import plain_label, short_name, small_label, tr
from slmdesk.ui.widgets.evaluate.item_list import Item, ItemList
from slmdesk.ui.widgets.evaluate.setup_form import SetupForm
from slmdesk.ui.widgets.evaluate.tab_parts import fill, scrolled_column, split, titled_card
from slmdesk.ui.widgets.models.model_picker import ModelPicker

MOST_MODELS = 8
LIST_PX, FORM_PX = 340, 600


class ModelsTab(QWidget):
    """Every choice makes another setup in `book`."""

    def __init__(
        self,
        book: OpenPack,
        registry: Registry,
        fit: Callable[[str, int], Fit | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._book = book
        self._registry = registry
        self._fit = fit
        self.list = ItemList(tr("Models"), has_names=False)
        self.picker = ModelPicker(registry, self._fit_now, self)
        self.picker.hide()  # only its list is wanted
        self.form = SetupForm()
        self.plan = plain_label()
        self.plan.setWordWrap(True)
        self.memory = small_label()
        self._lay_out()
        self.list.delete_wanted.connect(self._remove)
        self.list.move_wanted.connect(self._move)
        self.picker.chosen.connect(self.add)
        self.form.changed.connect(book.set_up)
        self.destroyed.connect(registry.changed.subscribe(lambda _none: self.refresh()))

    def refresh(self) -> None:
        """Show the setup as it is now, with what the engines say now."""
        if not self.isVisible():
            return
        setup = self._book.setup
        self.list.show_rows([self._item(ref) for ref in setup.model_refs])
        self.add_button.setEnabled(len(setup.model_refs) < MOST_MODELS)
        self.form.show_setup(setup)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def show_price(self, price: Price) -> None:
        """What the run will take, before it begins and corrected while it runs."""
        self.plan.setText(price.words if price.models else tr("Choose at least one model."))
        self.memory.setText("\n".join(map(_model_words, price.models)))
        self.memory.setVisible(bool(price.models))
        self.form.show_recommendation(price.recommended if price.models else None, price.why)

    def choose_another(self) -> None:
        """Open the list of models below the button that adds one."""
        corner = self.add_button.mapTo(self, self.add_button.rect().topLeft())
        self.picker.move(corner)
        self.picker.resize(self.add_button.size())
        self.picker.open_list()

    def add(self, model_ref: str) -> None:
        """One model more; one that is there already is not added again."""
        setup = self._book.setup
        if model_ref in setup.model_refs:
            notify.toast(self, tr("{0} is there already.").format(short_name(model_ref)))
        elif len(setup.model_refs) < MOST_MODELS:
            self._use(setup, (*setup.model_refs, model_ref))
        self.list.choose(model_ref)

    def _remove(self, model_ref: str) -> None:
        setup = self._book.setup
        self._use(setup, tuple(each for each in setup.model_refs if each != model_ref))

    def _move(self, model_ref: str, by: int) -> None:
        others = [each for each in self._book.setup.model_refs if each != model_ref]
        place = self._book.setup.model_refs.index(model_ref) + by
        others.insert(min(max(place, 0), len(others)), model_ref)
        self._use(self._book.setup, tuple(others))

    def _use(self, setup: Setup, model_refs: tuple[str, ...]) -> None:
        """A vote of which one model is gone goes with it."""
        votes = tuple(vote for vote in setup.votes if set(vote) <= set(model_refs))
        self._book.set_up(replace(setup, model_refs=model_refs, votes=votes))

    def _item(self, model_ref: str) -> Item:
        state = self._registry.states.get(model_ref.partition("/")[0])
        label = state.engine.label if state else model_ref.partition("/")[0]
        fit = self._fit_now(model_ref)
        if self._registry.is_lost(model_ref):
            words = tr("missing")
        elif state is not None and not state.engine.is_local:
            words = tr("leaves this machine")
        else:
            words = fit.words if fit else ""
        return Item(model_ref, short_name(model_ref), " · ".join(filter(None, (label, words))))

    def _fit_now(self, model_ref: str) -> Fit | None:
        return self._fit(model_ref, self._book.setup.options.context_tokens)

    def _lay_out(self) -> None:
        self.list.empty.setText(tr("No model yet: add those that you want to compare, one to eight."))
        self.add_button = self.list.add_button(tr("Add a model"), self.choose_another)
        self.list.add_button(tr("Remove"), lambda: self._remove(self.list.key), name=tr("Remove the model"))
        self.list.buttons.addStretch(1)
        plan = titled_card(tr("What this run will take"), self.plan, self.memory)
        settings = scrolled_column(tr("How it is evaluated"), plan, self.form)
        fill(self, split({self.list: LIST_PX, settings: FORM_PX}))


def _model_words(price: ModelPrice) -> str:
    """ "qwen2.5:1.5b: 54 requests, about 3 minutes, 1.6 GB of memory"."""
    parts = [counted(price.requests, "{count:,} request", "{count:,} requests")]
    if price.requests:
        parts.append(duration_words(price.seconds))
    if price.memory_bytes:
        parts.append(tr("{0} GB of memory").format(gigabytes(price.memory_bytes)))
    return f"{short_name(price.model_ref)}: {', '.join(parts)}"
