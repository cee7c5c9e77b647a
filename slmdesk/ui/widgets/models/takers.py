"""The engines that can have a pasted model, and what each would be asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from slmdesk.base.errors import BadInput
from slmdesk.engines.base import Engine
from slmdesk.engines.library import file_engine
from slmdesk.features.catalog.catalogue import Catalogue
from slmdesk.features.catalog.entry import Entry, Quantization
from slmdesk.features.pulls.pasted import HubModel, LocalFile, OllamaModel, Pasted


@dataclass(frozen=True, slots=True)
class Taker:
    """One of them; `known_bytes` is the published size, where the catalogue has it."""

    engine_id: str
    label: str
    pasted: Pasted
    known_bytes: int | None = None


def takers(pasted: Pasted, engines: Iterable[Engine], catalogue: Catalogue) -> Sequence[Taker]:
    """The one that was meant comes first.

    A name of Ollama that the catalogue knows is found as a file for the built-in engine, too: in the same
    quantization where it is published so, else in the one that suits a small machine.
    """
    if isinstance(pasted, LocalFile):
        return ()
    able = [engine for engine in engines if file_engine(engine) or engine.capabilities.pull]
    here = [engine for engine in able if file_engine(engine)]
    servers = [engine for engine in able if not file_engine(engine)]
    if isinstance(pasted, OllamaModel):
        return _of_name(pasted, here, servers, catalogue)
    found = here + servers if isinstance(pasted, HubModel) else here
    return [Taker(engine.id, engine.label, pasted) for engine in found]


def _of_name(
    pasted: OllamaModel, here: Sequence[Engine], servers: Sequence[Engine], catalogue: Catalogue
) -> Sequence[Taker]:
    entry, form = _known(pasted, catalogue)
    size_bytes = form.size_bytes if form else None
    found = [Taker(engine.id, engine.label, pasted, size_bytes) for engine in servers]
    if entry and entry.hugging_face:
        is_same = form is not None and form.is_on_hugging_face
        file = HubModel(entry.hugging_face, form.name if form and is_same else "")
        found += [Taker(engine.id, engine.label, file) for engine in here]
    return found


def _known(pasted: OllamaModel, catalogue: Catalogue) -> tuple[Entry | None, Quantization | None]:
    """The very model and its form; a name that is only near is not it."""
    if pasted.host:
        return None, None
    try:
        entry = catalogue.named(pasted.name)
    except BadInput:
        return None, None
    name = pasted.name.casefold().removesuffix(":latest")
    forms = [one for one in entry.quantizations if one.ollama and one.ollama.casefold() == name]
    if forms:
        return entry, forms[0]
    return (entry, None) if name in map(str.casefold, entry.ollama) else (None, None)
