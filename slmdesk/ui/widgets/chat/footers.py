"""What stands below a message: the figures of an answer, its versions, and what can be done with it."""

from slmdesk.base.errors import ContextOverflow, OutOfMemory
from slmdesk.features.chat.export import figures_of
from slmdesk.features.chat.session import ChatSession, can_continue
from slmdesk.store.messages import StoredMessage
from slmdesk.ui.labels import short_name, tr
from slmdesk.ui.widgets.chat.attached_words import attached_words
from slmdesk.ui.widgets.transcript.message import IN_THE_MENU

Actions = list[tuple[str, str]]


def footer_of(session: ChatSession, message: StoredMessage) -> str:
    """What was sent with a question; the figures of an answer, with its model where the chat uses another."""
    if message.role != "assistant":
        return attached_words(message.attachments) if message.attachments else ""
    is_other = message.model_ref and message.model_ref != session.chat.settings.model_ref
    parts = [short_name(message.model_ref) if is_other else "", figures_of(message)]
    return " · ".join(part for part in parts if part)


def actions_of(session: ChatSession, message: StoredMessage) -> Actions:
    """From left to right, as (id, label)."""
    return [*_versions(session, message), *_own(session, message)]


def _versions(session: ChatSession, message: StoredMessage) -> Actions:
    """‹ 2/2 ›, where there is a choice."""
    words = session.versions(message.id).words
    return [("previous", "‹"), ("", words), ("next", "›")] if words else []


def _own(session: ChatSession, message: StoredMessage) -> Actions:
    copy = [("copy", tr("Copy"))] if message.text else []
    branch = ("branch", tr("Branch"))
    if message.role == "user":
        return [*copy, ("edit", tr("Edit")), branch]
    is_last = message.id == session.messages[-1].id
    again = [("again", tr("Again")), ("again_with", "▾")]
    helps = _remedies(session, message) if is_last else []
    figures = [("figures", tr("All figures of this answer"))] if message.timings else []
    others = [branch, ("compare", tr("Compare…")), (IN_THE_MENU, tr("Probabilities…"))]
    return [*figures, *copy, *again, *helps, *others]


def _remedies(session: ChatSession, message: StoredMessage) -> Actions:
    """What helps the last answer, beside trying again."""
    answer = session.answer
    error = answer.error if answer is not None and not answer.is_running else None
    if isinstance(error, OutOfMemory):
        return [("load_anyway", tr("Load anyway"))]
    if isinstance(error, ContextOverflow):
        return [("more_context", tr("Raise the context"))]
    return [("continue", tr("Continue"))] if can_continue(message) else []
