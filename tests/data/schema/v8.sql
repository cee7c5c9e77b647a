CREATE TABLE chats (
        id INTEGER PRIMARY KEY,
        title TEXT NOT NULL DEFAULT '',
        created_at REAL NOT NULL,
        updated_at REAL NOT NULL,
        settings TEXT NOT NULL DEFAULT '{}',
        draft TEXT NOT NULL DEFAULT '',
        leaf_id INTEGER,  -- the branch on screen; NULL is the newest message
        deleted_at REAL
    );
INSERT INTO "chats" VALUES(3765194521080096899,'Prompt 0 of 0: Grüße, ''quoted'' 😀 second line',1.7953846555135684013e+09,1.79538465551819396018e+09,'{"model_ref":"builtin/smollm2-135m-instruct","system_prompt":"Be brief.","options":{"temperature":0.5,"max_tokens":128},"is_thinking":false}','',NULL,NULL);
INSERT INTO "chats" VALUES(3765194521094811743,'Prompt 0 of 1: Grüße, ''quoted'' 😀 second line',1.79538465552069187165e+09,1.7953846555227110386e+09,'{"model_ref":"builtin/smollm2-135m-instruct","system_prompt":"Be brief.","options":{"temperature":0.5,"max_tokens":128},"is_thinking":true}','',NULL,NULL);
INSERT INTO "chats" VALUES(3765194521105104479,'Prompt 0 of 2: Grüße, ''quoted'' 😀 second line',1.79538465552502083779e+09,1.79538465552726364139e+09,'{"model_ref":"builtin/smollm2-135m-instruct","system_prompt":"Be brief.","options":{"temperature":0.5,"max_tokens":128},"is_thinking":false}','a draft',3765194521112340615,NULL);
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
    );
INSERT INTO "lanes" VALUES(3765194521117841825,3765194521117841824,0,'builtin/a','{"temperature":0}','done',NULL,'','{"ttft_s":1}','','lane text');
INSERT INTO "lanes" VALUES(3765194521117841826,3765194521117841824,1,'ollama/b','{}','interrupted',NULL,'','{}','','');
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
    );
