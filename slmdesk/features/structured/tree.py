"""A JSON value as a tree for the screen: each node with its value and what is wrong with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from slmdesk.base.words import say
from slmdesk.features.structured.wording import missing_names, sentence_for, shown

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MOST_NODES = 2_000

NodeKind: TypeAlias = Literal["object", "list", "text", "number", "boolean", "null", "missing", "more"]
Key: TypeAlias = str | int
Keys: TypeAlias = tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class ResultNode:
    """One line of the tree. `key` is a field's name or an item's number from 1, "" for the root.

    `path` names the place in the whole (`lines[2].price`); `problem` is "" where all is well.
    A `missing` node stands for a field that should be there, `more` for the nodes beyond MOST_NODES.
    """

    key: str
    path: str
    kind: NodeKind
    value: str
    problem: str = ""
    children: tuple["ResultNode", ...] = ()

    @property
    def has_problem(self) -> bool:
        """Whether something is wrong here or further in: for the mark on a folded line."""
        return bool(self.problem) or any(child.has_problem for child in self.children)


@dataclass(frozen=True, slots=True)
class Problem:
    """What breaks the schema, and where (`path` is "" for the whole)."""

    path: str
    sentence: str


def problems_from(errors: "Sequence[ValidationError]") -> Mapping[Keys, Sequence[str]]:
    """The sentences for each place, in the order in which they were found."""
    found: dict[Keys, list[str]] = {}
    for error in errors:
        for keys, sentence in _problems(error):
            known = found.setdefault(keys, [])
            if sentence not in known:
                known.append(sentence)
    return found


def build_tree(value: Any, problems: Mapping[Keys, Sequence[str]]) -> ResultNode:
    """The tree of the value, with the problems at their places."""
    return _Builder(problems).node("", (), value)


def path_words(keys: Keys) -> str:
    """`lines[2].price`, with numbers from 1 as people count."""
    words = ""
    for key in keys:
        if isinstance(key, int):
            words += f"[{key + 1}]"
        elif key.isidentifier():
            words += f".{key}" if words else key
        else:
            words += f'["{_one_line(key)}"]'
    return words


def _problems(error: "ValidationError") -> Iterator[tuple[Keys, str]]:
    keys: Keys = tuple(error.absolute_path)
    if error.validator == "required":
        yield from (((*keys, name), say("is missing")) for name in missing_names(error))
    elif error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        known = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
        for name in error.instance:
            if name not in known:
                yield (*keys, name), say("is not asked for")
    else:
        yield keys, sentence_for(error)


class _Builder:
    """Counts the nodes, so that no answer fills the screen's memory."""

    def __init__(self, problems: Mapping[Keys, Sequence[str]]) -> None:
        self._problems = problems
        self._left = MOST_NODES

    def node(self, key: str, keys: Keys, value: Any) -> ResultNode:
        self._left -= 1
        problem = "; ".join(self._problems.get(keys, ()))
        children = self._children(keys, value)
        return ResultNode(key, path_words(keys), _kind(value), _cell(value), problem, tuple(children))

    def _children(self, keys: Keys, value: Any) -> Iterator[ResultNode]:
        items: list[tuple[Key, Any]] = []
        if isinstance(value, dict):
            items = list(value.items())
        elif isinstance(value, list):
            items = list(enumerate(value))
        for number, (key, item) in enumerate(items):
            if self._left <= 0:
                left = len(items) - number
                yield ResultNode("…", path_words(keys), "more", say("{left} more", left=left))
                return
            yield self.node(_one_line(key) if isinstance(key, str) else str(key + 1), (*keys, key), item)
        if isinstance(value, dict):
            yield from self._missing(keys, value)

    def _missing(self, keys: Keys, value: Mapping[str, Any]) -> Iterator[ResultNode]:
        for place, sentences in self._problems.items():
            name = place[-1] if place else 0
            if place[:-1] == keys and isinstance(name, str) and name not in value:
                yield ResultNode(_one_line(name), path_words(place), "missing", "", "; ".join(sentences))


def _kind(value: Any) -> NodeKind:
    match value:
        case dict():
            return "object"
        case list():
            return "list"
        case str():
            return "text"
        case bool():
            return "boolean"
        case None:
            return "null"
    return "number"


def _cell(value: Any) -> str:
    """A text stands in its cell without quotes and whole: the view elides it."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else shown(value)


def _one_line(key: str) -> str:
    return " ".join(key.encode("utf-8", "replace").decode()[:80].split())
