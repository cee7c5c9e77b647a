"""Parts of the chat pane: the list of chats, the conversation, the header."""
