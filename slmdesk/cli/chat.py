"""`slmdesk chat`: one question, or a conversation in turns."""

import asyncio
import sys

from slmdesk.base.errors import BadInput
from slmdesk.base.prompt_text import MAX_PROMPT_BYTES, checked_prompt
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.cli.watching import Follower, status_line
from slmdesk.engines.answer import Answer, AnswerState
from slmdesk.engines.answer_words import answer_figures
from slmdesk.engines.plain import options_from_plain, options_to_plain
from slmdesk.features.chat.session import ChatSession, SessionChange
from slmdesk.services import Services
from slmdesk.store.chats import ChatSettings


def run(chosen: Arguments, services: Services, terminal: Terminal, runner: asyncio.Runner) -> int:
    """The exit code: of the one answer, or of the last one in a conversation."""
    if chosen.prompt is None and sys.stdin is not None and sys.stdin.isatty():
        return _converse(_settings(chosen, services), chosen, services, terminal, runner)
    prompt = checked_prompt(_read_stdin() if chosen.prompt is None else chosen.prompt)
    session = runner.run(_begin(_settings(chosen, services), services))
    return runner.run(_ask(session, prompt, chosen, services, terminal))


def _settings(chosen: Arguments, services: Services) -> ChatSettings:
    """Raises ModelMissing before anything is stored."""
    engine, name = services.registry.resolve(chosen.model or services.default_model())
    preset = services.presets.named(chosen.preset) if chosen.preset else None
    begun = services.new_chat_settings(f"{engine.id}/{name}", preset)
    return ChatSettings(
        begun.model_ref,
        chosen.system or begun.system_prompt,
        options_to_plain(chosen.options(options_from_plain(begun.options))),
        chosen.think or begun.is_thinking,
    )


async def _begin(settings: ChatSettings, services: Services) -> ChatSession:
    chat = await services.chats.create(settings)
    return await services.session(chat.id)


async def _ask(
    session: ChatSession, prompt: str, chosen: Arguments, services: Services, terminal: Terminal
) -> int:
    followers: list[Follower] = []

    def follow(change: SessionChange) -> None:
        if change.kind == "answer began" and session.answer:
            followers.append(Follower(session.answer, terminal, shows_thinking=chosen.think))

    def running() -> list[tuple[str, Answer]]:
        return [(session.chat.settings.model_ref, session.answer)] if session.answer else []

    leave = session.changed.subscribe(follow)
    try:
        async with status_line(services.jobs, terminal, running):
            await session.send(prompt, is_oversized_allowed=chosen.load_anyway)
    finally:
        leave()
        for follower in followers:
            follower.finish()
    return _report(session.answer, terminal)


def _report(answer: Answer | None, terminal: Terminal) -> int:
    if answer is None:
        return 1
    if figures := answer_figures(answer):
        terminal.say(figures)
    if answer.error:
        terminal.say(answer.error.sentence())
    return 0 if answer.state is AnswerState.DONE else 1


def _converse(
    settings: ChatSettings, chosen: Arguments, services: Services, terminal: Terminal, runner: asyncio.Runner
) -> int:
    """Until Ctrl+D or an interrupt at the prompt; Ctrl+C while an answer comes stops that answer.

    The chat begins with the first prompt: who leaves before it leaves no empty chat behind.
    """
    terminal.say(f"{settings.model_ref} — Ctrl+C stops an answer, Ctrl+D ends.")
    session: ChatSession | None = None
    code = 0
    while True:
        terminal.invite("> ")
        try:
            prompt = input()
        except EOFError:
            terminal.say("")
            return code
        if not prompt.strip():
            continue
        try:
            prompt = checked_prompt(prompt)
            session = session or runner.run(_begin(settings, services))
            code = runner.run(_ask(session, prompt, chosen, services, terminal))
        except KeyboardInterrupt:
            if terminal.problem is not None:
                raise
            terminal.say("Stopped; what had come is kept.")
            code = 1
        except BadInput as error:
            terminal.say(error.sentence())


def _read_stdin() -> str:
    """The piped prompt; a byte more than allowed is read, so that the check can say so."""
    content = sys.stdin.buffer.read(MAX_PROMPT_BYTES + 1) if sys.stdin is not None else b""
    try:
        return content.decode("utf-8-sig")  # some shells begin what they pipe with a byte order mark
    except UnicodeDecodeError as error:
        if error.start > MAX_PROMPT_BYTES - 4:
            return content.decode("utf-8", "replace")
        raise BadInput(
            "What came over stdin is not UTF-8 text.", next_step="Send text; convert the document first."
        ) from error
