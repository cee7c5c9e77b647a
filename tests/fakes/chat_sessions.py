"""A chat session with its real parts, without the services around it."""

from typing import Any

from slmdesk.features.chat.session import ChatSession
from slmdesk.features.documents.attached import DocumentUnfolding
from slmdesk.features.structured.schema import check_schema


def plain_session(*parts: Any) -> ChatSession:
    """The arguments are those of ChatSession, in their order."""
    return ChatSession(
        *parts, unfolding=DocumentUnfolding(), read_schema=lambda text: check_schema(text).schema
    )
