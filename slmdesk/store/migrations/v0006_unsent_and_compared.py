"""Version 6: what is attached and not sent yet, and what was sent to the columns of a comparison."""

STATEMENTS = (
    """
    CREATE TABLE unsent_attachments (
        chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        details TEXT NOT NULL,
        text TEXT NOT NULL,
        data BLOB,
        PRIMARY KEY (chat_id, place)
    )
    """,
    """
    CREATE TABLE run_attachments (
        run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        details TEXT NOT NULL,
        text TEXT NOT NULL,
        data BLOB,
        PRIMARY KEY (run_id, place)
    )
    """,
)
