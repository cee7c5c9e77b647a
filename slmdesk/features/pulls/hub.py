"""Repositories of Hugging Face: which of their files are meant, how large they are and their SHA-256."""

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from slmdesk.base.errors import BadInput, BadReply, ModelMissing, NotAuthorised
from slmdesk.base.words import say
from slmdesk.engines.wire.values import count, items, mapping
from slmdesk.features.pulls.http_source import HttpSource
from slmdesk.features.pulls.pasted import HubModel, needs_question
from slmdesk.features.pulls.safe_names import checked_digest, checked_file_name, shards, shown, stem
from slmdesk.features.pulls.transfer import RemoteFile

# What a small machine is served best with, the best known first.
_PREFERRED = ("Q4_K_M", "Q4_K_S", "Q4_K_L", "Q4_0", "IQ4_XS", "Q4_1", "Q5_K_M", "Q6_K", "Q8_0", "F16", "BF16")
_QUANTIZATION = re.compile(
    r"(?:^|[-._])(?:UD-)?((?:I?Q\d|TQ\d|MXFP4|NVFP4)\w*|BF16|F?P?16|F32)(?=[-.]|$)", re.IGNORECASE
)
_NO_MODELS = re.compile(r"(^|[-_.])(mmproj|imatrix)", re.IGNORECASE)
_NAMED_AT_MOST = 12


def hub_address() -> str:
    """The hub, or the mirror that HF_ENDPOINT names, as for its own programs; raises BadInput."""
    address = (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")
    if needs_question(address):
        raise BadInput(
            say("HF_ENDPOINT names a mirror without encryption."),
            next_step=say("Let it begin with https://."),
        )
    return address


async def hub_files(source: HttpSource, model: HubModel) -> tuple[RemoteFile, ...]:
    """The files of the model in their order; raises ModelMissing with what there is instead."""
    hub = hub_address()
    revision = quote(model.revision, safe="")
    try:
        listed = await source.json(f"{hub}/api/models/{model.repo}/tree/{revision}?recursive=true")
    except (NotAuthorised, ModelMissing) as error:
        raise ModelMissing(
            say("Hugging Face has no repository “{repo}” that is open to everybody.", repo=model.repo),
            next_step=say("Check the name; what needs an account can be saved in a browser and imported."),
        ) from error
    chosen = choose([mapping(entry) for entry in items(listed)], model)
    return tuple(_remote(entry, f"{hub}/{model.repo}/resolve/{revision}") for entry in chosen)


def choose(entries: Sequence[Mapping[str, Any]], model: HubModel) -> Sequence[Mapping[str, Any]]:
    """Of all files of a repository those that are meant, all parts of them; raises ModelMissing."""
    by_path = {str(entry.get("path")): entry for entry in entries if _is_model(entry)}
    if model.file:
        first = model.file if model.file in by_path else ""
    elif model.quantization:
        first = _first(by_path, model.quantization)
    else:
        found = (_first(by_path, wanted) for wanted in _PREFERRED)
        first = next(filter(None, found), "") or next(iter(sorted(by_path)), "")
    if not first:
        raise _missing(by_path, model)
    folder, slash, name = first.rpartition("/")
    paths = [folder + slash + part for part in shards(name)]
    if absent := [path for path in paths if path not in by_path]:
        raise ModelMissing(
            say("{repo} lacks the part {absent}.", repo=model.repo, absent=shown(absent[0])),
            next_step=say("Choose another source."),
        )
    return [by_path[path] for path in paths]


def quantization_of(path: str) -> str:
    """As the name of the file has it, "" if it does not."""
    found = _QUANTIZATION.findall(stem(path.rpartition("/")[2]))
    return str(found[-1]).upper() if found else ""


def _first(by_path: Mapping[str, object], wanted: str) -> str:
    """The first file of this quantization: by its own name before that of its folder."""
    names = sorted(by_path, key=lambda path: (path.count("/"), path))
    exact = (path for path in names if quantization_of(path) == wanted.upper())
    ends = (path for path in names if stem(path.rpartition("/")[2]).upper().endswith(wanted.upper()))
    return next(exact, "") or next(ends, "")


def _missing(by_path: Mapping[str, object], model: HubModel) -> ModelMissing:
    if not by_path:
        return ModelMissing(
            say("{repo} holds no GGUF files.", repo=model.repo),
            next_step=say("Look for a repository of the same model whose name ends in GGUF."),
        )
    there = sorted({quantization_of(path) or path for path in by_path})
    return ModelMissing(
        say("{repo} has no “{wanted}”.", repo=model.repo, wanted=shown(model.file or model.quantization)),
        next_step=say("There is {names}.", names=", ".join(shown(one) for one in there[:_NAMED_AT_MOST])),
    )


def _is_model(entry: Mapping[str, Any]) -> bool:
    *folders, name = str(entry.get("path")).split("/")
    is_inside = not any(folder in ("", ".", "..") for folder in folders)
    return is_inside and name.lower().endswith(".gguf") and not _NO_MODELS.search(name)


def _remote(entry: Mapping[str, Any], root: str) -> RemoteFile:
    path, large = str(entry.get("path")), mapping(entry.get("lfs"))
    name = checked_file_name(path.rpartition("/")[2])
    size = count(large.get("size"))
    try:
        sha256 = checked_digest(str(large["oid"])) if large.get("oid") else ""
    except BadInput as error:
        raise BadReply(say("Hugging Face sent a hash that is none.")) from error
    return RemoteFile(
        name, f"{root}/{quote(path)}", count(entry.get("size")) if size is None else size, sha256
    )
