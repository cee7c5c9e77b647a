"""What other programs export, as chats of this one: read without trust, repaired where that is possible."""

import base64
import binascii
import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from slmdesk.base.words import say
from slmdesk.features.chat.export import FORMAT, VERSION
from slmdesk.store.attachments import StoredAttachment
from slmdesk.store.chats import ChatSettings
from slmdesk.store.messages import NewMessage
from slmdesk.store.text import title_from
from slmdesk.store.whole_chats import NewChat

_LAST_SECOND = 4e9  # the year 2096
_MILLISECONDS_FROM = 1e11


class NotUsable(Exception):
    """Why a chat is skipped, in words for the user."""


def read_chat(content: object, defaults: ChatSettings) -> NewChat:
    """A chat of SLM Desk, ChatGPT or Open WebUI; raises NotUsable."""
    if not isinstance(content, dict):
        raise NotUsable(say("it is no chat"))
    if content.get("format") == FORMAT:
        return _own(content, defaults)
    if isinstance(content.get("mapping"), dict):
        return _chatgpt(content, defaults)
    inner = content.get("chat")
    chat = inner if isinstance(inner, dict) else content
    if isinstance(_mapping(chat.get("history")).get("messages"), dict):
        return _open_webui(content, chat, defaults)
    raise NotUsable(say("its format is not known"))


@dataclass(frozen=True, slots=True)
class _Node:
    """A place in a foreign tree; without a message it only links the places around it."""

    parent: str | None
    message: NewMessage | None
    created_at: float


def _own(content: Mapping[str, Any], defaults: ChatSettings) -> NewChat:
    version = content.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise NotUsable(say("a newer version of SLM Desk wrote it"))
    entries = content.get("messages")
    if not isinstance(entries, list):
        raise NotUsable(say("it has no messages"))
    nodes = {}
    for place, entry in enumerate(map(_mapping, entries)):
        # Version 1 holds a single path: each message follows the one before.
        parent = entry.get("parent") if version > 1 else place - 1
        is_place = isinstance(parent, int) and not isinstance(parent, bool) and parent >= 0
        message = NewMessage(
            parent=None,
            role=_role(entry.get("role")) or "assistant",
            text=_text(entry.get("text")),
            created_at=_seconds(entry.get("created_at")),
            thinking=_text(entry.get("thinking")),
            state=_state(entry.get("state")),
            model_ref=_text(entry.get("model")),
            timings=_figures(entry.get("timings")),
            stop_reason=_text(entry.get("stop_reason")) or None,
            error=_text(entry.get("error")),
            attachments=tuple(_attachments(entry.get("attachments"))),
            schema=_text(entry.get("schema")),
            tokens=_bytes(entry.get("tokens")) or b"",
        )
        nodes[str(place)] = _Node(str(parent) if is_place else None, message, message.created_at)
    settings = _mapping(content.get("settings"))
    chat = _whole(content, nodes, str(content.get("leaf")), _settings(settings, defaults))
    return replace(
        chat,
        is_pinned=content.get("is_pinned") is True,
        is_archived=content.get("is_archived") is True,
    )


def _attachments(value: object) -> Iterator[StoredAttachment]:
    """Those that can be read: a document needs a text, a picture bytes."""
    for entry in map(_mapping, value if isinstance(value, list) else ()):
        name, kind, text = (_text(entry.get(key)) for key in ("name", "kind", "text"))
        data = _bytes(entry.get("data"))
        if data is not None and name and (text or data):
            found = _mapping(entry.get("details"))
            details = {key: each for key, each in found.items() if isinstance(each, str | int)}
            yield StoredAttachment(name, kind, "" if data else text, data or None, details)


def _bytes(value: object) -> bytes | None:
    """What is written in base 64, b"" for nothing; None where it cannot be read."""
    try:
        return base64.b64decode(_text(value), validate=True)
    except (binascii.Error, ValueError):
        return None


def _chatgpt(content: Mapping[str, Any], defaults: ChatSettings) -> NewChat:
    nodes = {}
    for name, entry in content["mapping"].items():
        place = _mapping(entry)
        said = _mapping(place.get("message"))
        role = _role(_mapping(said.get("author")).get("role"))
        body, metadata = _mapping(said.get("content")), _mapping(said.get("metadata"))
        text = _parts(body) if said.get("recipient") in (None, "all") else ""  # others are calls of tools
        created_at = _seconds(said.get("create_time"))
        message = None
        if role and text.strip() and metadata.get("is_visually_hidden_from_conversation") is not True:
            model = _text(metadata.get("model_slug")) if role == "assistant" else ""
            message = NewMessage(None, role, text, created_at, model_ref=model)
        nodes[name] = _Node(_name(place.get("parent")), message, created_at)
    chat = _whole(content, nodes, _name(content.get("current_node")), defaults)
    return replace(chat, is_archived=content.get("is_archived") is True)


