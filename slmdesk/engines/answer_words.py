"""An answer in words: what it is doing now, and its figures once it has ended."""

from slmdesk.engines.answer import Answer, AnswerState, Estimate
from slmdesk.engines.base import Phase, StopReason, Timings

_STOP_WORDS = {
    StopReason.END.value: "end of text",
    StopReason.LENGTH.value: "token limit reached",
    StopReason.TOOL.value: "asks for a tool",
}


def phase_words(answer: Answer) -> str:
    """ "loading 42 %", "reading 512/2,048", "writing 31 tok/s", "done"."""
    if not answer.is_running:
        return answer.state.value
    if answer.is_stalled:
        return "stalled"
    done, total = answer.progress.done, answer.progress.total
    match answer.phase:
        case Phase.LOADING if done is not None:
            return f"loading {done} %" if total is None else f"loading {100 * done // max(total, 1)} %"
        case Phase.READING if done is not None and total is not None:
            return f"reading {done:,}/{total:,}"
        case Phase.WRITING | Phase.THINKING if (speed := answer.tokens_per_s) is not None:
            return f"{answer.phase.value} {speed:.0f} tok/s"
    return answer.phase.value


def answer_figures(answer: Answer) -> str:
    """The footer of an answer that runs or has ended."""
    return figures(answer.timings, answer.stop_reason, answer.state, answer.estimate)


def figures(
    timings: Timings, stop_reason: str | None, state: AnswerState | str, estimate: Estimate | None = None
) -> str:
    """ "31.4 tok/s · 188 tokens · first token 0.42 s · end of text", as the engine counted.

    Without its count the estimate is shown: "~30.1 tok/s · ~188 tokens · …".
    """
    if timings.output_tokens is None and estimate is not None:
        parts = _counts(estimate.tokens_per_s, estimate.tokens, "~")
    else:
        parts = _counts(timings.output_tokens_per_s, timings.output_tokens, "")
    return " · ".join(parts + _closing(timings, stop_reason, state))


def _counts(tokens_per_s: float | None, tokens: int | None, mark: str) -> list[str]:
    parts = [] if tokens_per_s is None else [f"{mark}{tokens_per_s:.1f} tok/s"]
    if tokens is not None:
        parts.append(f"{mark}{tokens:,} token{'' if tokens == 1 else 's'}")
    return parts


def _closing(timings: Timings, stop_reason: str | None, state: AnswerState | str) -> list[str]:
    parts = [] if timings.ttft_s is None else [f"first token {timings.ttft_s:.2f} s"]
    if stop_reason is not None:
        parts.append(_STOP_WORDS.get(str(stop_reason), str(stop_reason)))
    elif state not in (AnswerState.WRITING, AnswerState.DONE):
        parts.append(str(state))
    return parts
