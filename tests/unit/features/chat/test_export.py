"""What is exported can be read by people, and by a program that wants the chat back."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from slmdesk.features.chat.export import figures_of, to_json, to_markdown
from slmdesk.store.chats import Chat, ChatSettings
from slmdesk.store.messages import StoredMessage

CHAT = Chat(
    "1", "REST", 1_700_000_000.0, 1_700_000_100.0, ChatSettings("builtin/m", "Be short.", {"seed": 7})
)
TIMINGS = {"output_tokens": 188, "output_s": 6.0, "ttft_s": 0.42}


def message(role: str, text: str, **more: Any) -> StoredMessage:
    values: dict[str, Any] = {
        "id": "2",
        "chat_id": "1",
        "parent_id": None,
        "role": role,
        "text": text,
        "thinking": "",
        "state": "done",
        "model_ref": "builtin/m" if role == "assistant" else "",
        "timings": {},
        "stop_reason": None,
        "error": "",
        "created_at": 1_700_000_001.5,
    }
    return StoredMessage(**(values | more))


def test_markdown_has_speakers_texts_thinking_figures_and_errors() -> None:
    answer = message("assistant", "An API.", thinking="well\nso", timings=TIMINGS, stop_reason="end")
    failed = message("assistant", "", state="failed", error="Nothing\nanswers.")
    assert to_markdown(CHAT, [message("user", "What?"), answer, failed]) == (
        "# REST\n\n*2023-11-14 22:13 UTC*\n\n## System prompt\n\nBe short.\n\n## You\n\nWhat?\n\n"
        "## builtin/m\n\n> *Thinking*\n>\n> well\n> so\n\nAn API.\n\n"
        "*31.3 tok/s · 188 tokens · first token 0.42 s · end of text*\n\n"
        "## builtin/m\n\n*failed*\n\n> Nothing answers.\n"
    )


def test_an_empty_chat_has_a_heading() -> None:
    assert to_markdown(Chat("1", "", 0.0, 0.0, ChatSettings()), []) == "# Chat\n\n*1970-01-01 00:00 UTC*\n"


@given(text=st.text(), thinking=st.text(), state=st.sampled_from(["done", "stopped", "interrupted"]))
def test_json_holds_all_that_is_needed_to_make_the_chat_again(text: str, thinking: str, state: str) -> None:
    answer = message("assistant", text, thinking=thinking, state=state, timings=TIMINGS, error="e")
    content = json.loads(to_json(CHAT, [message("user", text), answer]))
    assert (content["format"], content["version"], content["title"]) == ("slmdesk-chat", 2, "REST")
    settings = content["settings"]
    assert CHAT.settings == ChatSettings(
        settings["model"], settings["system_prompt"], settings["options"], settings["is_thinking"]
    )
    prompt, reply = content["messages"]
    assert message(prompt["role"], prompt["text"], created_at=prompt["created_at"]) == message("user", text)
    assert (prompt["parent"], reply.pop("parent")) == (None, None)
    reply["model_ref"] = reply.pop("model")
    assert message(**reply) == answer


def test_options_that_a_model_did_not_take_are_said_of_a_stored_answer() -> None:
    answer = message("assistant", "An API.", timings=TIMINGS | {"left_out": ["seed"]}, stop_reason="end")
    assert figures_of(answer).endswith("end of text · without seed")
    odd = message("assistant", "An API.", timings=TIMINGS | {"left_out": [7, {}]})
    assert "without" not in figures_of(odd)
