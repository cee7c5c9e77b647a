"""Options and timings as plain JSON values, for the store and the exports, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from slmdesk.engines.answer import Estimate
from slmdesk.engines.base import DEFAULT_CONTEXT_TOKENS, Options, Timings


def options_to_plain(options: Options) -> dict[str, Any]:
    return asdict(options) | {"stop": list(options.stop)}


def options_from_plain(values: Mapping[str, Any]) -> Options:
    """What can be read; a damaged or unknown field falls back to its default."""
    stop = values.get("stop")
    return Options(
        context_tokens=_positive(values.get("context_tokens")) or DEFAULT_CONTEXT_TOKENS,
        max_tokens=_positive(values.get("max_tokens")),
        temperature=_number(values.get("temperature")),
        top_p=_number(values.get("top_p")),
        seed=_integer(values.get("seed")),
        stop=tuple(word for word in stop if isinstance(word, str)) if isinstance(stop, list | tuple) else (),
    )


def timings_to_plain(timings: Timings) -> dict[str, float | int | None]:
    """As the store keeps them."""
    return asdict(timings)


def timings_to_report(timings: Timings) -> dict[str, float | int | None]:
    """As scripts read them: the keys are promised, and no other comes."""
    plain = asdict(timings)
    del plain["answer_ttft_s"]
    return plain


def timings_from_plain(values: Mapping[str, Any]) -> Timings:
    return Timings(
        load_s=_number(values.get("load_s")),
        prompt_tokens=_integer(values.get("prompt_tokens")),
        prompt_tokens_cached=_integer(values.get("prompt_tokens_cached")),
        prompt_s=_number(values.get("prompt_s")),
        output_tokens=_integer(values.get("output_tokens")),
        output_s=_number(values.get("output_s")),
        ttft_s=_number(values.get("ttft_s")),
        total_s=_number(values.get("total_s")),
        thinking_tokens=_integer(values.get("thinking_tokens")),
        answer_ttft_s=_number(values.get("answer_ttft_s")),
    )


def estimate_to_plain(estimate: Estimate) -> dict[str, float | int | None]:
    """Stands beside the timings that the server did not give."""
    return {"estimated_tokens": estimate.tokens, "estimated_s": estimate.seconds}


def estimate_from_plain(values: Mapping[str, Any]) -> Estimate | None:
    tokens, seconds = _positive(values.get("estimated_tokens")), _number(values.get("estimated_s"))
    return None if tokens is None or seconds is None else Estimate(tokens, seconds)


def left_out_to_plain(left_out: Sequence[str]) -> dict[str, list[str]]:
    """Options that the model did not take stand beside the timings; nothing where it took all."""
    return {"left_out": list(left_out)} if left_out else {}


def left_out_from_plain(values: Mapping[str, Any]) -> tuple[str, ...]:
    names = values.get("left_out")
    return tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _positive(value: object) -> int | None:
    number = _integer(value)
    return number if number is not None and number > 0 else None
