"""What differs between servers of one protocol: addresses of Azure, options that a model refuses."""

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.engines.base import Message, Options, Request
from slmdesk.engines.openai_compat.dialect import (
    COMPATIBLE,
    OPENAI,
    AzureAddress,
    Objections,
    azure_address,
)
from slmdesk.engines.openai_compat.engine import OpenAICompatible
from tests.fakes.documented_server import KEY, DocumentedServer
from tests.fakes.streams import collect

HOST = "https://res.openai.azure.com"
ORIGIN = f"{HOST}:443"


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        (HOST, "", AzureAddress(f"{ORIGIN}/openai/v1")),
        (f"{HOST}/", "2024-10-21", AzureAddress(ORIGIN, "2024-10-21")),
        (f"{HOST}/openai/v1/", "2024-10-21", AzureAddress(f"{ORIGIN}/openai/v1")),
        ("res.openai.azure.com", "", AzureAddress(f"{ORIGIN}/openai/v1")),
        (
            f"{HOST}/openai/deployments/my%20gpt/chat/completions?api-version=2025-01-01-preview",
            "",
            AzureAddress(ORIGIN, "2025-01-01-preview", ("my gpt",)),
        ),
    ],
)
def test_what_an_address_from_the_portal_tells(text: str, version: str, expected: AzureAddress) -> None:
    assert azure_address(text, version) == expected


@pytest.mark.parametrize("text", ["", "ftp://x", "https://user@x"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(BadInput):
        azure_address(text)


def body(**options: object) -> dict[str, object]:
    return {"model": "m", "messages": [], **options}


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("Unsupported value: 'temperature' does not support 0.2 with this model.", "temperature"),
        ("Unknown parameter: 'seed'.", "seed"),
        ("body.top_p: Extra inputs are not permitted", "top_p"),
        ('Invalid JSON payload received. Unknown name "seed": Cannot find field.', "seed"),
        ("stream_options is a stranger", "stream_options"),
    ],
)
def test_what_is_refused_is_left_out_and_remembered(message: str, name: str) -> None:
    objections = Objections(COMPATIBLE)
    sent = body(temperature=0.2, seed=1, top_p=0.9, stream_options={})
    assert objections.learn(sent, message)
    assert sent.keys() - objections.adapted(sent).keys() == {name}
    assert not objections.learn(objections.adapted(sent), message)  # it cannot be left out twice
    assert objections.adapted(body() | {"model": "other", "seed": 1})["seed"] == 1


@pytest.mark.parametrize(
    "message", ["temperature must be at most 2", "the model is unsupported", "Unsupported: 'max_tokens_x'"]
)
def test_other_refusals_are_the_users_to_see(message: str) -> None:
    assert not Objections(COMPATIBLE).learn(body(temperature=9.0, max_tokens=5), message)


def test_a_limit_is_said_the_other_way_once() -> None:
    objections = Objections(COMPATIBLE)
    assert objections.adapted(body(max_tokens=5)) == body(max_tokens=5)
    assert objections.learn(body(max_tokens=5), "Unsupported parameter: 'max_tokens'.")
    assert objections.adapted(body(max_tokens=5)) == body(max_completion_tokens=5)
    assert not objections.learn(body(max_completion_tokens=5), "Unknown: 'max_completion_tokens'.")


async def test_a_reasoning_model_answers_without_the_temperature_and_says_so() -> None:
    async with DocumentedServer("openai") as server:
        engine = OpenAICompatible("openai", "OpenAI", server.engine_address, KEY, dialect=OPENAI)
        ask = Request("small", (Message("user", "hi"),), Options(temperature=0.2, max_tokens=4))
        first, second = await collect(engine.stream(ask)), await collect(engine.stream(ask))
        await engine.aclose()
    assert first.done is not None
    assert second.done is not None
    assert first.done.left_out == second.done.left_out == ("temperature",)
    assert first.done.timings.output_tokens == 4
    assert server.generations == 2
    assert len(server.calls) == 3  # the dislike is remembered


def test_a_model_without_probabilities_answers_without_them() -> None:
    objections = Objections(OPENAI)
    sent = body(logprobs=True, top_logprobs=5)
    assert objections.learn(sent, "Unsupported parameter: 'logprobs' is not supported with this model.")
    adapted = objections.adapted(sent)
    assert not {"logprobs", "top_logprobs"} & adapted.keys()
    assert objections.left_out(sent) == ("token probabilities",)
