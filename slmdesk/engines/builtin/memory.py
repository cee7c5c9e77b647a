"""How much memory a model of the built-in engine takes, and how many answers at once there is room for."""

from dataclasses import dataclass

from slmdesk.base.memory import USABLE_SHARE, work_bytes
from slmdesk.engines.builtin.model_files import ModelFile

MAX_SLOTS = 4
# Room for more answers at once is a comfort: it never takes more than this share of what is free.
_SLOTS_SHARE = 0.10
# For a header that does not tell the shape of its layers.
_KV_PER_WEIGHT_BYTE = 40e-6


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """Bytes of one load; `kv_bytes` is the KV cache of one answer's context, each slot has its own."""

    weights_bytes: int
    kv_bytes: int
    work_bytes: int

    @property
    def least_bytes(self) -> int:
        """With room for one answer at a time."""
        return self.total_bytes(1)

    def total_bytes(self, slots: int) -> int:
        return self.weights_bytes + slots * self.kv_bytes + self.work_bytes

    def slots(self, free_bytes: int | None) -> int:
        """How many contexts to make room for: each answer has its own, so that none takes another's."""
        if free_bytes is None or self.kv_bytes == 0:
            return MAX_SLOTS
        spare_bytes = min(
            free_bytes * USABLE_SHARE - self.least_bytes, (free_bytes - self.least_bytes) * _SLOTS_SHARE
        )
        return max(1, min(MAX_SLOTS, 1 + int(spare_bytes // self.kv_bytes)))


def memory_need(model: ModelFile, context_tokens: int) -> MemoryNeed:
    """Weights, KV cache and working memory. Layers with a sliding window need less than is said here."""
    weights_bytes = model.size_bytes or 0
    per_token = model.header.kv_bytes_per_token if model.header else None
    if per_token is None:
        per_token = int(weights_bytes * _KV_PER_WEIGHT_BYTE)
    return MemoryNeed(weights_bytes, per_token * context_tokens, work_bytes(weights_bytes))
