"""The JSON body of an OpenAI chat completion, shared by all engines that speak it."""

import base64
from typing import Any

from slmdesk.base.errors import RequestRefused
from slmdesk.base.words import say
from slmdesk.engines.base import Image, Message, Options, Request
from slmdesk.engines.wire.values import whole_characters


def chat_body(request: Request) -> dict[str, Any]:
    """A streaming body; what is None in the request is left to the server's defaults."""
    options = request.options
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [_with_images(message) for message in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": output_limit(options),
        "temperature": options.temperature,
        "top_p": options.top_p,
        "seed": options.seed,
        "stop": list(options.stop) or None,
        "tools": [dict(tool) for tool in request.tools] or None,
    }
    if request.top_logprobs is not None:
        body |= {"logprobs": True, "top_logprobs": request.top_logprobs}
    if request.schema is not None:
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": dict(request.schema), "strict": True},
        }
    return {key: value for key, value in body.items() if value is not None}


def wire_message(message: Message) -> dict[str, Any]:
    """Role and text, as all servers want them."""
    return {"role": message.role, "content": whole_characters(message.content)}


def encoded_image(image: Image) -> str:
    """The picture in base64."""
    return base64.b64encode(image.data).decode()


def _with_images(message: Message) -> dict[str, Any]:
    """OpenAI's parts: the pictures first, the text that asks about them last."""
    wire = wire_message(message)
    if message.images:
        addresses = [f"data:{image.mime};base64,{encoded_image(image)}" for image in message.images]
        parts = [{"type": "image_url", "image_url": {"url": address}} for address in addresses]
        wire["content"] = [*parts, {"type": "text", "text": wire["content"]}]
    return wire


def output_limit(options: Options) -> int | None:
    """`max_tokens`; servers take 0 for "no limit", which is not what was asked for."""
    if options.max_tokens is not None and options.max_tokens < 1:
        raise RequestRefused(
            say("An answer needs at least one token."), next_step=say("Raise the limit of output tokens.")
        )
    return options.max_tokens
