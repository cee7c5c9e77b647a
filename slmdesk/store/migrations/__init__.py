"""The schema, version by version. A released version is never changed; a new one is added at the end."""

from slmdesk.store.migrations.v0001_chats_and_runs import STATEMENTS as _V0001
from slmdesk.store.migrations.v0002_folders_and_search import STATEMENTS as _V0002
from slmdesk.store.migrations.v0003_blind_batches_setups import STATEMENTS as _V0003
from slmdesk.store.migrations.v0004_attachments import STATEMENTS as _V0004
from slmdesk.store.migrations.v0005_probabilities import STATEMENTS as _V0005
from slmdesk.store.migrations.v0006_unsent_and_compared import STATEMENTS as _V0006
from slmdesk.store.migrations.v0007_pulls import STATEMENTS as _V0007
from slmdesk.store.migrations.v0008_evaluations import STATEMENTS as _V0008

# MIGRATIONS[n] takes a database from version n to n + 1.
MIGRATIONS: tuple[tuple[str, ...], ...] = (_V0001, _V0002, _V0003, _V0004, _V0005, _V0006, _V0007, _V0008)
