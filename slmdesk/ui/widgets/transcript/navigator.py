"""Goes to a place in a transcript: found words, or a message."""

import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from slmdesk.ui.widgets.transcript.arranger import Arranger
from slmdesk.ui.widgets.transcript.finder import Finder
from slmdesk.ui.widgets.transcript.message import Slot

if TYPE_CHECKING:
    from slmdesk.ui.widgets.transcript.view import BlockView


class Navigator:
    """Once it went somewhere, the view stays there and does not follow its end any more."""

    def __init__(self, view: "BlockView", finder: Finder, arranger: Arranger) -> None:
        self._view: BlockView = weakref.proxy(view)  # no cycle
        self._finder = finder
        self._arranger = arranger

    def find(self, text: str, is_backward: bool = False) -> tuple[int, int]:
        """Go to the next place; its number and how many there are. An empty text ends the search."""
        found = self._finder.search(text, is_backward)
        self._show_hit()
        return found

    def show_message(self, message_id: str, words: Sequence[str] = ()) -> None:
        """Go to the first of these words in this message, else to its beginning; all of them are marked."""
        column = self._view.column
        message = next(each for each in column.messages if each.id == message_id)
        if not message.is_parsed:
            message.parse()
            self._arranger.place([message])
        self._finder.mark(words, message)
        self._arranger.place(self._finder.take_parsed())
        if self._finder.current is not None:
            self._show_hit()
        elif message.sections[0].slots:
            self._show(message.sections[0].slots[0])

    @contextmanager
    def staying(self) -> Iterator[None]:
        """What is in view keeps its place while messages below it are exchanged."""
        offset = self._view.offset
        yield
        self._arranger.is_following = False
        self._arranger.arrange()
        self._view.verticalScrollBar().setValue(offset)
        self._view.viewport().update()

    def _show_hit(self) -> None:
        self._arranger.place(self._finder.take_parsed())
        if hit := self._finder.current:
            self._show(hit.slot)
        else:
            self._arranger.arrange()
            self._view.viewport().update()

    def _show(self, slot: Slot) -> None:
        self._arranger.is_following = False
        self._arranger.show(slot)
        self._view.viewport().update()
