"""Version 4: files, pages and pictures that were sent with a message."""

STATEMENTS = (
    """
    CREATE TABLE attachments (
        message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        details TEXT NOT NULL,
        text TEXT NOT NULL,
        data BLOB,
        PRIMARY KEY (message_id, place)
    )
    """,
)
