CREATE TABLE unsent_attachments (
    chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    details TEXT NOT NULL,
    text TEXT NOT NULL,
    data BLOB,
    PRIMARY KEY (chat_id, place)
);
CREATE TABLE run_attachments (
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    details TEXT NOT NULL,
    text TEXT NOT NULL,
    data BLOB,
    PRIMARY KEY (run_id, place)
);
INSERT INTO "unsent_attachments" VALUES(3765194521080096899,0,'notes.txt','text','{"path":"/somewhere/notes.txt"}','Not sent yet.',NULL);
INSERT INTO "run_attachments" VALUES(3765554860878398430,0,'red.png','picture','{"mime":"image/png"}','',X'89504E47');
PRAGMA user_version = 6;
