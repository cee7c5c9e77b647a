"""Version 2: folders, pinned and archived chats, remembered branches, and an index for full-text search.

The index is derived: `search_docs` says which messages it holds, which are all up to a certain id. Later
ones are indexed in small steps (store.search), so that neither this migration nor the end of an answer
waits for it; triggers keep what is indexed in step. Only the trigrams' documents are kept (detail none, no
content): a quarter of what a full index takes, and the places in a text are found in the text.
"""

STATEMENTS = (
    """
    CREATE TABLE folders (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        created_at REAL NOT NULL
    )
    """,
    "ALTER TABLE chats ADD COLUMN folder_id INTEGER",
    "ALTER TABLE chats ADD COLUMN pinned_at REAL",
    "ALTER TABLE chats ADD COLUMN archived_at REAL",
    "ALTER TABLE chats ADD COLUMN branched_from INTEGER",  # the chat that it was branched from
    "ALTER TABLE chats ADD COLUMN is_title_given INTEGER NOT NULL DEFAULT 0",  # typed by hand
    "UPDATE chats SET is_title_given = title <> ''",  # which of the old ones were typed is not known
    "DROP INDEX messages_of_chat",
    "CREATE INDEX messages_of_chat ON messages (chat_id, parent_id)",  # the list looks for forks
    "CREATE INDEX chats_of_folder ON chats (folder_id) WHERE folder_id IS NOT NULL",
    """
    CREATE TABLE choices (
        chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
        parent_id INTEGER NOT NULL,  -- 0 above the first message
        child_id INTEGER NOT NULL,  -- the version below it that was shown last
        PRIMARY KEY (chat_id, parent_id)
    )
    """,
    """
    CREATE TABLE search_docs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,  -- small numbers keep the index small; never used twice
        message_id INTEGER NOT NULL UNIQUE
    )
    """,
    """
    CREATE VIRTUAL TABLE search USING fts5
        (text, content = '', columnsize = 0, detail = none, tokenize = 'trigram')
    """,
    """
    CREATE TRIGGER messages_deleted AFTER DELETE ON messages BEGIN
        INSERT INTO search (search, rowid, text)
            SELECT 'delete', id, old.text FROM search_docs WHERE message_id = old.id;
        DELETE FROM search_docs WHERE message_id = old.id;
    END
    """,
    """
    CREATE TRIGGER messages_changed AFTER UPDATE OF text ON messages BEGIN
        INSERT INTO search (search, rowid, text)
            SELECT 'delete', id, old.text FROM search_docs WHERE message_id = old.id;
        INSERT INTO search (rowid, text)
            SELECT id, new.text FROM search_docs WHERE message_id = old.id;
    END
    """,
)
