"""How fast a model can write: every token reads the weights it uses and the context once from memory."""

from dataclasses import dataclass

from slmdesk.base.machine import Bandwidth
from slmdesk.base.words import say
from slmdesk.features.catalog.entry import Entry

SLOW_TOKENS_PER_S = 5.0  # slower than people read

# Of the measured bandwidth: SmolLM2 135M reached 0.43, Gemma 3 270M 0.69; larger models come nearer to it.
_LEAST_SHARE = 0.40
_MOST_SHARE = 0.85


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second: a range from `least` (the context full) to `most` (empty)."""

    least_tokens_per_s: float
    most_tokens_per_s: float

    @property
    def words(self) -> str:
        """ "9–13 tok/s"; below ten with a decimal."""
        return say(
            "{least}–{most} tok/s",
            least=_figure(self.least_tokens_per_s),
            most=_figure(self.most_tokens_per_s),
        )


def bytes_per_token(entry: Entry, weights_bytes: int) -> int:
    """What one token reads of the weights: of a mixture of experts the active share."""
    if not entry.parameters or not entry.active_parameters:
        return weights_bytes
    return max(1, int(weights_bytes * entry.active_parameters / entry.parameters))


def expected_speed(
    entry: Entry, weights_bytes: int, kv_bytes: int, bandwidth: Bandwidth | None
) -> Speed | None:
    """On the processor of the machine where `bandwidth` was measured; None for models that do not write."""
    writes = not {"chat", "insert"}.isdisjoint(entry.capabilities)
    if bandwidth is None or weights_bytes <= 0 or not writes:
        return None
    read_bytes = bytes_per_token(entry, weights_bytes)
    return Speed(
        bandwidth.bytes_per_s * _LEAST_SHARE / (read_bytes + kv_bytes),
        bandwidth.bytes_per_s * _MOST_SHARE / read_bytes,
    )


def _figure(number: float) -> str:
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}"
