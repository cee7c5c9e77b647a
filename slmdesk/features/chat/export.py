"""A chat as Markdown to read and as JSON from which it can be made again, figures included."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from slmdesk.base.words import say
from slmdesk.engines.answer import AnswerState
from slmdesk.engines.answer_words import figures
from slmdesk.engines.plain import estimate_from_plain, left_out_from_plain, timings_from_plain
from slmdesk.store.attachments import StoredAttachment
from slmdesk.store.chats import Chat
from slmdesk.store.messages import StoredMessage

FORMAT = "slmdesk-chat"
VERSION = 2


def to_markdown(chat: Chat, messages: Sequence[StoredMessage]) -> str:
    """Headings for who speaks, the texts as they are, a line of figures below each answer."""
    parts = [f"# {' '.join(chat.title.split()) or say('Chat')}", f"*{moment(chat.created_at)}*"]
    if chat.settings.system_prompt.strip():
        parts += [f"## {say('System prompt')}", chat.settings.system_prompt.strip()]
    for message in messages:
        parts += _answer_parts(message) if message.role == "assistant" else _prompt_parts(message)
    return "\n\n".join(part for part in parts if part) + "\n"


def to_json(chat: Chat, messages: Sequence[StoredMessage]) -> str:
    """Everything that is stored of these messages: of all branches, if they are all those of the tree."""
    return json.dumps(to_plain(chat, messages), ensure_ascii=False, indent=2) + "\n"


def to_plain(chat: Chat, messages: Sequence[StoredMessage]) -> dict[str, Any]:
    """The object of `to_json`. `parent` and `leaf` are places in the list of messages."""
    places = {message.id: place for place, message in enumerate(messages)}
    return {
        "format": FORMAT,
        "version": VERSION,
        "title": chat.title,
        "created_at": chat.created_at,
        "updated_at": chat.updated_at,
        "is_pinned": chat.is_pinned,
        "is_archived": chat.is_archived,
        "leaf": places.get(chat.leaf_id or ""),
        "settings": {
            "model": chat.settings.model_ref,
            "system_prompt": chat.settings.system_prompt,
            "options": dict(chat.settings.options),
            "is_thinking": chat.settings.is_thinking,
            **({"schema": chat.settings.schema} if chat.settings.schema else {}),
            **({"has_probabilities": True} if chat.settings.has_probabilities else {}),
        },
        "messages": [_message(message, places.get(message.parent_id or "")) for message in messages],
    }


def _message(message: StoredMessage, parent: int | None) -> dict[str, Any]:
    content: dict[str, Any] = {
        "parent": parent,
        "role": message.role,
        "text": message.text,
        "created_at": message.created_at,
    }
    if message.role != "assistant":
        return content | (
            {"attachments": list(map(_attachment, message.attachments))} if message.attachments else {}
        )
    return content | {
        "thinking": message.thinking,
        "model": message.model_ref,
        "state": message.state,
        "stop_reason": message.stop_reason,
        "error": message.error,
        "timings": dict(message.timings),
        **({"schema": message.schema} if message.schema else {}),
        **({"tokens": base64.b64encode(message.tokens).decode()} if message.tokens else {}),
    }


def _attachment(attachment: StoredAttachment) -> dict[str, Any]:
    """A document with its text, a picture with its bytes in base 64."""
    content: dict[str, Any] = {"name": attachment.name, "kind": attachment.kind}
    content["details"] = dict(attachment.details)
    if attachment.data is None:
        return content | {"text": attachment.text}
    return content | {"data": base64.b64encode(attachment.data).decode()}


def attached_line(message: StoredMessage) -> str:
    """What was sent with a question, "" if nothing was."""
    names = ", ".join(f"{' '.join(each.name.split())} ({say(each.kind)})" for each in message.attachments)
    return say("Attached: {names}", names=names) if names else ""


def _prompt_parts(message: StoredMessage) -> list[str]:
    line = attached_line(message)
    return [f"## {say('You')}", message.text.strip(), f"*{line}*" if line else ""]


def _answer_parts(message: StoredMessage) -> list[str]:
    line = figures_of(message)
    return [
        f"## {message.model_ref or say('Assistant')}",
        _quoted(message.thinking),
        message.text.strip(),
        f"*{line}*" if line else "",
        f"> {' '.join(message.error.split())}" if message.error else "",
    ]


def figures_of(message: StoredMessage) -> str:
    """The line below an answer."""
    state = AnswerState.INTERRUPTED if message.state == AnswerState.WRITING else message.state
    timings, estimate = timings_from_plain(message.timings), estimate_from_plain(message.timings)
    return figures(timings, message.stop_reason, state, estimate, left_out_from_plain(message.timings))


def _quoted(thinking: str) -> str:
    """Thinking as a quotation, so that it cannot be taken for the answer."""
    lines = thinking.strip().splitlines()
    return (
        "\n".join([f"> *{say('Thinking')}*", ">", *(f"> {line}".rstrip() for line in lines)]) if lines else ""
    )


def moment(unix_s: float) -> str:
    """Date and time as an export shows them."""
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
