"""Imports: our own, ChatGPT's and Open WebUI's exports, and files that were made to do harm."""

import asyncio
import io
import json
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slmdesk.base.errors import BadInput
from slmdesk.engines.base import Capabilities, Delta, TokenLogprob
from slmdesk.features.chat import importing
from slmdesk.features.chat.export import to_json
from slmdesk.features.chat.import_formats import NotUsable, read_chat
from slmdesk.features.chat.importing import ImportReport, import_chats, json_values
from slmdesk.store.attachments import StoredAttachment
from slmdesk.store.chats import ChatSettings
from tests.fakes.scripted_engine import DONE
from tests.unit.features.chat.test_versions import begin_with_two
from tests.unit.features.conftest import Store

DEFAULTS = ChatSettings("builtin/m")


async def bring_in(store: Store, folder: Path, content: Any) -> ImportReport:
    path = folder / "export.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return await import_chats(path, store.chats, DEFAULTS)


async def test_our_own_export_comes_back_with_all_branches(store: Store, tmp_path: Path) -> None:
    session, engine = await begin_with_two(store)
    engine.capabilities = Capabilities(schema=True, logprobs=True)
    script = (Delta('"a"', logprobs=(TokenLogprob('"a"', -1.0),)), DONE)
    engine.scripts = {"m": script, "other": script}
    asked = replace(session.chat.settings, has_probabilities=True, schema='{"type": "string"}')
    await session.update_settings(asked)
    report_file = StoredAttachment("a.pdf", "PDF", "Text.", None, {"pages": 1})
    photo = StoredAttachment("b.png", "picture", "", b"\x89PNG", {"mime": "image/png"})
    await session.send("one", [report_file, photo])
    await session.again(model_ref="scripted/other")
    await session.send("two")
    await session.edit(session.messages[0].id, "other one")
    await session.show_version(session.tree.messages[1].id)
    await store.chats.set_pinned(session.chat.id, is_pinned=True)
    await store.chats.rename(session.chat.id, "Mine")
    before, tree = await store.chats.load_tree(session.chat.id)

    report = await bring_in(store, tmp_path, to_json(before, tree.messages))

    assert report.words == "1 chat imported."
    after, copied = await store.chats.load_tree(report.chat_ids[0])
    assert (after.title, after.settings, after.is_pinned) == ("Mine", before.settings, True)
    assert (after.created_at, after.updated_at) == (before.created_at, before.updated_at)
    names = dict(zip([m.id for m in tree.messages], [m.id for m in copied.messages], strict=True))
    for old, new in zip(tree.messages, copied.messages, strict=True):
        assert new.id not in names
        assert (old.role, old.text, old.thinking, old.state, old.model_ref, old.timings, old.created_at) == (
            *(new.role, new.text, new.thinking, new.state, new.model_ref, new.timings, new.created_at),
        )
        assert names.get(old.parent_id or "") == new.parent_id
        assert (old.attachments, old.schema, old.tokens) == (new.attachments, new.schema, new.tokens)
    assert [bool(message.tokens) for message in copied.messages[:2]] == [False, True]
    assert copied.messages[1].schema == '{"type": "string"}'
    assert copied.messages[0].attachments == (report_file, photo)
    shown = [message.text for message in tree.path_to(before.leaf_id)]
    assert [message.text for message in copied.path_to(after.leaf_id)] == shown


async def test_the_first_version_of_our_export_is_one_path(store: Store, tmp_path: Path) -> None:
    content = {
        "format": "slmdesk-chat",
        "version": 1,
        "title": "Old",
        "created_at": 1_700_000_000.0,
        "settings": {"model": "ollama/x", "system_prompt": "Be brief.", "options": {"seed": 1}},
        "messages": [{"role": "user", "text": "q"}, {"role": "assistant", "text": "a", "model": "ollama/x"}],
    }
    report = await bring_in(store, tmp_path, [content, content | {"version": 99}])
    chat, path = await store.chats.load(report.chat_ids[0])
    assert [message.text for message in path] == ["q", "a"]
    assert chat.settings == ChatSettings("ollama/x", "Be brief.", {"seed": 1})
    assert report.words == ("1 chat imported, 1 skipped: chat 2 (a newer version of SLM Desk wrote it).")


def said(role: str, *parts: Any, at: float | None = None, **more: Any) -> dict[str, Any]:
    return {
        "author": {"role": role},
        "create_time": at,
        "content": {"content_type": "text", "parts": list(parts)},
        "recipient": "all",
        "metadata": {"model_slug": "gpt-4o"},
    } | more