INSERT INTO "messages" VALUES(3765194521083171653,3765194521080096899,NULL,'user',1.79538465551518654824e+09,'','done',NULL,'','{}','','Prompt 0 of 0: Grüße, ''quoted'' 😀
second line');
INSERT INTO "messages" VALUES(3765194521084702821,3765194521080096899,3765194521083171653,'assistant',1.79538465551689219472e+09,'builtin/smollm2-135m-instruct','done','stop','','{"ttft_s":0.25,"output_tokens":12,"load_s":null}','','Answer 0 é ');
INSERT INTO "messages" VALUES(3765194521089065642,3765194521080096899,3765194521084702821,'user',1.79538465551819396018e+09,'','done',NULL,'','{}','','Prompt 1 of 0: Grüße, ''quoted'' 😀
second line');
INSERT INTO "messages" VALUES(3765194521089960018,3765194521080096899,3765194521089065642,'assistant',1.7953846555189294815e+09,'builtin/smollm2-135m-instruct','done','stop','','{"ttft_s":0.25,"output_tokens":12,"load_s":null}','','Answer 0 é xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx');
INSERT INTO "messages" VALUES(3765194521091668634,3765194521080096899,3765194521089065642,'assistant',1.7953846555199813843e+09,'builtin/smollm2-135m-instruct','interrupted','stop','The answer ended without its end mark.','{"ttft_s":0.25,"output_tokens":12,"load_s":null}','','Answer 1 é xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx');
INSERT INTO "messages" VALUES(3765194521096137590,3765194521094811743,NULL,'user',1.79538465552126264576e+09,'','done',NULL,'','{}','','Prompt 0 of 1: Grüße, ''quoted'' 😀
second line');
INSERT INTO "messages" VALUES(3765194521096653631,3765194521094811743,3765194521096137590,'assistant',1.79538465552191519735e+09,'builtin/smollm2-135m-instruct','done','stop','','{"ttft_s":0.25,"output_tokens":12,"load_s":null}','thinking ','Answer 0 é ');
INSERT INTO "messages" VALUES(3765194521098418188,3765194521094811743,3765194521096653631,'user',1.7953846555227110386e+09,'','done',NULL,'','{}','','Prompt 1 of 1: Grüße, ''quoted'' 😀
second line');
INSERT INTO "messages" VALUES(3765194521100568673,3765194521094811743,3765194521098418188,'assistant',1.79538465552343583109e+09,'builtin/smollm2-135m-instruct','done','stop','','{"ttft_s":0.25,"output_tokens":12,"load_s":null}','thinking ','Answer 0 é xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx');
INSERT INTO "messages" VALUES(3765194521103458276,3765194521094811743,3765194521098418188,'assistant',1.79538465552431726461e+09,'builtin/smollm2-135m-instruct','interrupted','stop','The answer ended without its end mark.','{"ttft_s":0.25,"output_tokens":12,"load_s":null}','thinking ','Answer 1 é xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx');
INSERT INTO "messages" VALUES(3765194521105104480,3765194521105104479,NULL,'user',1.79538465552555751795e+09,'','done',NULL,'','{}','','Prompt 0 of 2: Grüße, ''quoted'' 😀
second line');
INSERT INTO "messages" VALUES(3765194521106569931,3765194521105104479,3765194521105104480,'assistant',1.79538465552629637723e+09,'builtin/smollm2-135m-instruct','done','stop','','{"ttft_s":0.25,"output_tokens":12,"load_s":null}','thinking thinking ','Answer 0 é ');
INSERT INTO "messages" VALUES(3765194521109049642,3765194521105104479,3765194521106569931,'user',1.79538465552726364139e+09,'','done',NULL,'','{}','','Prompt 1 of 2: Grüße, ''quoted'' 😀
second line');
INSERT INTO "messages" VALUES(3765194521111571387,3765194521105104479,3765194521109049642,'assistant',1.79538465552816367152e+09,'builtin/smollm2-135m-instruct','done','stop','','{"ttft_s":0.25,"output_tokens":12,"load_s":null}','thinking thinking ','Answer 0 é xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx');
INSERT INTO "messages" VALUES(3765194521112340615,3765194521105104479,3765194521109049642,'assistant',1.79538465552931475639e+09,'builtin/smollm2-135m-instruct','interrupted','stop','The answer ended without its end mark.','{"ttft_s":0.25,"output_tokens":12,"load_s":null}','thinking thinking ','Answer 1 é xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx');
CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        prompt TEXT NOT NULL,
        created_at REAL NOT NULL,
        is_sequential INTEGER NOT NULL,
        deleted_at REAL
    );
INSERT INTO "runs" VALUES(3765194521117841824,'Which is best?',1.79538465553143572811e+09,1,NULL);
CREATE TABLE votes (
        run_id INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        lane_id INTEGER,
        created_at REAL NOT NULL
    );
INSERT INTO "votes" VALUES(3765194521117841824,'best',3765194521117841825,1.79538465553293323517e+09);
CREATE INDEX chats_by_time ON chats (updated_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX chats_deleted ON chats (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX messages_of_chat ON messages (chat_id);
CREATE INDEX runs_deleted ON runs (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX lanes_of_run ON lanes (run_id);
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
CREATE TABLE batches (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    created_at REAL NOT NULL,
    is_sequential INTEGER NOT NULL,
    deleted_at REAL
);
CREATE TABLE setups (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    content TEXT NOT NULL,
    created_at REAL NOT NULL
);
ALTER TABLE runs ADD COLUMN first_id INTEGER REFERENCES runs (id) ON DELETE CASCADE;
ALTER TABLE runs ADD COLUMN batch_id INTEGER REFERENCES batches (id) ON DELETE CASCADE;
ALTER TABLE runs ADD COLUMN blind_seed INTEGER;
ALTER TABLE runs ADD COLUMN machine TEXT NOT NULL DEFAULT '{}';
CREATE INDEX runs_of_conversation ON runs (first_id) WHERE first_id IS NOT NULL;
CREATE INDEX runs_of_batch ON runs (batch_id) WHERE batch_id IS NOT NULL;
ALTER TABLE lanes ADD COLUMN previous_id INTEGER;
ALTER TABLE votes ADD COLUMN is_blind INTEGER NOT NULL DEFAULT 0;
INSERT INTO "batches" VALUES(3765554860961601762,'three prompts',1.79555647895866727836e+09,1,NULL);
INSERT INTO "setups" VALUES(3765554860984972735,'Two small ones','{"columns":[]}',1.79555647897067475323e+09);
INSERT INTO "runs" VALUES(3765554860878398430,'Blind?',1.79555647891938591001e+09,0,NULL,NULL,NULL,7,'{"cpu_percent":3.5}');
INSERT INTO "runs" VALUES(3765554860943811889,'And then?',1.79555647895058822626e+09,0,NULL,3765554860878398430,NULL,NULL,'{}');
INSERT INTO "runs" VALUES(3765554860961601763,'a',1.79555647895859193802e+09,1,NULL,NULL,3765554860961601762,NULL,'{}');
INSERT INTO "runs" VALUES(3765554860961601766,'b',1.79555647895863175391e+09,1,NULL,NULL,3765554860961601762,NULL,'{}');
INSERT INTO "runs" VALUES(3765554860961601769,'c',1.79555647895865201947e+09,1,NULL,NULL,3765554860961601762,NULL,'{}');
INSERT INTO "lanes" VALUES(3765554860879635856,3765554860878398430,0,'builtin/a','{}','done','end','','{}','','first',NULL);
INSERT INTO "lanes" VALUES(3765554860879635857,3765554860878398430,1,'ollama/b','{}','interrupted',NULL,'','{}','','',NULL);
INSERT INTO "lanes" VALUES(3765554860943811890,3765554860943811889,0,'builtin/a','{}','interrupted',NULL,'','{}','','',3765554860879635856);
INSERT INTO "lanes" VALUES(3765554860944590712,3765554860943811889,1,'ollama/b','{}','interrupted',NULL,'','{}','','',NULL);
INSERT INTO "lanes" VALUES(3765554860961601764,3765554860961601763,0,'builtin/a','{}','interrupted',NULL,'','{}','','',NULL);
INSERT INTO "lanes" VALUES(3765554860961601765,3765554860961601763,1,'ollama/b','{}','interrupted',NULL,'','{}','','',NULL);
INSERT INTO "lanes" VALUES(3765554860961601767,3765554860961601766,0,'builtin/a','{}','interrupted',NULL,'','{}','','',NULL);
INSERT INTO "lanes" VALUES(3765554860961601768,3765554860961601766,1,'ollama/b','{}','interrupted',NULL,'','{}','','',NULL);
INSERT INTO "lanes" VALUES(3765554860961601770,3765554860961601769,0,'builtin/a','{}','interrupted',NULL,'','{}','','',NULL);
INSERT INTO "lanes" VALUES(3765554860961601771,3765554860961601769,1,'ollama/b','{}','interrupted',NULL,'','{}','','',NULL);
INSERT INTO "votes" VALUES(3765554860878398430,'best',3765554860879635856,1.79555647893504500382e+09,1);
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
ALTER TABLE messages ADD COLUMN schema TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN tokens BLOB;
UPDATE messages SET schema = '{"type":"object"}', tokens = X'789C8B8E56F22C51D2D1353430D031D031D2898E56F24805F28D8C0D0C62636375A29514D2324B8A412A4C0D400A4C414A14324122266025B10022C91066' WHERE id = 3765194521084702821;
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
);
INSERT INTO "pulls" VALUES(3765554861000000001,1.0,'builtin','hf.co/org/Tiny-GGUF:Q4_K_M','{"kind":"hub","repo":"org/Tiny-GGUF","quantization":"Q4_K_M"}','paused','{"files":[{"name":"Tiny-Q4_K_M.gguf","address":"https://huggingface.co/org/Tiny-GGUF/resolve/main/Tiny-Q4_K_M.gguf","size_bytes":1000,"sha256":""}]}','',1.795556479e+09);
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
