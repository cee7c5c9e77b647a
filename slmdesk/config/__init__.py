"""Where data lives, what the user chose, and the keys that must stay secret."""
