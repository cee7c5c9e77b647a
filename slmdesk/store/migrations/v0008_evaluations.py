"""Version 8: packs, the answers of evaluations by the request that brought them, what was found.

`packs.content` is the pack without the texts of its documents, `packs.setup` how it was last evaluated.
`cached_answers.key` is the digest of engine, model digest and the exact request; a correction belongs to
one answer, so that another answer is not corrected by it.
"""

STATEMENTS = (
    """
    CREATE TABLE packs (
        id INTEGER PRIMARY KEY,
        title TEXT NOT NULL,
        content TEXT NOT NULL,
        setup TEXT NOT NULL DEFAULT '{}',
        created_at REAL NOT NULL,
        updated_at REAL NOT NULL,
        deleted_at REAL
    )
    """,
    """
    CREATE TABLE pack_documents (
        pack_id INTEGER NOT NULL REFERENCES packs (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        name TEXT NOT NULL,
        text TEXT NOT NULL,
        source TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (pack_id, name)
    )
    """,
    """
    CREATE TABLE cached_answers (
        key BLOB PRIMARY KEY,
        model_ref TEXT NOT NULL,
        digest TEXT NOT NULL,
        text TEXT NOT NULL,
        stop_reason TEXT,
        timings TEXT NOT NULL DEFAULT '{}',
        created_at REAL NOT NULL
    )
    """,
    """
    CREATE TABLE corrections (
        key BLOB NOT NULL,
        question_id TEXT NOT NULL,
        score REAL NOT NULL,
        note TEXT NOT NULL DEFAULT '',
        created_at REAL NOT NULL,
        PRIMARY KEY (key, question_id)
    )
    """,
    """
    CREATE TABLE findings (
        id INTEGER PRIMARY KEY,
        pack_title TEXT NOT NULL,
        content TEXT NOT NULL,
        created_at REAL NOT NULL
    )
    """,
)
