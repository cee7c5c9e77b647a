"""An answer in words: what it is doing now, and its figures once it has ended."""

from collections.abc import Sequence

from slmdesk.base.words import counted, joined, later, number, say
from slmdesk.engines.answer import Answer, AnswerState, Estimate
from slmdesk.engines.base import Phase, StopReason, Timings

_STOP_WORDS = {
    StopReason.END.value: later("end of text"),
    StopReason.LENGTH.value: later("token limit reached"),
    StopReason.TOOL.value: later("asks for a tool"),
}


def phase_words(answer: Answer) -> str:
    """ "loading 42 %", "reading 512/2,048", "writing 31 tok/s", "writing · nothing for 11 s", "done"."""
    if not answer.is_running:
        return say(answer.state.value)
    if answer.is_stalled:
        return say("stalled")
    done, total = answer.progress.done, answer.progress.total
    match answer.phase:
        case Phase.WAITING if why := waiting_for(answer):
            return f"{say('waiting')} · {why}"
        case Phase.LOADING if done is not None:
            percent = done if total is None else 100 * done // max(total, 1)
            return say("loading {percent} %", percent=percent)
        case Phase.READING if done is not None and total is not None:
            return say("reading {done:,}/{total:,}", done=done, total=total)
        case Phase.WRITING | Phase.THINKING if answer.is_quiet:
            return f"{say(answer.phase.value)} · {silence(answer)}"
        case Phase.WRITING | Phase.THINKING if (speed := answer.tokens_per_s) is not None:
            return f"{say(answer.phase.value)} {_rate(speed, '.0f')}"
    return say(answer.phase.value)


def waiting_for(answer: Answer) -> str:
    """Why it waits: "next in the queue", "3 ahead", "busy, again in 12 s"; "" where that is not known."""
    progress = answer.progress
    if progress.retry_in_s is not None:
        return say("busy, again in {retry_in_s} s", retry_in_s=progress.retry_in_s)
    if progress.done is None:
        return ""
    return say("{count:,} ahead", count=progress.done) if progress.done else say("next in the queue")


def silence(answer: Answer) -> str:
    """ "nothing for 11 s", in place of a speed that was one."""
    return say("nothing for {silence_s:.0f} s", silence_s=answer.silence_s)


def answer_figures(answer: Answer) -> str:
    """The footer of an answer that runs or has ended."""
    return figures(answer.timings, answer.stop_reason, answer.state, answer.estimate, answer.left_out)


def figures(
    timings: Timings,
    stop_reason: str | None,
    state: AnswerState | str,
    estimate: Estimate | None = None,
    left_out: Sequence[str] = (),
) -> str:
    """ "31.4 tok/s · 188 tokens · first token 0.42 s · end of text", as the engine counted.

    What it did not give is estimated: "~30.1 tok/s · 188 tokens · …", "~30.1 tok/s · ~188 tokens · …".
    """
    parts = [_speed(timings, estimate), _count(timings, estimate), *_closing(timings, stop_reason, state)]
    parts.append(say("without {names}", names=joined([say(name) for name in left_out])) if left_out else "")
    return " · ".join(part for part in parts if part)


def _speed(timings: Timings, estimate: Estimate | None) -> str:
    if timings.output_tokens_per_s is not None:
        return _rate(timings.output_tokens_per_s, ".1f")
    guess = estimate.tokens_per_s if estimate else None
    return "" if guess is None else f"~{_rate(guess, '.1f')}"


def _rate(tokens_per_s: float, spec: str) -> str:
    return say("{speed} tok/s", speed=number(tokens_per_s, spec))


def _count(timings: Timings, estimate: Estimate | None) -> str:
    tokens, mark = timings.output_tokens, ""
    if tokens is None and estimate is not None:
        tokens, mark = estimate.tokens, "~"
    return "" if tokens is None else f"{mark}{counted(tokens, '{count:,} token', '{count:,} tokens')}"


def _closing(timings: Timings, stop_reason: str | None, state: AnswerState | str) -> list[str]:
    parts = [] if timings.ttft_s is None else [say("first token {ttft_s:.2f} s", ttft_s=timings.ttft_s)]
    if stop_reason is not None:
        parts.append(say(_STOP_WORDS.get(str(stop_reason), str(stop_reason))))
    elif state not in (AnswerState.WRITING, AnswerState.DONE):
        parts.append(say(str(state)))
    return parts
