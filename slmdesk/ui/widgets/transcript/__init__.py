"""The message view: `BlockView` for chats and for the columns of a comparison."""

from slmdesk.ui.widgets.transcript.view import BlockView

__all__ = ["BlockView"]
