"""Drafts are stored one write behind, and one that was sent does not come back."""

import asyncio
from typing import Any

from slmdesk.base.jobs import JobRunner
from slmdesk.store.chats import Chat, ChatSettings
from slmdesk.ui.widgets.chat.draft_keeper import DraftKeeper
from tests.fakes.until import until


class SlowChats:
    """Stores a draft only when the gate is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.stored: list[str] = []

    async def save_draft(self, _chat_id: str, text: str) -> None:
        await self.gate.wait()
        self.stored.append(text)


def keeper() -> tuple[DraftKeeper, Any, JobRunner]:
    def fail(key: str, error: Exception) -> None:
        raise AssertionError(key) from error

    chats: Any = SlowChats()
    jobs = JobRunner(fail)
    return DraftKeeper(chats, jobs), chats, jobs


def chat(draft: str = "") -> Chat:
    return Chat("1", "", 0.0, 0.0, ChatSettings(), draft)


async def test_what_is_written_meanwhile_is_stored_once() -> None:
    drafts, chats, jobs = keeper()
    for text in ("a", "ab", "abc", "abcd"):
        drafts.keep("1", text)
        await asyncio.sleep(0)
    chats.gate.set()
    await until(lambda: not jobs.is_running("draft:1"))
    assert chats.stored == ["a", "abcd"]
    assert drafts.of(chat("old")) == "abcd"


async def test_a_sent_draft_is_not_stored_behind_the_message() -> None:
    drafts, chats, jobs = keeper()
    drafts.keep("1", "a")
    await asyncio.sleep(0)
    drafts.keep("1", "ab")
    drafts.forget("1")
    chats.gate.set()
    await until(lambda: not jobs.is_running("draft:1"))
    assert chats.stored == ["a", ""]
    assert drafts.of(chat("old")) == ""


async def test_a_draft_being_stored_outlives_the_end() -> None:
    drafts, chats, jobs = keeper()
    drafts.keep("1", "kept")
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(jobs.aclose())
    await asyncio.sleep(0)
    chats.gate.set()
    await closing
    assert chats.stored == ["kept"]


async def test_the_stored_draft_is_shown_until_another_is_written() -> None:
    drafts, _, _ = keeper()
    assert drafts.of(chat("from the store")) == "from the store"
