"""How much a document may ask of this machine: bytes, characters, memory, seconds."""

from slmdesk.base.words import number

MAX_FILE_BYTES = 64_000_000
MAX_TEXT_CHARS = 4_000_000  # about a million tokens: more than any small model's context
MAX_UNPACKED_BYTES = 300_000_000
MAX_TREE_BYTES = 40_000_000  # of XML that is read in one go; its tree takes twenty times as much
MAX_ARCHIVE_ENTRIES = 20_000
MAX_PIXELS = 80_000_000

# A reader ends by itself with what it has after the first span; the child is killed after the second.
READING_S = 40.0
KILLED_AFTER_S = 60.0
# Address space of the child, libraries included; Linux alone keeps to it.
CHILD_MEMORY_BYTES = 2_000_000_000
CHILDREN_AT_ONCE = 2


def megabytes(size_bytes: int) -> str:
    """68,500,000 as "68.5 MB"; small amounts as "0.1 MB" at least."""
    return f"{number(max(size_bytes / 1e6, 0.1), '.1f')} MB"
