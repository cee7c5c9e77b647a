CREATE TABLE attachments (
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    details TEXT NOT NULL,
    text TEXT NOT NULL,
    data BLOB,
    PRIMARY KEY (message_id, place)
);
INSERT INTO "attachments" VALUES(3765194521083171653,0,'report.pdf','PDF','{"pages":1,"size_bytes":900}','[page 1]
Sales rose.',NULL);
PRAGMA user_version = 4;
