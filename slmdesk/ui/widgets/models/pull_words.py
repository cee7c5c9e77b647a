"""What a pull is and how far it has come, in the words of the window."""

import math

from slmdesk.features.pulls.pasted import HubModel, LocalFile, OllamaModel, Pasted, WebFile
from slmdesk.features.pulls.progress import SILENT_AFTER_S, amount, duration, speed
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
    return pull.progress.words


def status_words(pull: Pull) -> str:
    """The short form for the foot of the window: "↓ qwen3:4b 64 % · 21 MB/s · 1 min"."""
    progress = pull.progress
    name = short_name(pull.name)
    name = name if len(name) <= NAME_CHARACTERS else f"{name[: NAME_CHARACTERS - 1]}…"
    parts = [f"↓ {name}"]
    if progress.fraction is not None:
        parts[0] += f" {math.floor(100 * progress.fraction)} %"
    if progress.bytes_per_s is not None and progress.silent_s < SILENT_AFTER_S:
        parts.append(speed(progress.bytes_per_s))
    if progress.left_s is not None:
        parts.append(duration(progress.left_s))
    return " · ".join(parts)
