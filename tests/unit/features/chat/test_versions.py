"""Versions and branches of a running chat: what was said stays, and every way back is there."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slmdesk.base.errors import BadInput, EngineOffline
from slmdesk.engines.base import Capabilities, Delta, Done, Message, Options, Request, StopReason, Timings
from slmdesk.engines.plain import options_to_plain
from slmdesk.engines.registry import Registry
from slmdesk.features.chat.history import GO_ON
from slmdesk.features.chat.session import ChatSession, can_continue
from slmdesk.features.chat.titles import clean_title
from tests.fakes.chat_sessions import plain_session
from tests.fakes.scripted_engine import Script, ScriptedEngine, Step, says
from tests.unit.features.chat.test_session import SETTINGS, begin, run_until, stop
from tests.unit.features.conftest import Store

CUT = Done(StopReason.LENGTH, Timings(output_tokens=2))


def echo(request: Request) -> Sequence[Step]:
    return says(f"re: {request.messages[-1].content} by {request.model}")


async def begin_with_two(store: Store) -> tuple[ChatSession, ScriptedEngine]:
    engine = ScriptedEngine({"m": echo, "other": echo})
    registry = Registry([engine])
    await registry.refresh()
    return plain_session(store.chats, registry, await store.chats.create(SETTINGS)), engine


def texts(session: ChatSession) -> list[str]:
    return [message.text for message in session.messages]


async def reopened(store: Store, session: ChatSession) -> ChatSession:
    chat, tree = await store.chats.load_tree(session.chat.id)
    return plain_session(store.chats, session._registry, chat, tree)


async def test_again_with_another_model_is_a_version_and_the_way_back_is_one_click(store: Store) -> None:
    session, _ = await begin_with_two(store)
    await session.send("q")
    await session.again(model_ref="scripted/other")
    assert texts(session) == ["q", "re: q by other"]
    assert session.chat.settings.model_ref == "scripted/m"
    versions = session.versions(session.messages[1].id)
    assert versions.words == "2/2"
    seen: list[str] = []
    session.changed.subscribe(lambda change: seen.append(change.kind))
    await session.show_version(versions.ids[0])
    assert seen == ["path changed"]
    assert texts(session) == ["q", "re: q by m"]
    assert session.messages[1].model_ref == "scripted/m"
    again = await reopened(store, session)
    assert texts(again) == texts(session)
    await again.show_version(versions.ids[1])
    assert texts(again) == ["q", "re: q by other"]


async def test_again_on_an_older_answer_goes_on_from_the_new_one(store: Store) -> None:
    session, engine = await begin_with_two(store)
    for prompt in ("one", "two"):
        await session.send(prompt)
    old = session.messages[1]
    before = texts(session)
    await session.again(old.id)
    assert texts(session) == ["one", "re: one by m"]
    assert engine.requests[-1].messages == (Message("user", "one"),)
    await session.send("three")
    assert texts(await reopened(store, session)) == texts(session) == [*before[:2], "three", "re: three by m"]
    await session.show_version(old.id)
    assert texts(await reopened(store, session)) == texts(session) == before


async def test_an_edited_message_is_a_branch(store: Store) -> None:
    session, engine = await begin_with_two(store)
    await session.send("first")
    await session.send("second")
    before, first = texts(session), session.messages[0]
    await session.edit(first.id, "other first")
    assert texts(session) == ["other first", "re: other first by m"]
    assert session.messages[0].parent_id is None
    assert engine.requests[-1].messages == (Message("user", "other first"),)
    assert session.versions(session.messages[0].id).words == "2/2"
    assert texts(await reopened(store, session)) == texts(session)
    await session.show_version(first.id)
    assert texts(session) == before
    with pytest.raises(BadInput, match="Only your own"):
        await session.edit(session.messages[1].id, "x")
    with pytest.raises(BadInput, match="nothing to send"):
        await session.edit(first.id, " ")
    with pytest.raises(BadInput, match="not on the screen"):
        await session.again("12345")
    assert texts(session) == before


async def test_a_branch_is_a_chat_of_its_own_that_knows_where_it_began(store: Store) -> None:
    session, _ = await begin_with_two(store)
    await session.send("one")
    await session.send("two")
    chat = await session.branch(session.messages[1].id)
    loaded, path = await store.chats.load(chat.id)
    assert (loaded.branched_from, loaded.settings) == (session.chat.id, SETTINGS)
    assert [(each.role, each.text, each.timings) for each in path] == [
        (each.role, each.text, each.timings) for each in session.messages[:2]
    ]
    assert {each.id for each in path}.isdisjoint(each.id for each in session.messages)
    assert len(session.messages) == 4


async def test_a_branch_is_told_by_its_title(store: Store) -> None:
    session, _ = await begin_with_two(store)
    await session.send("one")
    first = await session.branch(session.messages[1].id)
    second = await session.branch(session.messages[1].id)
    assert [first.title, second.title] == ["one (branch)", "one (branch 2)"]
    session.chat = first  # a branch of the branch
    assert (await session.branch(session.messages[1].id)).title == "one (branch 3)"
    summaries = await store.chats.list()
    assert {each.title: each.branched_from for each in summaries}["one (branch 3)"] == first.id


async def test_versions_do_not_change_under_a_running_answer(store: Store) -> None:
    session, _ = await begin(store, (Delta("half"), asyncio.Event()))
    task = await run_until(lambda: session.send("go"), lambda: bool(session.answer and session.answer.text))
    with pytest.raises(BadInput, match="still being written"):
        await session.show_version(session.messages[0].id)
    with pytest.raises(BadInput, match="still being written"):
        await session.branch(session.messages[1].id)
    await stop(task)


@pytest.mark.parametrize("can_prefill", [True, False])
async def test_a_cut_answer_is_gone_on_with_in_a_new_version(store: Store, can_prefill: bool) -> None:
    replies = iter([(Delta(thinking="hm"), Delta("One, two, "), CUT), says(" three.")])
    session, engine = await begin(store, lambda _request: next(replies), replace(SETTINGS, is_thinking=True))
    engine.capabilities = Capabilities(prefill=can_prefill)
    await session.send("count")
    cut = session.messages[-1]
    assert can_continue(cut)
    began: list[str] = []
    session.changed.subscribe(
        lambda change: began.append(session.messages[-1].text) if change.kind == "answer began" else None
    )
    await session.continue_answer()
    assert began == ["One, two,"]
    assert texts(session) == ["count", "One, two, three."]
    assert session.messages[-1].thinking == "hm"
    expected = [Message("user", "count"), Message("assistant", "One, two,")]
    assert engine.requests[-1].messages == (*expected, *([] if can_prefill else [Message("user", GO_ON)]))
    assert not engine.requests[-1].is_thinking
    assert not can_continue(session.messages[-1])
    assert session.versions(cut.id).count == 2
    assert texts(await reopened(store, session)) == texts(session)
    with pytest.raises(BadInput, match="ended too early"):
        await session.continue_answer()


async def test_a_continuation_that_fails_keeps_what_was_there(store: Store) -> None:
    replies = iter(
        [(Delta("so far"), EngineOffline("gone")), (EngineOffline("still gone"),), says(" so good")]
    )
    session, _ = await begin(store, lambda _request: next(replies))
    await session.send("go")
    await session.continue_answer()
    assert (session.messages[-1].text, session.messages[-1].state) == ("so far", "failed")
    assert can_continue(session.messages[-1])
    await session.continue_answer()
    assert texts(await reopened(store, session)) == ["go", "so far so good"]


async def test_the_oldest_messages_are_left_out_by_name(store: Store) -> None:
    session, engine = await begin(store, echo, replace(SETTINGS, options=options_to_plain(Options(800))))
    for prompt in ("a" * 800, "b" * 800):
        await session.send(prompt)
    assert session.left_out_for("x").messages == tuple(session.messages[:2])
    assert session.left_out_for("x", [1] * 5).messages == ()
    too_long = session.left_out_for("x" * 8_000)
    assert (too_long.messages, too_long.is_enough) == (tuple(session.messages), False)
    gone = session.left_out_for("last").messages
    await session.send("last", left_out=[message.id for message in gone])
    assert [message.content[:1] for message in engine.requests[-1].messages] == ["b", "r", "l"]
    assert len(session.messages) == 6


async def test_what_the_engine_counted_goes_before_an_estimate(store: Store) -> None:
    end = Done(StopReason.END, Timings(prompt_tokens=700, output_tokens=20))
    options = options_to_plain(Options(1000))
    session, _ = await begin(store, [Delta("reply"), end], replace(SETTINGS, options=options))
    await session.send("a short question in a language of many tokens")
    assert session.left_out_for("x" * 200).messages == tuple(session.messages)


async def test_the_model_names_the_chat_unless_somebody_did(store: Store) -> None:
    replies: dict[str, Script] = {"m": lambda r: says("fine") if len(r.messages[-1].content) < 9 else title}
    title: Sequence[Step] = says('**Title: "Counting to\tthree."**\nI hope you like it')
    session, engine = await begin(store, replies["m"])
    await session.send("count")
    assert await session.suggest_title() == "Counting to three"
    assert session.chat.title == (await store.chats.list())[0].title == "Counting to three"
    assert engine.requests[-1].options.context_tokens == session.options.context_tokens
    await store.chats.rename(session.chat.id, "Mine")
    await session.suggest_title()
    assert (await store.chats.list())[0].title == "Mine"
    title = (EngineOffline("gone"),)
    with pytest.raises(EngineOffline):
        await session.suggest_title()
    assert (await store.chats.load(session.chat.id))[1] == session.messages


@pytest.mark.parametrize(
    ("reply", "title"),
    [
        ("Rust and Go", "Rust and Go"),
        ('"Rust and Go."', "Rust and Go"),
        ("# Title: `Rust`\n\nmore", "Rust"),
        ("<think>well\nhm</think>\n\nRust", "Rust"),
        ("<think>never ends", ""),
        ("「東京の天気」。", "東京の天気"),
        ("\n \n...\n", ""),
        ("A\u202eB\x1b[2J", "A B [2J"),
        ("word " * 100, "word word word word word word word word word word word word…"),
    ],
)
def test_titles_are_cleaned(reply: str, title: str) -> None:
    assert clean_title(reply) == title


@given(st.text())
def test_any_reply_is_one_short_line_or_none(reply: str) -> None:
    title = clean_title(reply)
    assert len(title) <= 61
    assert title.isprintable()


STEPS = st.lists(
    st.tuples(st.sampled_from(["send", "again", "edit", "show", "branch"]), st.integers(0, 999)),
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_no_sequence_of_operations_erases_anything(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    asyncio.run(_walk(tmp_path_factory, steps))


async def _walk(folders: pytest.TempPathFactory, steps: list[tuple[str, int]]) -> None:
    from tests.fakes.data_folder import opened

    async with opened(folders.mktemp("walk")) as opened_store:
        store = Store(opened_store.database, opened_store.chats, opened_store.runs)
        session, _ = await begin_with_two(store)
        await session.send("start")
        for number, (kind, choice) in enumerate(steps):
            before = {each.id: each for each in session.tree.messages}
            at = session.messages[choice % len(session.messages)]
            if kind == "send":
                await session.send(f"prompt {number}")
            elif kind == "again":
                await session.again(at.id, model_ref=("scripted/m", "scripted/other")[choice % 2])
            elif kind == "edit" and at.role == "user":
                await session.edit(at.id, f"edit {number}")
            elif kind == "show":
                path, beside = list(session.messages), session.versions(at.id).ids
                await session.show_version(beside[choice % len(beside)])
                await session.show_version(at.id)
                assert session.messages == path
                await session.show_version(beside[choice // 7 % len(beside)])
            elif kind == "branch":
                await session.branch(at.id)
            after = await reopened(store, session)
            assert before.items() <= {each.id: each for each in after.tree.messages}.items()
            assert after.messages == session.messages
            assert [each.role for each in session.messages] == ["user", "assistant"] * (
                len(session.messages) // 2
            )
