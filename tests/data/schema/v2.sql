CREATE TABLE folders (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    created_at REAL NOT NULL
);
ALTER TABLE chats ADD COLUMN folder_id INTEGER;
ALTER TABLE chats ADD COLUMN pinned_at REAL;
ALTER TABLE chats ADD COLUMN archived_at REAL;
ALTER TABLE chats ADD COLUMN branched_from INTEGER;
ALTER TABLE chats ADD COLUMN is_title_given INTEGER NOT NULL DEFAULT 0;
UPDATE chats SET is_title_given = title <> '';
DROP INDEX messages_of_chat;
CREATE INDEX messages_of_chat ON messages (chat_id, parent_id);
CREATE INDEX chats_of_folder ON chats (folder_id) WHERE folder_id IS NOT NULL;
CREATE TABLE choices (
    chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    parent_id INTEGER NOT NULL,  -- 0 above the first message
    child_id INTEGER NOT NULL,  -- the version below it that was shown last
    PRIMARY KEY (chat_id, parent_id)
);
CREATE TABLE search_docs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- small numbers keep the index small; never used twice
    message_id INTEGER NOT NULL UNIQUE
);
CREATE VIRTUAL TABLE search USING fts5
    (text, content = '', columnsize = 0, detail = none, tokenize = 'trigram');
CREATE TRIGGER messages_deleted AFTER DELETE ON messages BEGIN
    INSERT INTO search (search, rowid, text)
        SELECT 'delete', id, old.text FROM search_docs WHERE message_id = old.id;
    DELETE FROM search_docs WHERE message_id = old.id;
END;
CREATE TRIGGER messages_changed AFTER UPDATE OF text ON messages BEGIN
    INSERT INTO search (search, rowid, text)
        SELECT 'delete', id, old.text FROM search_docs WHERE message_id = old.id;
    INSERT INTO search (rowid, text)
        SELECT id, new.text FROM search_docs WHERE message_id = old.id;
END;
INSERT INTO folders VALUES (3765194521117900000, 'Work ''and'' play 😀', 1795384656.5);
UPDATE chats SET folder_id = 3765194521117900000, pinned_at = 1795384657.5, is_title_given = 1 WHERE id = 3765194521080096899;
INSERT INTO choices VALUES (3765194521080096899, 0, 1);
PRAGMA user_version = 2;
