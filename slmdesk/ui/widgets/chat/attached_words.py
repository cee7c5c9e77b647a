"""What was sent with a message, in one short line below it."""

from collections.abc import Sequence

from slmdesk.store.attachments import StoredAttachment
from slmdesk.ui.labels import tr

NAMED = 4
LONGEST_NAME = 40


def attached_words(attachments: Sequence[StoredAttachment]) -> str:
    """Such as "Attached: report.pdf (PDF, 12 pages), photo.png (picture)"."""
    words = ", ".join(_words(each) for each in attachments[:NAMED])
    if len(attachments) > NAMED:
        words = tr("{0} and {1} more").format(words, len(attachments) - NAMED)
    return tr("Attached: {0}").format(words)


def _words(attachment: StoredAttachment) -> str:
    name = attachment.name if len(attachment.name) <= LONGEST_NAME else f"{attachment.name[:LONGEST_NAME]}…"
    pages = attachment.details.get("pages")
    kind = tr(attachment.kind)
    if isinstance(pages, int) and pages > 1:
        kind = tr("{0}, {1} pages").format(kind, pages)
    return f"{name} ({kind})"
