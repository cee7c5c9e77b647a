"""Chats: one conversation with one model, and its export."""
