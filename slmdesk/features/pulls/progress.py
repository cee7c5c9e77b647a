"""How far a pull is: one value for every kind of it, smoothed, and never going back."""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from slmdesk.base.jobs import call_in
from slmdesk.base.memory import gigabytes
from slmdesk.base.words import later, number, say

SILENT_AFTER_S = 8.0

_SMOOTHED_OVER_S = 4.0
_MEASURED_EVERY_S = 0.25
_SPEED_KNOWN_AFTER_S = 1.0
_TOLD_EVERY_BYTES = 16 << 20


class PullPhase(StrEnum):
    """What a pull is doing."""

    ASKING = "asking"
    CHECKING = "checking"  # reading what is on the disk already
    FETCHING = "fetching"
    WAITING = "waiting"  # before it tries again
    VERIFYING = "verifying"
    DONE = "done"


_PHASE_WORDS = {
    PullPhase.ASKING: later("asking where it is"),
    PullPhase.CHECKING: later("checking what is here already"),
    PullPhase.VERIFYING: later("verifying"),
    PullPhase.DONE: later("done"),
}


@dataclass(frozen=True, slots=True)
class PullProgress:
    """Over all parts: bytes, bytes a second, seconds; None where it is not known (yet).

    `fraction` from 0 to 1 grows only, unless `restarts` has grown: then the source had changed.
    `silent_s` is how long nothing has come. `note` is a sentence about what happened, "" if nothing.
    """

    phase: PullPhase = PullPhase.ASKING
    done_bytes: int = 0
    total_bytes: int | None = None
    fraction: float | None = None
    bytes_per_s: float | None = None
    silent_s: float = 0.0
    retry_in_s: float | None = None
    restarts: int = 0
    note: str = ""

    @property
    def left_s(self) -> float | None:
        """Time left over all parts; None while it cannot be known."""
        if self.total_bytes is None or not self.bytes_per_s or self.phase != PullPhase.FETCHING:
            return None
        return max(0, self.total_bytes - self.done_bytes) / self.bytes_per_s

    @property
    def checked_words(self) -> str:
        """How much of all was found here while it is looked at: "42 %"."""
        if self.phase != PullPhase.CHECKING or not self.fraction:
            return ""
        return f"{math.floor(100 * self.fraction)} %"

    @property
    def words(self) -> str:
        """All of it in one line."""
        if self.phase in _PHASE_WORDS and not self.note:
            return " · ".join(filter(None, (say(_PHASE_WORDS[self.phase]), self.checked_words)))
        parts = [self._amount()] if self.done_bytes or self.total_bytes else []
        if self.phase == PullPhase.WAITING:
            parts.append(say("tries again in {seconds} s", seconds=math.ceil(self.retry_in_s or 0)))
        elif self.silent_s >= SILENT_AFTER_S:
            seconds = math.floor(self.silent_s)
            parts.append(say("no data for {seconds} s, the server is trying again", seconds=seconds))
        elif self.bytes_per_s is not None:
            parts.append(speed(self.bytes_per_s))
            if self.left_s is not None:
                parts.append(say("{time} left", time=duration(self.left_s)))
        return " · ".join((*parts, self.note) if self.note else parts)

    def _amount(self) -> str:
        if self.total_bytes is None:
            return amount(self.done_bytes)
        words = say("{done} of {total}", done=amount(self.done_bytes), total=amount(self.total_bytes))
        return words if self.fraction is None else f"{words} · {math.floor(100 * self.fraction)} %"


