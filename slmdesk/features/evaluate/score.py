"""What an answer is worth, and why."""

from dataclasses import dataclass

RIGHT_FROM = 0.999
WRONG_BELOW = 0.5


@dataclass(frozen=True, slots=True)
class Score:
    """`value` from 0 (wrong) to 1 (right); `why` is one sentence for the person who looks at the cell."""

    value: float
    why: str

    @property
    def is_right(self) -> bool:
        return self.value >= RIGHT_FROM

    @property
    def is_wrong(self) -> bool:
        return self.value < WRONG_BELOW
