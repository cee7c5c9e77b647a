"""A chat keeps the prompt before it asks, every token it got, and says how each answer ended."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from slmdesk.base.errors import BadInput, EngineOffline, Interrupted, OutOfMemory
from slmdesk.engines.answer import AnswerState
from slmdesk.engines.answer_words import answer_figures
from slmdesk.engines.base import Capabilities, Delta, Message, Options, Request, TokenLogprob
from slmdesk.engines.plain import options_to_plain
from slmdesk.engines.registry import Registry
from slmdesk.engines.token_trail import unpack
from slmdesk.features.chat.export import to_markdown
from slmdesk.features.chat.session import ChatSession, SessionChange
from slmdesk.store.chats import ChatSettings
from tests.fakes.chat_sessions import plain_session
from tests.fakes.scripted_engine import DONE, Script, ScriptedEngine, says
from tests.fakes.until import until
from tests.unit.features.conftest import Store

SETTINGS = ChatSettings("scripted/m", "", options_to_plain(Options(context_tokens=2048)))


async def begin(
    store: Store, script: Script, settings: ChatSettings = SETTINGS
) -> tuple[ChatSession, ScriptedEngine]:
    engine = ScriptedEngine({"m": script})
    registry = Registry([engine])
    await registry.refresh()
    return plain_session(store.chats, registry, await store.chats.create(settings)), engine


async def run_until(
    work: Callable[[], Awaitable[None]], is_reached: Callable[[], bool]
) -> asyncio.Task[None]:
    """Start the work as the window would, and wait until it has come so far."""

    async def run() -> None:
        await work()

    task = asyncio.get_running_loop().create_task(run())
    await until(is_reached)
    return task


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_answer_is_stored_with_its_figures_and_its_chat_gets_a_title(store: Store) -> None:
    session, engine = await begin(store, says("Hel", "lo"))
    seen: list[tuple[str, str]] = []
    session.changed.subscribe(lambda change: seen.append((change.kind, change.message_id)))

    await session.send("What is a REST API?\nIn short.")

    chat, messages = await store.chats.load(session.chat.id)
    assert [(message.role, message.text) for message in messages] == [
        ("user", "What is a REST API?\nIn short."),
        ("assistant", "Hello"),
    ]
    assert messages[1].state == "done"
    assert messages[1].stop_reason == "end"
    assert messages[1].timings["output_tokens"] == 2
    assert chat.title == session.chat.title == "What is a REST API? In short."
    assert [kind for kind, _ in seen] == ["message added", "answer began", "answer ended"]
    assert {identifier for _, identifier in seen} == {message.id for message in messages}
    assert [message.text for message in session.messages] == [message.text for message in messages]
    assert len(engine.requests) == 1
    assert session.context_use().words == "9 of 2,048 tokens"


async def test_the_prompt_is_committed_before_the_engine_is_asked(store: Store) -> None:
    def look(request: Request) -> Script:
        assert isinstance(request.messages[-1], Message)
        return says("yes")

    session, engine = await begin(store, look)
    stored_at_request: list[str] = []

    async def check(model_ref: str, options: Options) -> OutOfMemory | None:
        assert not engine.requests
        _, messages = await store.chats.load(session.chat.id)
        stored_at_request.extend(message.text for message in messages if message.role == "user")
        return None

    session._check_fit = check
    await session.send("kept?")
    assert stored_at_request == ["kept?"]


async def test_the_history_alternates_and_leaves_failed_answers_out(store: Store) -> None:
    replies = iter([says("one"), (EngineOffline("gone"),), (DONE,), says("four")])
    session, engine = await begin(
        store, lambda _request: next(replies), replace(SETTINGS, system_prompt="Be short.")
    )
    for prompt in ("first", "second", "third", "fourth"):
        await session.send(prompt)

    assert [message.state for message in session.messages if message.role == "assistant"] == [
        "done",
        "failed",
        "done",
        "done",
    ]
    assert engine.requests[-1].messages == (
        Message("system", "Be short."),
        Message("user", "first"),
        Message("assistant", "one"),
        Message("user", "fourth"),
    )
    assert len(engine.requests) == 4


async def test_again_adds_a_sibling_and_the_old_answer_stays_in_the_store(store: Store) -> None:
    replies = iter([says("first"), says("second")])
    session, engine = await begin(store, lambda _request: next(replies))
    await session.send("question")
    await session.again()

    assert [message.text for message in session.messages] == ["question", "second"]
    assert engine.requests[0] == engine.requests[1]
    _, path = await store.chats.load(session.chat.id)
    assert [message.text for message in path] == ["question", "second"]
    texts = await store.database.read(
        lambda connection: [row[0] for row in connection.execute("SELECT text FROM messages ORDER BY id")]
    )
    assert texts == ["question", "first", "second"]


async def test_stop_while_writing_keeps_the_text(store: Store) -> None:
    never = asyncio.Event()
    session, engine = await begin(store, (Delta("half an "), Delta("ans"), never))
    task = await run_until(
        lambda: session.send("go"),
        lambda: session.answer is not None and session.answer.text == "half an ans",
    )
    assert session.is_running
    await stop(task)

    assert engine.closed == ["m"]
    assert not session.is_running
    _, messages = await store.chats.load(session.chat.id)
    assert (messages[1].text, messages[1].state) == ("half an ans", "stopped")
    assert session.answer is not None
    assert "~2 tokens" in to_markdown(session.chat, messages)
    assert answer_figures(session.answer) in to_markdown(session.chat, messages)


async def test_stop_at_any_instant_leaves_an_ended_answer(store: Store) -> None:
    """Cancel at the first, second, … thing that happens until the end: nothing stays half open."""
    states = []
    for instant in range(1, 14):
        session, _ = await begin(store, says(*"abcdef"))
        task = asyncio.get_running_loop().create_task(session.send("go"))
        countdown = itertools.count(1)

        def tick(*_: object) -> None:
            if next(countdown) == instant:  # noqa: B023 (called within this turn alone)
                task.cancel()  # noqa: B023

        def follow(change: SessionChange) -> None:
            tick()
            if change.kind == "answer began" and session.answer:  # noqa: B023
                session.answer.changed.subscribe(tick)  # noqa: B023

        session.changed.subscribe(follow)
        await asyncio.wait([task])
        assert not session.is_running
        _, messages = await store.chats.load(session.chat.id)
        assert [message.text for message in messages] == [message.text for message in session.messages]
        states += [message.state for message in messages[1:]]
        assert all("abcdef".startswith(message.text) for message in messages[1:])
        assert len(messages) > 1 or instant == 1
    assert states == ["stopped"] * states.count("stopped") + ["done"] * states.count("done")
    assert states.count("stopped") >= 8
    assert states.count("done") >= 2


async def test_a_second_cancel_does_not_lose_the_text(store: Store) -> None:
    never = asyncio.Event()
    session, _ = await begin(store, (Delta("kept"), never))
    task = await run_until(
        lambda: session.send("go"), lambda: session.answer is not None and session.answer.text != ""
    )
    assert session.answer
    loop = asyncio.get_running_loop()  # the second cancel comes while the end is being written
    session.answer.changed.subscribe(lambda chunk: loop.call_soon(task.cancel) if chunk is None else None)
    task.cancel()
    await asyncio.wait([task])
    assert session._writer.is_ended  # and so its journal is not taken for the trace of a crash
    _, messages = await store.chats.load(session.chat.id)
    assert (messages[1].text, messages[1].state) == ("kept", "stopped")


async def test_an_engine_that_goes_away_leaves_what_came_and_its_sentence(store: Store) -> None:
    session, _ = await begin(store, (Delta("so f"), Delta("ar"), EngineOffline("Ollama went away.")))
    await session.send("go")
    _, messages = await store.chats.load(session.chat.id)
    assert (messages[1].text, messages[1].state) == ("so far", "interrupted")
    assert messages[1].error.startswith("Ollama went away. Start it")


async def test_a_body_without_its_end_is_no_answer(store: Store) -> None:
    session, _ = await begin(store, (Delta("looks whole"),))
    await session.send("go")
    assert session.messages[1].state == "interrupted"
    assert "without its end mark" in session.messages[1].error


async def test_a_missing_model_is_said_below_the_kept_prompt(store: Store) -> None:
    session, engine = await begin(store, says("x"), replace(SETTINGS, model_ref="scripted/mm"))
    await session.send("go")
    assert [message.state for message in session.messages] == ["done", "failed"]
    assert "scripted/mm" in session.messages[1].error
    assert "scripted/m" in session.messages[1].error
    assert engine.requests == []


async def test_a_model_too_large_is_refused_with_the_numbers_unless_the_user_insists(store: Store) -> None:
    session, engine = await begin(store, says("big"))

    async def refuse(model_ref: str, options: Options) -> OutOfMemory | None:
        assert (model_ref, options.context_tokens) == ("scripted/m", 2048)
        return OutOfMemory("m needs 9.1 GB, and 6.2 GB can be had.", needed_bytes=9, free_bytes=6)

    session._check_fit = refuse
    await session.send("go")
    assert isinstance(session.answer.error if session.answer else None, OutOfMemory)
    assert session.messages[1].error.endswith("or load it anyway.")
    assert engine.requests == []

    await session.again(is_oversized_allowed=True)
    assert session.messages[1].text == "big"
    assert engine.requests[0].is_oversized_allowed


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("", "nothing to send"),
        (" \n\t ", "nothing to send"),
        ("x" * 1_000_001, "1 MB"),
        ("MZ\x00\x90", "binary"),
        ("\ufffd\x01\x02" * 40, "binary"),
    ],
)
async def test_what_is_no_prompt_is_refused_and_nothing_is_stored(
    store: Store, prompt: str, words: str
) -> None:
    session, engine = await begin(store, says("x"))
    with pytest.raises(BadInput, match=words) as caught:
        await session.send(prompt)
    assert caught.value.next_step
    assert session.messages == []
    assert engine.requests == []


async def test_one_megabyte_of_text_and_half_a_surrogate_pair_are_sent(store: Store) -> None:
    session, engine = await begin(store, says("ok"))
    await session.send("y" * 1_000_000)
    await session.send("caf\udce9")
    assert session.messages[0].text == "y" * 1_000_000
    assert engine.requests[1].messages[-1].content == "caf?"


async def test_only_one_answer_at_a_time(store: Store) -> None:
    gate = asyncio.Event()
    session, _ = await begin(store, (gate, *says("one")))
    task = await run_until(lambda: session.send("go"), lambda: session.is_running)
    with pytest.raises(BadInput, match="still being written"):
        await session.send("me too")
    gate.set()
    await task
    assert [message.text for message in session.messages] == ["go", "one"]


async def test_again_needs_a_prompt(store: Store) -> None:
    session, _ = await begin(store, says("x"))
    with pytest.raises(BadInput, match="no prompt"):
        await session.again()


async def test_settings_are_kept_and_used_for_the_next_answer(store: Store) -> None:
    session, engine = await begin(store, says("x"))
    await session.update_options(Options(context_tokens=1024, temperature=0.0, seed=7))
    await session.send("go")
    assert engine.requests[0].options == Options(context_tokens=1024, temperature=0.0, seed=7)
    chat, _ = await store.chats.load(session.chat.id)
    assert chat.settings == session.chat.settings


async def test_the_context_is_estimated_until_the_engine_has_counted(store: Store) -> None:
    session, _ = await begin(store, (Delta("four"), EngineOffline("gone")))
    await session.send("x" * 400)
    use = session.context_use()
    assert use.is_estimate
    assert use.words == "~101 of 2,048 tokens"
    assert 0.04 < use.share < 0.06


async def test_the_program_closing_stores_what_had_come(store: Store) -> None:
    """JobRunner.aclose cancels and waits; the answer is in the database when it returns."""
    from slmdesk.base.jobs import JobRunner

    jobs = JobRunner(lambda key, error: pytest.fail(f"{key}: {error}"))
    session, _ = await begin(store, (Delta("kept"), asyncio.Event()))
    jobs.start("chat", lambda: session.send("go"))
    await until(lambda: session.answer is not None and session.answer.text != "")
    await jobs.aclose()
    _, messages = await store.chats.load(session.chat.id)
    assert (messages[1].text, messages[1].state) == ("kept", AnswerState.STOPPED.value)


def weighed(*texts: str) -> tuple[Delta, ...]:
    return tuple(Delta(text, logprobs=(TokenLogprob(text, -1.0, (("or", -2.0),)),)) for text in texts)


async def test_probabilities_are_asked_for_by_the_chat_and_kept_with_the_answer(store: Store) -> None:
    settings = replace(SETTINGS, has_probabilities=True)
    session, engine = await begin(store, (*weighed("Hel", "lo"), DONE), settings)
    engine.capabilities = Capabilities(logprobs=True)
    await session.send("Hi")
    assert engine.requests[0].top_logprobs == 5
    (_, answer) = session.messages
    assert [(token.text, token.start, token.others) for token in unpack(answer.tokens)] == [
        ("Hel", 0, (("or", -2.0),)),
        ("lo", 3, (("or", -2.0),)),
    ]
    branch = await session.branch(answer.id)
    for chat_id in (session.chat.id, branch.id):
        chat, (_, stored) = await store.chats.load(chat_id)
        assert chat.settings.has_probabilities
        assert stored.tokens == answer.tokens


async def test_without_the_switch_or_without_the_capability_none_are_asked_for(store: Store) -> None:
    session, engine = await begin(store, says("a"))
    engine.capabilities = Capabilities(logprobs=True)
    await session.send("Hi")
    await session.update_settings(replace(SETTINGS, has_probabilities=True))
    engine.capabilities = Capabilities()
    await session.again()
    assert [request.top_logprobs for request in engine.requests] == [None, None]
    assert session.messages[-1].tokens == b""


async def test_an_answer_that_goes_on_keeps_the_tokens_it_had(store: Store) -> None:
    script: list[Script] = [(*weighed("One,"), Interrupted("gone")), (*weighed(" two"), DONE)]
    session, engine = await begin(
        store,
        lambda _request: script.pop(0),
        replace(SETTINGS, has_probabilities=True),  # type: ignore[arg-type,return-value]  # scripts within a script
    )
    engine.capabilities = Capabilities(logprobs=True, prefill=True)
    await session.send("Count")
    await session.continue_answer()
    assert session.messages[-1].text == "One, two"
    found = [(token.text, token.start) for token in unpack(session.messages[-1].tokens)]
    assert found == [("One,", 0), (" two", 4)]


async def test_an_answer_knows_the_schema_it_was_asked_by(store: Store) -> None:
    session, _ = await begin(store, says("{}"), replace(SETTINGS, schema='{"type": "object"}'))
    await session.send("Hi")
    await session.update_settings(replace(SETTINGS, schema=""))
    assert session.messages[-1].schema == '{"type": "object"}'
    await session.again()
    _, messages = await store.chats.load(session.chat.id)
    assert messages[-1].schema == ""
    assert session.tree.versions(messages[-1].id).count == 2
    first = session.tree[session.tree.versions(messages[-1].id).ids[0]]
    assert first.schema == '{"type": "object"}'