CHATGPT = {
    "title": "Rust",
    "create_time": 1_700_000_000.5,
    "update_time": 1_700_000_009.5,
    "current_node": "a2",
    "mapping": {
        "root": {"id": "root", "message": None, "parent": None, "children": ["s"]},
        "s": {"message": said("system", ""), "parent": "root"},
        "q": {"message": said("user", "What is Rust?", at=1.7e9), "parent": "s"},
        "t": {"message": said("assistant", "search(rust)", at=1.7e9 + 1, recipient="browser"), "parent": "q"},
        "tool": {"message": said("tool", "found"), "parent": "t"},
        "a1": {"message": said("assistant", "A language.", at=1.7e9 + 2), "parent": "tool"},
        "a2": {"message": said("assistant", "A fungus.", {"asset": 1}, at=1.7e9 + 3), "parent": "q"},
        "q2": {"message": said("user", "Really?", at=1.7e9 + 4), "parent": "a1"},
    },
}


async def test_chatgpt(store: Store, tmp_path: Path) -> None:
    report = await bring_in(store, tmp_path, [CHATGPT])
    chat, tree = await store.chats.load_tree(report.chat_ids[0])
    assert (chat.title, chat.created_at, chat.settings) == ("Rust", 1_700_000_000.5, DEFAULTS)
    assert [message.text for message in tree.path_to(chat.leaf_id)] == ["What is Rust?", "A fungus."]
    answer = tree.path_to(chat.leaf_id)[1]
    assert (answer.model_ref, answer.created_at) == ("gpt-4o", 1.7e9 + 3)
    other = tree.versions(answer.id).ids[0]
    assert [m.text for m in tree.path_to(tree.leaf_below(other))] == [
        "What is Rust?",
        "A language.",
        "Really?",
    ]


OPEN_WEBUI = {
    "id": "x",
    "title": "Outer",
    "pinned": True,
    "archived": True,
    "created_at": 1_700_000_000,
    "updated_at": 1_700_000_005,
    "chat": {
        "title": "Inner",
        "models": ["qwen3:4b"],
        "params": {"system": "Be kind."},
        "history": {
            "currentId": "b",
            "messages": {
                "a": {"parentId": None, "role": "user", "content": "hi", "timestamp": 1_700_000_001},
                "b": {"parentId": "a", "role": "assistant", "content": "hello", "model": "qwen3:4b",
                      "timestamp": 1_700_000_002},
                "c": {"parentId": "a", "role": "assistant", "content": "cut", "done": False,
                      "timestamp": 1_700_000_003_000},
            },
        },
    },
}  # fmt: skip


async def test_open_webui(store: Store, tmp_path: Path) -> None:
    report = await bring_in(store, tmp_path, [OPEN_WEBUI, OPEN_WEBUI["chat"]])
    chat, tree = await store.chats.load_tree(report.chat_ids[0])
    assert (chat.title, chat.is_pinned, chat.is_archived) == ("Outer", True, True)
    assert chat.settings.system_prompt == "Be kind."
    assert [message.text for message in tree.path_to(chat.leaf_id)] == ["hi", "hello"]
    assert [(m.text, m.state, m.created_at) for m in tree.messages][2] == (
        "cut",
        "interrupted",
        1_700_000_003.0,
    )
    assert (await store.chats.load(report.chat_ids[1]))[0].title == "Inner"


def webui(messages: dict[str, Any], current: Any = None) -> dict[str, Any]:
    return {"history": {"messages": messages, "currentId": current}}


async def test_circles_and_lost_parents_are_repaired(store: Store, tmp_path: Path) -> None:
    content = webui({
        "a": {"parentId": "c", "role": "user", "content": "a"},
        "b": {"parentId": "a", "role": "assistant", "content": "b"},
        "c": {"parentId": "b", "role": "user", "content": "c"},
        "d": {"parentId": "gone", "role": "user", "content": "d"},
        "e": {"parentId": "e", "role": "user", "content": "e"},
    })  # fmt: skip
    report = await bring_in(store, tmp_path, content)
    _, tree = await store.chats.load_tree(report.chat_ids[0])
    assert sorted(message.text for message in tree.messages) == ["a", "b", "c", "d", "e"]
    assert [m.text for m in tree.path_to(next(m.id for m in tree.messages if m.text == "c"))] == [
        "a",
        "b",
        "c",
    ]


