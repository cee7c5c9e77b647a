"""OpenAI events to chunks."""

from typing import Any

import pytest

from slmdesk.base.errors import (
    BadReply,
    ContextOverflow,
    EngineBusy,
    EngineError,
    Interrupted,
    RequestRefused,
)
from slmdesk.engines.base import (
    Delta,
    Done,
    Message,
    Options,
    Phase,
    Progress,
    Request,
    StopReason,
    Timings,
    TokenLogprob,
    ToolCall,
)
from slmdesk.engines.wire.chat_body import chat_body
from slmdesk.engines.wire.chat_stream import chat_chunks
from tests.fakes.openai_server import DONE, HELLO, USAGE, delta, event, finish
from tests.fakes.replay_server import recorded_body
from tests.fakes.streams import Outcome, read


def go(*events: bytes) -> Outcome:
    return read(chat_chunks, b"".join(events))


def test_text_reason_and_usage() -> None:
    assert go(*HELLO).chunks == [
        Delta("Hel"),
        Delta("lo"),
        Done(StopReason.END, Timings(prompt_tokens=7, output_tokens=2)),
    ]


def test_the_recording_of_a_real_server() -> None:
    outcome = read(chat_chunks, recorded_body("openai/chat-stream"))
    assert outcome.text == "1. Bananas\n2. Oranges\n3."
    assert outcome.done == Done(StopReason.LENGTH, Timings(prompt_tokens=13, output_tokens=12))


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_thinking_in_its_own_field(name: str) -> None:
    outcome = go(delta(**{name: "why"}), delta(content="<think>so"), finish())
    assert (outcome.thinking, outcome.text) == ("why", "<think>so")


def test_thinking_in_tags() -> None:
    outcome = go(delta(content="<think>wh"), delta(content="y</thi"), delta(content="nk>\nso"), finish())
    assert (outcome.thinking, outcome.text) == ("why", "so")


def test_held_back_text_is_not_lost_when_the_body_is_cut() -> None:
    outcome = go(delta(content="<thin"))
    assert outcome.text == "<thin"
    assert isinstance(outcome.error, Interrupted)


def test_llama_cpp_tells_progress_and_its_own_timings() -> None:
    timings = {"prompt_n": 4, "cache_n": 6, "prompt_ms": 10.0, "predicted_n": 5, "predicted_ms": 50.0}
    progress = {"total": 10, "cache": 6, "processed": 8, "time_ms": 3}
    outcome = go(
        event({"choices": [], "prompt_progress": progress}),
        finish(),
        event({"choices": [], "timings": timings}),
    )
    assert outcome.chunks[0] == Progress(Phase.READING, 8, 10)
    assert outcome.done is not None
    found = outcome.done.timings
    assert found == Timings(None, 10, 6, 0.01, 5, 0.05)
    assert found.prompt_tokens_per_s == pytest.approx(400)
    assert found.output_tokens_per_s == pytest.approx(100)


def test_cached_tokens_of_usage() -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}
    outcome = go(finish(), event({"choices": [], "usage": usage}))
    assert outcome.done is not None
    assert outcome.done.timings.prompt_tokens_cached == 4


def test_logprobs() -> None:
    content = [
        {
            "token": "a",
            "logprob": -0.5,
            "top_logprobs": [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -2}],
        }
    ]
    choice = {"index": 0, "delta": {"content": "a"}, "logprobs": {"content": content}}
    outcome = go(event({"choices": [choice]}), finish())
    assert outcome.chunks[0] == Delta("a", "", (TokenLogprob("a", -0.5, (("a", -0.5), ("b", -2.0))),))


def test_tool_calls_are_put_together() -> None:
    def call(index: int | None, **function: str) -> bytes:
        return delta(tool_calls=[{"index": index, "function": function}])

    outcome = go(
        call(0, name="weather", arguments=""),
        call(0, arguments='{"city":'),
        call(1, name="time", arguments="{}"),
        call(0, arguments='"Oslo"}'),
        finish("tool_calls"),
    )
    assert outcome.chunks[:2] == [ToolCall("weather", {"city": "Oslo"}), ToolCall("time", {})]
    assert outcome.done is not None
    assert outcome.done.stop_reason is StopReason.TOOL


def test_whole_tool_calls_without_numbers() -> None:
    calls: list[Any] = [{"function": {"name": n, "arguments": {"x": 1}}} for n in ("a", "b")]
    assert go(delta(tool_calls=calls), finish("stop")).chunks[:2] == [
        ToolCall("a", {"x": 1}),
        ToolCall("b", {"x": 1}),
    ]


def test_arguments_that_are_no_object() -> None:
    outcome = go(
        delta(tool_calls=[{"index": 0, "function": {"name": "weather", "arguments": "{oops"}}]),
        finish("tool_calls"),
    )
    assert isinstance(outcome.error, BadReply)
    assert "weather" in outcome.error.message


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("stop", StopReason.END),
        ("eos", StopReason.END),
        ("length", StopReason.LENGTH),
        ("tool_calls", StopReason.TOOL),
    ],
)
def test_stop_reasons(reason: str, expected: StopReason) -> None:
    done = go(delta(content="a"), finish(reason)).done
    assert done is not None
    assert done.stop_reason is expected


