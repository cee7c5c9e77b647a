"""`slmdesk import` and `slmdesk export`: chats from files and to files."""

import asyncio
import json
import re
from collections.abc import Sequence
from pathlib import Path

from slmdesk.base.errors import BadInput
from slmdesk.base.words import counted
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.features.chat.export import to_markdown, to_plain
from slmdesk.features.chat.export_html import to_html
from slmdesk.features.chat.importing import import_chats
from slmdesk.services import Services
from slmdesk.store.branches import MessageTree
from slmdesk.store.chats import Chat, ChatSettings, ChatSummary

_SUFFIXES = {"markdown": ".md", "json": ".json", "html": ".html"}
_LONGEST_NAME = 80


async def run_import(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0 when every file was read to its end and no chat was skipped."""
    is_whole = True
    for path in chosen.files:
        defaults = ChatSettings(services.default_model())
        report = await import_chats(
            path,
            services.chats,
            defaults,
            on_progress=lambda count: terminal.status(counted(count, "{count:,} chat", "{count:,} chats")),
        )
        terminal.say(f"{path.name}: {report.words}")
        is_whole = is_whole and not report.skipped and not report.problem
    terminal.status("preparing the search")
    await services.search.update_index()
    return 0 if is_whole else 1


async def run_export(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0 when everything is written; raises BadInput for an unknown chat or a place that cannot be written."""
    summaries = [*await services.chats.list(limit=-1), *await services.chats.list(limit=-1, is_archived=True)]
    if not chosen.all:
        summaries = [_named(summaries, chosen.chat or "")]
    if chosen.all and chosen.output is None:
        raise BadInput("Many chats need a folder.", next_step="Give one with -o.")
    if chosen.output is None:
        terminal.write(await _content(services, summaries[0].id, chosen.format))
        return 0
    for summary in summaries:
        target = chosen.output / _file_name(summary, chosen.format) if chosen.all else chosen.output
        await asyncio.to_thread(_write, target, await _content(services, summary.id, chosen.format))
    terminal.say(f"{len(summaries):,} chat{'' if len(summaries) == 1 else 's'} written to {chosen.output}.")
    return 0


async def _content(services: Services, chat_id: str, kind: str) -> str:
    chat, tree = await services.chats.load_tree(chat_id)
    return await asyncio.to_thread(_formatted, chat, tree, kind)


def _formatted(chat: Chat, tree: MessageTree, kind: str) -> str:
    if kind == "json":
        return json.dumps(to_plain(chat, tree.messages), indent=2) + "\n"
    write = to_html if kind == "html" else to_markdown
    return write(chat, tree.path_to(chat.leaf_id))


def _named(summaries: Sequence[ChatSummary], wanted: str) -> ChatSummary:
    found = [each for each in summaries if each.id == wanted]
    found = found or [each for each in summaries if wanted.casefold() in each.title.casefold()]
    if not found:
        raise BadInput(f"There is no chat “{wanted}”.")
    if len(found) > 1:
        named = ", ".join(f"{each.id} ({each.title})" for each in found[:5])
        raise BadInput(f"“{wanted}” is in {len(found)} titles.", next_step=f"Name one by its id: {named}.")
    return found[0]


def _file_name(summary: ChatSummary, kind: str) -> str:
    words = " ".join(re.sub(r"[^\w\- ]+", " ", summary.title).split())[:_LONGEST_NAME].strip()
    return f"{words or 'chat'} {summary.id}{_SUFFIXES[kind]}"  # titles may be equal


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror or error}.") from error
