"""A pack and its setup as the store keeps them, and back: the texts of the documents stand by themselves."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, TypeVar

from slmdesk.engines.plain import options_from_plain, options_to_plain
from slmdesk.features.evaluate.pack import Pack
from slmdesk.features.evaluate.pack_file import pack_from_plain, pack_to_plain
from slmdesk.features.evaluate.setup import Asking, Setup, Target, TargetKind
from slmdesk.store.packs import StoredDocument, StoredPack

_DOCUMENTS = "documents"
T = TypeVar("T")


def to_stored(pack_id: str, pack: Pack, setup: Setup) -> StoredPack:
    """Cheap for long documents: their texts are not copied."""
    bare = replace(pack, documents=tuple(replace(each, text="", source="") for each in pack.documents))
    documents = tuple(StoredDocument(each.name, each.text, each.source) for each in pack.documents)
    return StoredPack(pack_id, pack.title, pack_to_plain(bare), setup_to_plain(setup), documents)


def from_stored(stored: StoredPack) -> tuple[Pack, Setup]:
    """Raises BadInput where the content is damaged; a damaged setup falls back to the usual one."""
    bare = {each.get("name"): each for each in stored.content.get(_DOCUMENTS, ())}
    documents = [
        {**bare.get(each.name, {}), "name": each.name, "text": each.text, "source": each.source}
        for each in stored.documents
    ]
    return pack_from_plain({**stored.content, _DOCUMENTS: documents}), setup_from_plain(stored.setup)


def setup_to_plain(setup: Setup) -> dict[str, Any]:
    return asdict(setup) | {
        "model_refs": list(setup.model_refs),
        "seeds": list(setup.seeds),
        "votes": [list(refs) for refs in setup.votes],
        "hosts": list(setup.hosts),
        "asking": str(setup.asking),
        "options": options_to_plain(setup.options),
        "target": {"kind": str(setup.target.kind), "value": setup.target.value},
    }


def setup_from_plain(plain: Mapping[str, Any]) -> Setup:
    """What can be read; a damaged or unknown field falls back to its default."""
    usual = Setup()
    target = _of(plain, "target", dict, {})
    options = plain.get("options")
    return Setup(
        model_refs=_texts(plain.get("model_refs")),
        asking=_word(Asking, plain.get("asking"), usual.asking),
        options=options_from_plain(options) if isinstance(options, Mapping) else usual.options,
        seeds=tuple(seed for seed in _of(plain, "seeds", list, []) if type(seed) is int) or usual.seeds,
        target=Target(
            _word(TargetKind, target.get("kind"), usual.target.kind),
            min(max(_of(target, "value", float, usual.target.value), 0.0), 1.0),
        ),
        is_thinking=plain.get("is_thinking") is True,
        votes=tuple(filter(None, map(_texts, _of(plain, "votes", list, [])))),
        hosts=_texts(plain.get("hosts")),
    )


def _of(plain: Mapping[str, Any], name: str, kind: type[T], usual: T) -> T:
    value = plain.get(name)
    return value if isinstance(value, kind) else usual


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _word(words: type[T], value: object, usual: T) -> T:
    try:
        return words(value)  # type: ignore[call-arg]  # an enumeration
    except ValueError:
        return usual
