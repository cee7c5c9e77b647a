"""What an answer is doing, with its clock, for the window; the footer comes from engines.answer_words."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from slmdesk.base.words import counted, number
from slmdesk.engines.answer import Answer, AnswerState
from slmdesk.engines.answer_words import silence, waiting_for
from slmdesk.engines.base import Phase, Timings
from slmdesk.ui.labels import tr

Tone: TypeAlias = Literal["plain", "accent", "good", "warn", "bad"]

STATE_TONES: dict[AnswerState, Tone] = {
    AnswerState.WRITING: "accent",
    AnswerState.DONE: "good",
    AnswerState.STOPPED: "warn",
    AnswerState.INTERRUPTED: "bad",
    AnswerState.FAILED: "bad",
}


@dataclass(frozen=True, slots=True)
class StatusWords:
    """The phase as a word, its figure (speed or progress) and the rest (tokens, clock).

    `note` stands in place of a figure: why it waits, how long nothing has come.
    """

    word: str
    tone: Tone
    figure: str = ""
    detail: str = ""
    note: str = ""

    @property
    def line(self) -> str:
        """All of it in one line, as under a running answer and in the status bar."""
        head = _joined(f"{self.word} {self.figure}".strip(), self.note)
        if not self.detail:
            return head
        separator = " · " if self.figure or self.note else " "
        return f"{head}{separator}{self.detail}"


def status_of(answer: Answer) -> StatusWords:
    """What the answer does now; a slow model and a stuck one must not look alike."""
    if not answer.is_running:
        return StatusWords(
            _state_word(answer.state), STATE_TONES[answer.state], "", _joined(_tokens(answer), _clock(answer))
        )
    if answer.is_stalled:
        words = tr("stalled {0} s: keep waiting or stop").format(round(answer.silence_s))
        return StatusWords(words, "bad")
    match answer.phase:
        case Phase.WAITING:
            return StatusWords(tr("waiting"), "plain", "", _clock(answer), waiting_for(answer))
        case Phase.LOADING:
            return StatusWords(tr("loading"), "warn", _loading(answer), _clock(answer))
        case Phase.READING:
            return StatusWords(tr("reading"), "warn", _reading(answer), _clock(answer))
        case Phase.THINKING | Phase.WRITING:
            detail = _joined(_tokens(answer), _clock(answer))
            word = tr("thinking") if answer.phase is Phase.THINKING else tr("writing")
            if answer.is_quiet:
                return StatusWords(word, "warn", "", detail, silence(answer))
            return StatusWords(word, "accent", _speed(answer), detail)


def waiting_words(answer: Answer) -> str:
    """What stands where the text will be, until there is some; the clock is in the head."""
    match answer.phase:
        case Phase.WAITING:
            why = waiting_for(answer)
            return tr("Waiting for the engine: {0}…").format(why) if why else tr("Waiting for the engine…")
        case Phase.LOADING:
            return tr("Loading the model…")
        case _:
            load_s = answer.phase_seconds.get(Phase.LOADING)
            if not load_s:
                return tr("Reading the prompt…")
            return tr("Loaded in {0}. Reading the prompt…").format(clock(load_s))


def phase_seconds(answer: Answer) -> dict[Phase, float]:
    """Where the time went so far; of an answer read from the store what its server measured."""
    spent = dict(answer.phase_seconds)
    now = answer.started_at + answer.elapsed_s
    if spent or answer.is_running:
        spent[answer.phase] = spent.get(answer.phase, 0.0) + now - answer.phase_started_at
        return spent
    timings = answer.timings
    measured = {
        Phase.LOADING: timings.load_s,
        Phase.READING: timings.prompt_s,
        Phase.WRITING: timings.output_s,
    }
    return {phase: value for phase, value in measured.items() if value}


def figure_rows(timings: Timings) -> list[tuple[str, str]]:
    """The whole table: name and value, "unknown" where the server did not say."""
    return [
        (tr("Load"), seconds(timings.load_s)),
        (tr("Prompt"), count(timings.prompt_tokens) or tr("unknown")),
        (tr("Reused from the cache"), count(timings.prompt_tokens_cached) or tr("unknown")),
        (tr("Reading"), _joined(seconds(timings.prompt_s), rate(timings.prompt_tokens_per_s))),
        (tr("Answer"), count(timings.output_tokens) or tr("unknown")),
        (tr("Writing"), _joined(seconds(timings.output_s), rate(timings.output_tokens_per_s))),
        (tr("First token after"), seconds(timings.ttft_s)),
        (tr("First token of the answer after"), seconds(timings.answer_ttft_s)),
        (tr("In all"), seconds(timings.total_s)),
    ]


def rate(tokens_per_s: float | None, *, is_estimate: bool = False) -> str:
    """A speed such as "31.4 tok/s"; "" if unknown."""
    if tokens_per_s is None:
        return ""
    shown = number(tokens_per_s, ".1f") if tokens_per_s < 100 else number(tokens_per_s, ",.0f")
    return tr("{0} tok/s").format(f"{'~' * is_estimate}{shown}")


def count(tokens: int | None, *, is_estimate: bool = False) -> str:
    """A number of tokens in words; "" if unknown."""
    if tokens is None:
        return ""
    return f"{'~' * is_estimate}{counted(tokens, '{count:,} token', '{count:,} tokens')}"


def seconds(value: float | None) -> str:
    """A measured time: two decimals while short, minutes when long."""
    if value is None:
        return tr("unknown")
    return tr("{0} s").format(number(value, ".2f")) if value < 10 else clock(value)


def clock(value_s: float) -> str:
    """A running time, one decimal so that it is seen to move."""
    if value_s < 60:
        return tr("{0} s").format(number(value_s, ".1f"))
    minutes, rest = divmod(int(value_s), 60)
    return tr("{0} min {1} s").format(minutes, f"{rest:02d}")


def estimate_tokens(text: str) -> int:
    """Tokens a text will roughly cost: four bytes of UTF-8 each, as most vocabularies average."""
    return (len(text.encode("utf-8", "surrogatepass")) + 3) // 4


def _state_word(state: AnswerState) -> str:
    match state:
        case AnswerState.STOPPED:
            return tr("stopped")
        case AnswerState.INTERRUPTED:
            return tr("interrupted")
        case AnswerState.FAILED:
            return tr("failed")
    return tr("done")


def _clock(answer: Answer) -> str:
    return clock(answer.elapsed_s)


def _speed(answer: Answer) -> str:
    speed = answer.tokens_per_s
    if speed is None:
        return ""
    return tr("{0} tok/s").format(f"{'~' * (answer.timings.output_tokens is None)}{number(speed, '.0f')}")


def _tokens(answer: Answer) -> str:
    return count(answer.timings.output_tokens or answer.chunk_count or None)


def _loading(answer: Answer) -> str:
    done, total = answer.progress.done, answer.progress.total
    return "" if done is None else f"{100 * done // total if total else done} %"


def _reading(answer: Answer) -> str:
    done, total = answer.progress.done, answer.progress.total
    return "" if done is None or not total else f"{number(done)}/{number(total)}"


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
