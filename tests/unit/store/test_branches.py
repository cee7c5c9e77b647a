"""The tree of messages: nothing is erased, a path goes from root to leaf, and there and back is the same."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from slmdesk.store.branches import MessageTree
from slmdesk.store.messages import StoredMessage


def message(identifier: int, parent: int | None) -> StoredMessage:
    return StoredMessage(
        id=str(identifier),
        chat_id="1",
        parent_id=None if parent is None else str(parent),
        role="user",
        text=f"text {identifier}",
        thinking="",
        state="done",
        model_ref="",
        timings={},
        stop_reason=None,
        error="",
        created_at=float(identifier),
    )


def tree_of(*links: tuple[int, int | None]) -> MessageTree:
    return MessageTree(message(identifier, parent) for identifier, parent in links)


def ids(path: list[StoredMessage]) -> list[str]:
    return [each.id for each in path]


FORKED = ((1, None), (2, 1), (3, 2), (4, 3), (5, 1), (6, 5))  # 1 has the versions 2 (3, 4 below) and 5


def test_versions_stand_beside_one_another() -> None:
    tree = tree_of(*FORKED)
    versions = tree.versions("5")
    assert (versions.ids, versions.index, versions.count, versions.words) == (("2", "5"), 1, 2, "2/2")
    assert tree.versions("1").words == ""


def test_a_switch_goes_to_the_newest_leaf_and_back_to_the_one_that_was_left() -> None:
    tree = tree_of(*FORKED, (7, 2), (8, 3))
    shown = tree.path_to("4")
    there = tree.switch(shown, "5")
    assert ids(there) == ["1", "5", "6"]
    assert ids(tree.switch(there, "2")) == ["1", "2", "3", "4"]


def test_versions_of_the_first_message_are_remembered_too() -> None:
    tree = tree_of((1, None), (2, 1), (3, None), (4, 3))
    back = tree.switch(tree.path_to(None), "1")
    assert ids(back) == ["1", "2"]
    assert tree.choices == {"": "1"}


def test_a_new_version_is_the_chosen_one() -> None:
    tree = tree_of(*FORKED)
    tree.switch(tree.path_to(None), "2")
    tree.add(message(9, 1))
    assert tree.leaf_below("1") == "9"


def test_a_damaged_link_hides_nothing() -> None:
    tree = tree_of((1, None), (2, 99), (3, 3), (4, 7))
    assert ids(tree.path_to(None)) == ["1", "2", "3", "4"]


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["send", "again", "edit", "switch"]), st.integers(0, 10**6)), max_size=40
)


@given(OPERATIONS)
def test_nothing_is_ever_erased_and_the_path_is_from_root_to_leaf(steps: list[tuple[str, int]]) -> None:
    tree, shown = MessageTree(), []
    for number, (kind, choice) in enumerate(steps, 1):
        before = {each.id: each for each in tree.messages}
        at = shown[choice % len(shown)] if shown else None
        if kind == "switch" and at:
            beside = tree.versions(at.id).ids
            target = beside[choice // 7 % len(beside)]
            there = tree.switch(shown, target)
            assert target in ids(there)
            assert ids(tree.switch(there, at.id)) == ids(shown)
            shown = tree.switch(shown, target)
        else:
            parent = shown[-1].id if shown and kind == "send" else tree.parent_id(at.id) if at else None
            tree.add(message(number, None if parent is None else int(parent)))
            shown = tree.path_to(str(number))
            assert tree.leaf_below(shown[0].id) == str(number)
        assert before.items() <= {each.id: each for each in tree.messages}.items()
        if not shown:
            continue
        assert tree.parent_id(shown[0].id) is None
        assert all(tree.parent_id(low.id) == high.id for high, low in itertools.pairwise(shown))
        assert tree.leaf_below(shown[-1].id) == shown[-1].id
        again = MessageTree(tree.messages, tree.choices)
        assert again.messages == tree.messages
        assert [again.versions(each.id) for each in shown] == [tree.versions(each.id) for each in shown]