HOSTILE = {
    "deep lists": "[" * 200_000,
    "deep lists that end": "[" * 5_000 + "]" * 5_000,
    "deep chat": '[{"mapping": ' + '{"a":' * 5_000 + "1" + "}" * 5_000 + "}]",
    "no JSON": "<html>",
    "empty": "",
    "cut": json.dumps([CHATGPT])[:-40],
    "a number": "7",
    "digits": "[" + "9" * 10_000 + "]",
    "an empty list": "[]",
    "no comma": "[{} {}]",
    "NULs": "\0" * 1_000,
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
async def test_what_is_no_export_ends_in_a_message(store: Store, tmp_path: Path, content: str) -> None:
    try:
        report = await bring_in(store, tmp_path, content)
    except BadInput:
        report = ImportReport(problem="said")
    assert report.chat_ids == ()
    assert report.skipped or report.problem
    assert await store.chats.list() == []


async def test_chats_before_the_damage_are_kept(store: Store, tmp_path: Path) -> None:
    report = await bring_in(store, tmp_path, json.dumps([CHATGPT, OPEN_WEBUI, CHATGPT])[:-100])
    assert len(report.chat_ids) == 2
    assert report.problem.startswith("The file is read up to chat 2: the next one is no JSON")


async def test_files_that_cannot_be_read(store: Store, tmp_path: Path) -> None:
    (tmp_path / "chats.zip").write_bytes(b"PK\x03\x04rest")
    for name, words in (("chats.zip", "archive"), ("gone.json", "cannot be read"), ("", "cannot be read")):
        with pytest.raises(BadInput, match=words):
            await import_chats(tmp_path / name, store.chats, DEFAULTS)


async def test_nul_and_half_characters_are_stored(store: Store, tmp_path: Path) -> None:
    messages = {"a": {"role": "user", "content": "x\0\ud800y", "model": "\ud800"}}
    report = await bring_in(store, tmp_path, webui(messages) | {"title": "t\0\udfff"})
    chat, path = await store.chats.load(report.chat_ids[0])
    assert (chat.title, path[0].text) == ("t\ufffd\ufffd", "x\ufffd\ufffdy")


NAMES = st.sampled_from(
    ["a", "b", "parent", "role", "message", "content", "parts", "author", "parentId", "timestamp", "timings"]
)
JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)
NODE = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", 3]), "content": JUNK, "parentId": JUNK, "message": JUNK}
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.sampled_from(["mapping", "history", "slmdesk"]),
    st.dictionaries(st.sampled_from("abcd"), JUNK | NODE),
    JUNK,
)
def test_wrong_types_are_skipped_or_repaired(kind: str, nodes: dict[str, Any], other: Any) -> None:
    content: dict[str, Any] = {"title": other, "create_time": other, "settings": other, "leaf": other}
    if kind == "mapping":
        content |= {"mapping": nodes, "current_node": other}
    elif kind == "history":
        content |= {"history": {"messages": nodes, "currentId": other}, "chat": other, "params": other}
    else:
        content |= {"format": "slmdesk-chat", "version": 2, "messages": [*nodes.values(), other]}
    try:
        chat = read_chat(content, DEFAULTS)
    except NotUsable:
        return
    assert all(message.parent is None or message.parent < at for at, message in enumerate(chat.messages))
    assert chat.leaf is None or 0 <= chat.leaf < len(chat.messages)
    json.dumps([dict(message.timings) for message in chat.messages], allow_nan=False)


@given(st.lists(JUNK, max_size=6), st.integers(1, 40))
def test_a_list_is_read_in_pieces_of_any_size(values: list[Any], size: int) -> None:
    before = importing._READ_CHARACTERS
    importing._READ_CHARACTERS = size
    try:
        text = json.dumps(values, indent=1)
        assert json.dumps([value for value, _ in json_values(io.StringIO(text))], indent=1) == text
    finally:
        importing._READ_CHARACTERS = before


async def test_a_chat_too_large_ends_the_import(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "MAX_CHAT_CHARACTERS", 20_000)
    monkeypatch.setattr(importing, "_READ_CHARACTERS", 1_000)
    large = webui({"a": {"role": "user", "content": "x" * 60_000}})
    report = await bring_in(store, tmp_path, [CHATGPT, large, CHATGPT])
    assert len(report.chat_ids) == 1
    assert "too large" in report.problem


@pytest.mark.slow
async def test_200_mb_are_imported_within_bounded_memory(store: Store, tmp_path: Path) -> None:
    chat = json.dumps(webui({"a": {"role": "user", "content": "word " * 200_000}}))
    path = tmp_path / "large.json"
    with path.open("w") as file:
        file.write("[" + ",".join([chat] * 200) + "]")
    assert path.stat().st_size > 200_000_000
    tracemalloc.start()
    report = await import_chats(path, store.chats, DEFAULTS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"\n200 MB in 200 chats: {peak / 1e6:.0f} MB of memory at most")
    assert len(report.chat_ids) == 200
    assert peak < 60_000_000


async def test_a_cancel_keeps_what_was_stored(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_BATCH_CHATS", 1)
    path = tmp_path / "many.json"
    path.write_text(json.dumps([CHATGPT] * 20))
    counts: list[int] = []

    def follow(count: int) -> None:
        counts.append(count)
        if count == 3:
            task.cancel()

    async def work() -> None:
        await import_chats(path, store.chats, DEFAULTS, on_progress=follow)

    task = asyncio.get_running_loop().create_task(work())
    await asyncio.wait([task])
    assert task.cancelled()
    assert 3 <= len(await store.chats.list()) <= 4