@pytest.mark.parametrize("reason", ["content_filter", "abort", "error"])
def test_reasons_that_are_no_end(reason: str) -> None:
    assert isinstance(go(delta(content="a"), finish(reason), DONE).error, Interrupted)


@pytest.mark.parametrize("events", [(), (delta(content="a"),), (delta(content="a"), USAGE, DONE), (DONE,)])
def test_no_reason_no_answer(events: tuple[bytes, ...]) -> None:
    outcome = go(*events)
    assert isinstance(outcome.error, Interrupted)
    assert outcome.done is None


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (
            {
                "code": 400,
                "type": "exceed_context_size_error",
                "message": "m",
                "n_prompt_tokens": 9,
                "n_ctx": 4,
            },
            ContextOverflow,
        ),
        ({"code": 503, "type": "unavailable_error", "message": "Loading model"}, EngineBusy),
        ({"message": "boom", "type": "server_error"}, RequestRefused),
        ("boom", RequestRefused),
    ],
)
def test_an_error_before_any_text(error: object, kind: type[EngineError]) -> None:
    outcome = go(event({"error": error}))
    assert outcome.chunks == []
    assert type(outcome.error) is kind


def test_the_error_field_of_llama_cpp() -> None:
    outcome = go(b'error: {"code":500,"message":"Compute error.","type":"server_error"}\n\n')
    assert isinstance(outcome.error, EngineError)
    assert "Compute error" in outcome.error.message


def test_an_error_in_the_middle_keeps_the_text() -> None:
    outcome = go(
        delta(content="so "), delta(content="far"), event({"error": {"message": "slot died"}}), finish()
    )
    assert outcome.text == "so far"
    assert isinstance(outcome.error, Interrupted)
    assert "slot died" in outcome.error.message


def test_a_server_that_does_not_stream() -> None:
    whole = {
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]
    }
    assert go(event(whole).removeprefix(b"data: ").strip()).text == "Hi"


def test_other_choices_are_not_mixed_in() -> None:
    other = event({"choices": [{"index": 1, "delta": {"content": "X"}, "finish_reason": "stop"}]})
    outcome = go(delta(content="a"), other)
    assert outcome.text == "a"
    assert isinstance(outcome.error, Interrupted)


@pytest.mark.parametrize("content", [5, ["a"], {"a": 1}, True])
def test_text_of_another_type_is_a_bad_reply(content: object) -> None:
    assert isinstance(go(delta(content=content), finish()).error, BadReply)


def test_the_body_leaves_out_what_is_not_chosen() -> None:
    body = chat_body(Request("m", (Message("user", "hi \ud800"),)))
    assert body == {
        "model": "m",
        "messages": [{"role": "user", "content": "hi �"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_the_body_holds_what_is_chosen() -> None:
    options = Options(max_tokens=5, temperature=0.0, top_p=0.5, seed=0, stop=("x",))
    request = Request(
        "m", (), options, schema={"type": "object"}, tools=({"type": "function"},), top_logprobs=0
    )
    body = chat_body(request)
    chosen = {"max_tokens": 5, "temperature": 0.0, "top_p": 0.5, "seed": 0, "stop": ["x"], "top_logprobs": 0}
    assert body.items() >= chosen.items()
    assert body["logprobs"] is True
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert body["tools"] == [{"type": "function"}]


def test_an_answer_of_no_tokens_cannot_be_asked_for() -> None:
    with pytest.raises(RequestRefused):
        chat_body(Request("m", (), Options(max_tokens=0)))


def test_what_is_counted_along_the_way_comes_with_the_text() -> None:
    def told(number: int) -> dict[str, Any]:
        timings = {"prompt_n": 5, "cache_n": 2, "predicted_n": number, "predicted_ms": 10.0 * number}
        return {"choices": [{"index": 0, "delta": {"content": "a"}}], "timings": timings}

    usage = {"prompt_tokens": 7, "completion_tokens": 3}
    outcome = go(
        event(told(1)), event(told(2)), delta(content="b"), event(told(3) | {"usage": usage}), finish()
    )
    counted = [chunk.counted for chunk in outcome.chunks if isinstance(chunk, Delta)]
    assert [each and (each.prompt_tokens, each.output_tokens, each.output_s) for each in counted] == [
        (7, 1, 0.01),
        (7, 2, 0.02),
        None,
        (7, 3, 0.03),
    ]


def test_probabilities_of_the_wrong_type_do_not_end_the_answer() -> None:
    content = [
        {"token": 7, "logprob": "x", "top_logprobs": 9},
        {"token": "a", "logprob": -1, "top_logprobs": {}},
    ]
    choice = {"index": 0, "delta": {"content": "a"}, "logprobs": {"content": content}}
    outcome = go(event({"choices": [choice]}), event({"choices": [choice | {"logprobs": "x"}]}), finish())
    assert outcome.chunks[:2] == [Delta("a", "", (TokenLogprob("a", -1.0),)), Delta("a")]
    assert outcome.done is not None
