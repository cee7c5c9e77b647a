CREATE TABLE packs (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    content TEXT NOT NULL,
    setup TEXT NOT NULL DEFAULT '{}',
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    deleted_at REAL
);
CREATE TABLE pack_documents (
    pack_id INTEGER NOT NULL REFERENCES packs (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    source TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (pack_id, name)
);
CREATE TABLE cached_answers (
    key BLOB PRIMARY KEY,
    model_ref TEXT NOT NULL,
    digest TEXT NOT NULL,
    text TEXT NOT NULL,
    stop_reason TEXT,
    timings TEXT NOT NULL DEFAULT '{}',
    created_at REAL NOT NULL
);
CREATE TABLE corrections (
    key BLOB NOT NULL,
    question_id TEXT NOT NULL,
    score REAL NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    created_at REAL NOT NULL,
    PRIMARY KEY (key, question_id)
);
CREATE TABLE findings (
    id INTEGER PRIMARY KEY,
    pack_title TEXT NOT NULL,
    content TEXT NOT NULL,
    created_at REAL NOT NULL
);
INSERT INTO "packs" VALUES(3765554861000000002,'Reports','{"questions":[]}','{}',1.795556479e+09,1.795556479e+09,NULL);
INSERT INTO "pack_documents" VALUES(3765554861000000002,0,'harbour-clinic','A clinic lost 184,302 records.','');
INSERT INTO "cached_answers" VALUES(X'00FF','builtin/smollm2','sha256:1','Yes','end','{}',1.795556479e+09);
INSERT INTO "corrections" VALUES(X'00FF','breach',1.0,'It says so.',1.795556479e+09);
INSERT INTO "findings" VALUES(3765554861000000003,'Reports','{}',1.795556479e+09);
PRAGMA user_version = 8;