def _open_webui(outer: Mapping[str, Any], chat: Mapping[str, Any], defaults: ChatSettings) -> NewChat:
    history = chat["history"]
    nodes = {}
    for name, entry in history["messages"].items():
        said = _mapping(entry)
        role, created_at = _role(said.get("role")), _seconds(said.get("timestamp"))
        text = _text(said.get("content"))
        message = None
        if role:
            model = _text(said.get("model")) if role == "assistant" else ""
            state = "interrupted" if said.get("done") is False else "done"
            message = NewMessage(None, role, text, created_at, model_ref=model, state=state)
        nodes[name] = _Node(_name(said.get("parentId")), message, created_at)
    params = _mapping(chat.get("params"))
    system = _text(params.get("system")) or _text(chat.get("system"))
    settings = replace(defaults, system_prompt=system or defaults.system_prompt)
    titled = {**outer, "title": _text(outer.get("title")) or _text(chat.get("title"))}
    found = _whole(titled, nodes, _name(history.get("currentId")), settings)
    return replace(found, is_pinned=outer.get("pinned") is True, is_archived=outer.get("archived") is True)


def _whole(
    content: Mapping[str, Any], nodes: Mapping[str, _Node], leaf: str | None, settings: ChatSettings
) -> NewChat:
    """The chat with its tree put in order; raises NotUsable when nothing is said in it."""
    messages, places = _in_order(nodes)
    if not messages:
        raise NotUsable(say("there are no messages in it"))
    times = [message.created_at for message in messages if message.created_at]
    first = next((message.text for message in messages if message.role == "user"), messages[0].text)
    title = " ".join(_text(content.get("title")).split())[:200]
    created_at = _seconds(content.get("created_at")) or _seconds(content.get("create_time"))
    updated_at = _seconds(content.get("updated_at")) or _seconds(content.get("update_time"))
    created_at = created_at or min(times, default=0.0)
    return NewChat(
        title=title or title_from(first),
        settings=settings,
        messages=[replace(message, created_at=message.created_at or created_at) for message in messages],
        leaf=places.get(leaf or "", None),
        created_at=created_at or None,
        updated_at=updated_at or max(times, default=0.0) or created_at or None,
        is_title_given=bool(title),
    )


def _in_order(nodes: Mapping[str, _Node]) -> tuple[list[NewMessage], dict[str, int]]:
    """A parent before its children, the older first; places without a message are passed over.

    Returns the messages, and for each name the place of its message or of the nearest one above.
    What hangs on nothing, or on itself in a circle, begins a branch of its own: nothing is lost.
    """
    children: dict[str, list[str]] = {}
    for name, node in nodes.items():
        children.setdefault(node.parent or "", []).append(name)
    order = {name: place for place, name in enumerate(nodes)}
    roots = [name for name, node in nodes.items() if node.parent is None or node.parent not in nodes]
    messages: list[NewMessage] = []
    places: dict[str, int] = {}
    seen: set[str] = set()
    for start in (roots, *([name] for name in nodes)):  # the second part finds what is in circles
        waiting = [(nodes[name].created_at, order[name], name, "") for name in start if name not in seen]
        seen.update(start)
        heapq.heapify(waiting)
        while waiting:
            _, _, name, above = heapq.heappop(waiting)
            place, message = places.get(above), nodes[name].message
            if message is not None:
                messages.append(replace(message, parent=place))
                place = len(messages) - 1
            if place is not None:
                places[name] = place
            for child in children.get(name, ()):
                if child not in seen:
                    seen.add(child)
                    heapq.heappush(waiting, (nodes[child].created_at, order[child], child, name))
    return messages, places


def _parts(body: Mapping[str, Any]) -> str:
    """The text of ChatGPT's content; its thoughts, code runs and pictures are left out."""
    if body.get("content_type") not in (None, "text", "multimodal_text"):
        return ""
    parts = body.get("parts")
    texts = [part for part in parts if isinstance(part, str)] if isinstance(parts, list) else []
    return "\n\n".join(text for text in texts if text.strip())


def _settings(content: Mapping[str, Any], defaults: ChatSettings) -> ChatSettings:
    return ChatSettings(
        model_ref=_text(content.get("model")) or defaults.model_ref,
        system_prompt=_text(content.get("system_prompt")),
        options=_mapping(content.get("options")) or defaults.options,
        is_thinking=content.get("is_thinking") is True,
        schema=_text(content.get("schema")),
        has_probabilities=content.get("has_probabilities") is True,
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _role(value: object) -> str | None:
    return value if value in ("user", "assistant") and isinstance(value, str) else None


def _state(value: object) -> str:
    return value if value in ("stopped", "interrupted", "failed") and isinstance(value, str) else "done"


def _figures(value: object) -> Mapping[str, float | int | None]:
    return {name: figure for name, figure in _mapping(value).items() if figure is None or _is_number(figure)}


def _seconds(value: object) -> float:
    """Unix seconds, also from milliseconds; 0.0 where it is no time."""
    if not isinstance(value, int | float) or not _is_number(value):
        return 0.0
    seconds = value / 1000 if value > _MILLISECONDS_FROM else value
    return float(seconds) if 0 < seconds < _LAST_SECOND else 0.0


def _is_number(value: object) -> bool:
    """A finite number that the database can hold: JSON knows others."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1 << 62