class Meter:
    """Counts what comes, in one thread. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._phase = PullPhase.ASKING
        self._done = 0
        self._total: int | None = None
        self._most = 0.0
        self._note = ""
        self._is_sorry = False
        self._restarts = 0
        self._retry_at: float | None = None
        self._began_at: float | None = None
        self._measured_at = self._grew_at = clock()
        self._fresh_bytes = 0
        self._rate = 0.0

    @property
    def total_bytes(self) -> int | None:
        return self._total

    def expect(self, total_bytes: int | None) -> None:
        """How much all parts have together, as far as it is known."""
        self._total = total_bytes

    def have(self, done_bytes: int) -> None:
        """So much is here, of which nothing came just now."""
        self._done = done_bytes

    def teller(self, before_bytes: int) -> Callable[[int], None]:
        """For a reading in another thread of what is here already, after so many bytes of other files."""
        loop, told = asyncio.get_running_loop(), [0]

        def tell(read_bytes: int) -> None:
            if read_bytes - told[0] >= _TOLD_EVERY_BYTES:
                told[0] = read_bytes
                call_in(loop, lambda: self.have(before_bytes + read_bytes))

        return tell

    def add(self, count: int) -> None:
        """So many bytes have come."""
        if count <= 0:
            return
        now = self._clock()
        if self._is_sorry:
            self.say("")
        if self._began_at is None:  # how long the first bytes were on their way nobody knows
            self._began_at = self._measured_at = now
        else:
            self._fresh_bytes += count
        self._done += count
        self._grew_at = now
        self._measure(now)

    def show(self, phase: PullPhase, *, retry_in_s: float | None = None) -> None:
        """What is being done from now on."""
        now = self._clock()
        self._retry_at = None if retry_in_s is None else now + retry_in_s
        if phase == PullPhase.FETCHING != self._phase:
            self._grew_at = self._measured_at = now  # a wait is no silence of the source
            self._fresh_bytes = 0
        self._phase = phase

    def say(self, note: str) -> None:
        """Something happened that explains what is seen; "" takes it back."""
        self._note = note
        self._is_sorry = False

    def apologise(self, note: str) -> None:
        """Why it is tried again; taken back by the next byte that comes."""
        self._note, self._is_sorry = note, True

    def start_over(self, note: str) -> None:
        """What is here is of no use any more: the source has changed."""
        self._done, self._most = 0, 0.0
        self.say(note)
        self._restarts += 1

    def progress(self) -> PullProgress:
        """As it is now."""
        now = self._clock()
        self._measure(now)
        is_fetching = self._phase == PullPhase.FETCHING
        return PullProgress(
            phase=self._phase,
            done_bytes=self._done,
            total_bytes=self._total,
            fraction=self._fraction(),
            bytes_per_s=self._rate if is_fetching and self._is_speed_known(now) else None,
            silent_s=now - self._grew_at if is_fetching else 0.0,
            retry_in_s=None if self._retry_at is None else max(0.0, self._retry_at - now),
            restarts=self._restarts,
            note=self._note,
        )

    def _fraction(self) -> float | None:
        if self._phase == PullPhase.DONE:
            return 1.0
        if not self._total:
            return None
        self._most = max(self._most, min(1.0, self._done / self._total))
        return self._most

    def _measure(self, now: float) -> None:
        """An average that forgets: what came more than some seconds ago hardly counts."""
        elapsed = now - self._measured_at
        if elapsed < _MEASURED_EVERY_S or self._phase != PullPhase.FETCHING:
            return
        weight = 1 - math.exp(-elapsed / _SMOOTHED_OVER_S)
        is_first = self._rate == 0.0
        speed = self._fresh_bytes / elapsed
        self._rate = speed if is_first else self._rate + weight * (speed - self._rate)
        self._measured_at, self._fresh_bytes = now, 0

    def _is_speed_known(self, now: float) -> bool:
        return self._began_at is not None and now - self._began_at >= _SPEED_KNOWN_AFTER_S


def amount(size_bytes: int) -> str:
    """4,700,000,000 as "4.7 GB", small ones in MB or KB: "98 MB", "1.5 MB"."""
    if size_bytes >= 1_000_000_000:
        return f"{gigabytes(size_bytes)} GB"
    if size_bytes >= 1_000_000:
        return f"{number(size_bytes / 1e6, '.0f' if size_bytes >= 1e7 else '.1f')} MB"
    return f"{math.ceil(size_bytes / 1e3)} KB"


def speed(bytes_per_s: float) -> str:
    """ "21 MB/s" or "1.5 MB/s"."""
    return f"{number(bytes_per_s / 1e6, '.0f' if bytes_per_s >= 1e7 else '.1f')} MB/s"


def duration(seconds: float) -> str:
    """ "40 s", "12 min", "3 h 5 min"."""
    if seconds < 90:
        return say("{seconds} s", seconds=math.ceil(seconds))
    minutes = round(seconds / 60)
    return (
        say("{minutes} min", minutes=minutes)
        if minutes < 90
        else say("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
    )
