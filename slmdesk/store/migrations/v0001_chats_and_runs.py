"""Version 1: chats with a tree of messages, comparison runs with lanes and votes.

Ids are integers that grow with time (see db.new_id): rows of one answer share pages, which keeps
the bytes written low. An answer that is being written is no row: it is a journal file.
"""

STATEMENTS = (
    """
    CREATE TABLE chats (
        id INTEGER PRIMARY KEY,
        title TEXT NOT NULL DEFAULT '',
        created_at REAL NOT NULL,
        updated_at REAL NOT NULL,
        settings TEXT NOT NULL DEFAULT '{}',
        draft TEXT NOT NULL DEFAULT '',
        leaf_id INTEGER,  -- the branch on screen; NULL is the newest message
        deleted_at REAL
    )
    """,
    "CREATE INDEX chats_by_time ON chats (updated_at DESC, id DESC) WHERE deleted_at IS NULL",
    "CREATE INDEX chats_deleted ON chats (deleted_at) WHERE deleted_at IS NOT NULL",
    """
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY,
        chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
        parent_id INTEGER,
        role TEXT NOT NULL,
        created_at REAL NOT NULL,
        model_ref TEXT NOT NULL DEFAULT '',
        state TEXT NOT NULL,
        stop_reason TEXT,
        error TEXT NOT NULL DEFAULT '',
        timings TEXT NOT NULL DEFAULT '{}',
        thinking TEXT NOT NULL DEFAULT '',
        text TEXT NOT NULL
    )
    """,
    "CREATE INDEX messages_of_chat ON messages (chat_id)",
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        prompt TEXT NOT NULL,
        created_at REAL NOT NULL,
        is_sequential INTEGER NOT NULL,
        deleted_at REAL
    )
    """,
    "CREATE INDEX runs_deleted ON runs (deleted_at) WHERE deleted_at IS NOT NULL",
    """
    CREATE TABLE lanes (
        id INTEGER PRIMARY KEY,
        run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        model_ref TEXT NOT NULL,
        settings TEXT NOT NULL DEFAULT '{}',
        state TEXT NOT NULL,
        stop_reason TEXT,
        error TEXT NOT NULL DEFAULT '',
        timings TEXT NOT NULL DEFAULT '{}',
        thinking TEXT NOT NULL DEFAULT '',
        text TEXT NOT NULL DEFAULT ''
    )
    """,
    "CREATE INDEX lanes_of_run ON lanes (run_id)",
    """
    CREATE TABLE votes (
        run_id INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        lane_id INTEGER,
        created_at REAL NOT NULL
    )
    """,
)
