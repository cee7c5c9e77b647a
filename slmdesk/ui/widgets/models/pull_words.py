"""What a pull is and how far it has come, in the words of the window."""

import math

from slmdesk.base.words import number
from slmdesk.features.pulls.pasted import HubModel, LocalFile, OllamaModel, Pasted, WebFile
from slmdesk.features.pulls.progress import SILENT_AFTER_S, PullPhase, PullProgress
from slmdesk.features.pulls.queue import Pull, PullState
from slmdesk.ui.labels import short_name, tr

NAME_CHARACTERS = 28


def understood(pasted: Pasted) -> str:
    """What was pasted, where it comes from."""
    match pasted:
        case OllamaModel(name, host):
            if host:
                return tr("Model {0} from {1}").format(name.removeprefix(f"{host}/"), host)
            return tr("Model {0} from Ollama's registry").format(name)
        case HubModel(repo, quantization, file):
            wanted = file.rpartition("/")[2] or quantization or tr("the best small form")
            return tr("{0} of {1} on Hugging Face").format(wanted, repo)
        case WebFile(address, file):
            return tr("The file {0} from {1}").format(file, address.split("/")[2])
        case LocalFile(path):
            return tr("A file of this machine: {0}").format(path)


def amount(size_bytes: int) -> str:
    """Bytes as people read them: "98.4 MB", "4.7 GB"."""
    if size_bytes >= 1_000_000_000:
        return tr("{0} GB").format(number(size_bytes / 1e9, ".1f"))
    if size_bytes >= 1_000_000:
        return tr("{0} MB").format(number(size_bytes / 1e6, ".0f" if size_bytes >= 1e7 else ".1f"))
    return tr("{0} KB").format(number(math.ceil(size_bytes / 1e3), "d"))


def left_words(seconds: float) -> str:
    """How long it takes still."""
    if seconds < 90:
        return tr("{0} s").format(math.ceil(seconds))
    minutes = round(seconds / 60)
    if minutes < 90:
        return tr("{0} min").format(minutes)
    return tr("{0} h {1} min").format(minutes // 60, minutes % 60)


def state_words(pull: Pull) -> str:
    """Where it stands, in one line."""
    match pull.state:
        case PullState.WAITING:
            return tr("waits for its turn")
        case PullState.FAILED:
            return pull.error
        case PullState.PAUSED:
            come = pull.progress.done_bytes
            return tr("paused · {0} are kept").format(amount(come)) if come else tr("paused")
        case PullState.DONE:
            total = pull.progress.total_bytes
            return tr("ready to use · {0}").format(amount(total)) if total else tr("ready to use")
    return progress_words(pull.progress)


def progress_words(progress: PullProgress) -> str:
    """Bytes, per cent, speed and time left over all parts; or what it waits for."""
    told = {
        PullPhase.ASKING: tr("asking where it is"),
        PullPhase.CHECKING: tr("checking what is here already"),
        PullPhase.VERIFYING: tr("verifying"),
        PullPhase.DONE: tr("done"),
    }
    if progress.phase in told and not progress.note:
        return " · ".join(filter(None, (told[progress.phase], progress.checked_words)))
    parts = [_amounts(progress)] if progress.done_bytes or progress.total_bytes else []
    if progress.phase == PullPhase.WAITING:
        parts.append(tr("tries again in {0} s").format(math.ceil(progress.retry_in_s or 0)))
    elif progress.silent_s >= SILENT_AFTER_S:
        seconds = math.floor(progress.silent_s)
        parts.append(tr("no data for {0} s, the server is trying again").format(seconds))
    elif progress.bytes_per_s is not None:
        parts.append(_speed(progress.bytes_per_s))
        if progress.left_s is not None:
            parts.append(tr("{0} left").format(left_words(progress.left_s)))
    return " · ".join((*parts, progress.note) if progress.note else parts)


def status_words(pull: Pull) -> str:
    """The short form for the foot of the window: "↓ qwen3:4b 64 % · 21 MB/s · 1 min"."""
    progress = pull.progress
    name = short_name(pull.name)
    name = name if len(name) <= NAME_CHARACTERS else f"{name[: NAME_CHARACTERS - 1]}…"
    parts = [f"↓ {name}"]
    if progress.fraction is not None:
        parts[0] += f" {math.floor(100 * progress.fraction)} %"
    if progress.bytes_per_s is not None and progress.silent_s < SILENT_AFTER_S:
        parts.append(_speed(progress.bytes_per_s))
    if progress.left_s is not None:
        parts.append(left_words(progress.left_s))
    return " · ".join(parts)


def _amounts(progress: PullProgress) -> str:
    if progress.total_bytes is None:
        return amount(progress.done_bytes)
    words = tr("{0} of {1}").format(amount(progress.done_bytes), amount(progress.total_bytes))
    return f"{words} · {math.floor(100 * progress.fraction)} %" if progress.fraction is not None else words


def _speed(bytes_per_s: float) -> str:
    spec = ".0f" if bytes_per_s >= 1e7 else ".1f"
    return tr("{0} MB/s").format(number(bytes_per_s / 1e6, spec))
