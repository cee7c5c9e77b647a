"""What is attached stands before the question, is cut to its room, and is still there after a restart."""

from pathlib import Path

from slmdesk.engines.base import Capabilities, Image, Options
from slmdesk.engines.plain import options_to_plain
from slmdesk.engines.registry import Registry
from slmdesk.features.chat.session import ChatSession
from slmdesk.features.documents.attached import documents_of, images_of, to_stored
from slmdesk.features.documents.document import Document, Kind, Picture
from slmdesk.features.documents.prompt import CUT_MARK
from slmdesk.store.chats import ChatSettings
from tests.fakes.chat_sessions import plain_session
from tests.fakes.data_folder import opened
from tests.fakes.scripted_engine import ScriptedEngine, says

REPORT = Document("report.pdf", Kind.PDF, "[page 1]\nSales rose by 7 %.", pages=1, size_bytes=900)
PHOTO = Picture("photo.png", Image(b"\x89PNG", "image/png"), 4, 3, size_bytes=70)


async def session(store: object, engine: ScriptedEngine, chat_id: str = "", **options: int) -> ChatSession:
    registry = Registry()
    registry.replace([engine])
    await registry.refresh()
    chats = store.chats  # type: ignore[attr-defined]  # tests.fakes.data_folder
    settings = ChatSettings("scripted/echo", options=options_to_plain(Options(**options)))
    wanted = chat_id or (await chats.create(settings)).id
    chat, tree = await chats.load_tree(wanted)
    return plain_session(chats, registry, chat, tree)


async def test_documents_come_first_and_the_question_last_also_after_a_restart(tmp_path: Path) -> None:
    engine = ScriptedEngine({"echo": says("7 %")}, capabilities=Capabilities(vision=True))
    async with opened(tmp_path) as store:
        asking = await session(store, engine)
        await asking.send("How much?", [to_stored(REPORT), to_stored(PHOTO)])
    async with opened(tmp_path) as store:
        read = await session(store, engine, asking.chat.id)
        assert read.messages[0].text == "How much?"
        assert documents_of(read.messages[0].attachments) == [REPORT]
        assert images_of(read.messages[0].attachments) == (PHOTO.image,)
        await read.again()
        await read.send("And now?")
    first, again, later = (request.messages for request in engine.requests)
    assert first[0].content.startswith('<document index="1" name="report.pdf">')
    assert first[0].content.endswith("</document>\n\nHow much?")
    assert first[0].images == (PHOTO.image,)
    assert again == first
    assert later[0] == first[0]
    assert later[-1].content == "And now?"


async def test_a_long_document_is_cut_to_the_context_and_whole_in_a_larger_one(tmp_path: Path) -> None:
    engine = ScriptedEngine({"echo": says("ok")})
    long = Document("long.txt", Kind.TEXT, "\n\n".join(["One two three four five."] * 400))
    async with opened(tmp_path) as store:
        asking = await session(store, engine, context_tokens=1024)
        await asking.send("What?", [to_stored(long)])
        await asking.update_options(Options(context_tokens=8192))
        await asking.again()
    cut, whole = (request.messages[0].content for request in engine.requests)
    assert CUT_MARK in cut
    assert len(cut) < 6 * 1024
    assert CUT_MARK not in whole


async def test_other_words_and_a_branch_keep_what_is_attached(tmp_path: Path) -> None:
    engine = ScriptedEngine({"echo": says("ok")})
    async with opened(tmp_path) as store:
        asking = await session(store, engine)
        await asking.send("What?", [to_stored(REPORT)])
        await asking.edit(asking.messages[0].id, "Really?")
        assert documents_of(asking.messages[0].attachments) == [REPORT]
        branch = await asking.branch(asking.messages[0].id)
        _, messages = await store.chats.load(branch.id)
        assert documents_of(messages[0].attachments) == [REPORT]


async def test_a_schema_goes_along(tmp_path: Path) -> None:
    engine = ScriptedEngine({"echo": says("{}")})
    async with opened(tmp_path) as store:
        asking = await session(store, engine)
        await asking.update_settings(ChatSettings("scripted/echo", schema='{"type": "object"}'))
        chat, _ = await store.chats.load(asking.chat.id)
        assert chat.settings.schema == '{"type": "object"}'
        await asking.send("What?")
    assert engine.requests[0].schema == {"type": "object"}
