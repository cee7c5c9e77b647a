"""What can be clicked in a transcript beside its text, and where it stands."""

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QPoint, QRect
from PySide6.QtGui import QFontMetrics

from slmdesk.ui.widgets.transcript.layout import Column
from slmdesk.ui.widgets.transcript.message import FIGURES, UNSEEN, Message, Slot

_NEAR_THE_NEXT = ("previous", "", "again")
"""‹ 2/2 › and "Again ▾" are one thing each"""


@dataclass(frozen=True, slots=True)
class Target:
    """An action of a footer, a code's Copy, a thinking label, or a link; its place is the column's."""

    rect: QRect
    kind: str
    """thinking, copy, action or link"""
    message: Message
    value: str = ""
    slot: Slot | None = None
    label: str = ""
    position: int = 0
    """Of a link in its document"""

    @property
    def key(self) -> tuple[str, str, str, int, int]:
        """The same target after everything was laid out again."""
        order = self.slot.section.order if self.slot else 0
        index = self.slot.index if self.slot else 0
        return self.message.id, self.kind, self.value, order * 1_000_000 + index, self.position


def copy_word() -> str:
    return QCoreApplication.translate("BlockView", "Copy")


def label_text(message: Message) -> str:
    mark = "▾" if message.is_thinking_open else "▸"
    return f"{mark} {message.thinking_label or QCoreApplication.translate('BlockView', 'Thinking…')}"


def label_rect(column: Column, message: Message) -> QRect:
    """In the column's own coordinates, as all rectangles below."""
    chrome = column.chrome
    width = QFontMetrics(column.look.small).horizontalAdvance(label_text(message)) + 8
    left = message.left + chrome.pad_x
    return QRect(left, message.top + message.header_top - 3, width, chrome.line - 2)


def copy_rect(column: Column, slot: Slot) -> QRect:
    metrics = QFontMetrics(column.look.fixed)
    width = metrics.horizontalAdvance(copy_word()) + 6
    _left, _top, side, _bottom = column.insets(slot)
    top = column.y_of(slot) + round(column.look.size_px * 0.65) + 1
    return QRect(
        slot.section.left + slot.section.width - side - width + 4, top, width, column.look.code_line_px
    )


def footer_rect(column: Column, message: Message) -> QRect:
    chrome = column.chrome
    top = message.top + message.footer_top + 2
    if message.role == "user":  # below the bubble, which may be narrower than the words
        right = message.left + message.width - chrome.pad_x // 2
        return QRect(chrome.margin, top, right - chrome.margin, chrome.line)
    height = message.height - message.footer_top - chrome.pad_y + 4
    return QRect(message.left + chrome.pad_x, top, message.width - 2 * chrome.pad_x, height)


def footer_words(column: Column, message: Message) -> list[tuple[str, str, QRect]]:
    """The words at the end of a footer, from left to right: action, label and place.

    A word without an action is only read.
    """
    rect = footer_rect(column, message)
    metrics = QFontMetrics(column.look.fixed)
    is_two_lines = rect.height() > column.chrome.line
    top = rect.top() + (column.chrome.line if is_two_lines else 0)
    x, words = 0, []
    for action, label in message.actions:
        if action in UNSEEN:
            continue
        width = metrics.horizontalAdvance(label)
        words.append((action, label, QRect(x, top, width, column.chrome.line)))
        x += width + column.look.size_px // (2 if action in _NEAR_THE_NEXT else 1)
    end = words[-1][2].right() + 1 if words else 0
    shift = rect.left() if is_two_lines else rect.right() + 1 - end
    return [(action, label, place.translated(shift, 0)) for action, label, place in words]


def action_targets(column: Column, message: Message) -> list[Target]:
    """The links of a footer."""
    words = footer_words(column, message)
    targets = [
        Target(place, "action", message, action, label=spoken(action, label))
        for action, label, place in words
        if action
    ]
    figures = [label for action, label in message.actions if action == FIGURES]
    if figures and message.footer:
        rect = footer_rect(column, message)
        width = QFontMetrics(column.look.fixed).horizontalAdvance(message.footer)
        is_beside = bool(words) and words[0][2].top() == rect.top()
        room = words[0][2].left() - rect.left() - 12 if is_beside else rect.width()
        place = QRect(rect.left(), rect.top(), max(0, min(width, room)), column.chrome.line)
        targets.insert(0, Target(place, "action", message, FIGURES, label=figures[0]))
    return targets


def spoken(action: str, label: str) -> str:
    """What a screen reader says of a link that is drawn as a sign."""
    translate = QCoreApplication.translate
    signs = {
        "previous": translate("BlockView", "Previous version"),
        "next": translate("BlockView", "Next version"),
        "again_with": translate("BlockView", "Again with another model"),
    }
    return signs.get(action, label)


def targets_between(column: Column, top: int, bottom: int) -> list[Target]:
    """Links and all that can be clicked and is wholly to be seen from `top` to `bottom`, as it is read."""
    found: list[Target] = []
    for message in column.messages_between(top, bottom):
        if not message.is_parsed:
            continue
        if message.role == "user":
            found.extend(action_targets(column, message))
            continue
        if message.has_thinking:
            label = label_text(message)
            found.append(Target(label_rect(column, message), "thinking", message, label=label))
        for slot in column.slots_between(message, top, bottom):
            if slot.block.kind == "code" and slot.block.first is None:
                found.append(_copy_target(column, slot))
            found.extend(_links(column, slot))
        found.extend(action_targets(column, message))
    return [target for target in found if top <= target.rect.top() and target.rect.bottom() <= bottom]


def _copy_target(column: Column, slot: Slot) -> Target:
    label = QCoreApplication.translate("BlockView", "Copy this code")
    return Target(copy_rect(column, slot), "copy", slot.section.message, str(slot.index), slot, label)


def _links(column: Column, slot: Slot) -> Iterator[Target]:
    if slot.sheet is None:
        return
    left, top, _right, _bottom = column.insets(slot)
    origin = QPoint(slot.section.left + left, column.y_of(slot) + top)
    for position, href, rect in slot.sheet.links():
        where = rect.translated(origin)
        yield Target(where, "link", slot.section.message, href, slot, href, position)


def target_at(column: Column, point: QPoint) -> Target | None:
    """What a click at `point` of the column means, text and links left aside."""
    for message in column.messages_between(point.y(), point.y() + 1):
        if not message.is_parsed:
            continue
        if message.has_thinking and (rect := label_rect(column, message)).contains(point):
            return Target(rect, "thinking", message)
        for target in action_targets(column, message):
            if target.rect.adjusted(-4, 0, 4, 0).contains(point):
                return target
        if message.role == "user":
            continue
        for slot in column.slots_between(message, point.y(), point.y() + 1):
            if slot.block.kind == "code" and slot.block.first is None:
                target = _copy_target(column, slot)
                if target.rect.adjusted(-4, -2, 4, 2).contains(point):
                    return target
    return None
