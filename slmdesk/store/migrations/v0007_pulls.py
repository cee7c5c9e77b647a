"""Version 7: models that are being fetched, and where those that were fetched came from."""

STATEMENTS = (
    """
    CREATE TABLE pulls (
        id INTEGER PRIMARY KEY,
        place REAL NOT NULL,
        engine_id TEXT NOT NULL,
        name TEXT NOT NULL,
        source TEXT NOT NULL,
        state TEXT NOT NULL,
        files TEXT NOT NULL DEFAULT '{}',
        error TEXT NOT NULL DEFAULT '',
        created_at REAL NOT NULL
    )
    """,
)
