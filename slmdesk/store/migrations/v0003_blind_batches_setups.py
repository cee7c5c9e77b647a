"""Version 3: follow-up questions and blind votes, lists of prompts, and sets of columns with a name."""

STATEMENTS = (
    """
    CREATE TABLE batches (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        created_at REAL NOT NULL,
        is_sequential INTEGER NOT NULL,
        deleted_at REAL
    )
    """,
    """
    CREATE TABLE setups (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        content TEXT NOT NULL,
        created_at REAL NOT NULL
    )
    """,
    # The first question of the conversation that this run goes on with.
    "ALTER TABLE runs ADD COLUMN first_id INTEGER REFERENCES runs (id) ON DELETE CASCADE",
    "ALTER TABLE runs ADD COLUMN batch_id INTEGER REFERENCES batches (id) ON DELETE CASCADE",
    # Shuffles the columns of a blind run; NULL when it is not blind.
    "ALTER TABLE runs ADD COLUMN blind_seed INTEGER",
    # What else the machine was doing when the run began.
    "ALTER TABLE runs ADD COLUMN machine TEXT NOT NULL DEFAULT '{}'",
    "CREATE INDEX runs_of_conversation ON runs (first_id) WHERE first_id IS NOT NULL",
    "CREATE INDEX runs_of_batch ON runs (batch_id) WHERE batch_id IS NOT NULL",
    # The answer that this lane's history ends with.
    "ALTER TABLE lanes ADD COLUMN previous_id INTEGER",
    "ALTER TABLE votes ADD COLUMN is_blind INTEGER NOT NULL DEFAULT 0",
)
