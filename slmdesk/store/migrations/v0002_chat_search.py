"""Version 2: nothing yet; the number is kept for the search over chats."""

STATEMENTS: tuple[str, ...] = ()
