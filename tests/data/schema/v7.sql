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
PRAGMA user_version = 7;
