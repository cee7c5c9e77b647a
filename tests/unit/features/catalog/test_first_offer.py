"""What is offered at the first start: it fits, it chats, it is not slow, and no other program is needed."""

from dataclasses import replace

import pytest

from slmdesk.base.machine import Machine
from slmdesk.features.catalog.cards import card_of
from slmdesk.features.catalog.catalogue import shipped_catalogue
from slmdesk.features.catalog.first_offer import first_offer
from tests.unit.features.catalog.machines import GAMER, GB, LAPTOP


@pytest.mark.parametrize("free_gb", [1, 2, 4, 8, 16, 64])
def test_it_fits_and_chats_without_another_program(free_gb: int) -> None:
    catalogue, machine = shipped_catalogue(), Machine(free_gb * GB, 2 * free_gb * GB)
    offer = first_offer(catalogue, machine, 4096)
    assert offer is not None
    entry = next(one for one in catalogue.entries if one.name == offer.name)
    assert entry.hugging_face
    assert "chat" in entry.capabilities
    assert card_of(catalogue, entry, machine, 4096).is_possible
    assert offer.size_bytes
    assert offer.size_bytes < free_gb * GB


def test_a_machine_that_was_not_measured_is_taken_for_a_plain_one() -> None:
    catalogue = shipped_catalogue()
    unmeasured = first_offer(catalogue, replace(GAMER, free_video_bytes=0, bandwidth=None), 4096)
    slow = replace(LAPTOP.bandwidth, bytes_per_s=25 * GB)  # type: ignore[type-var]  # it has one
    assert unmeasured == first_offer(catalogue, replace(GAMER, free_video_bytes=0, bandwidth=slow), 4096)


def test_where_nothing_fits_nothing_is_offered() -> None:
    assert first_offer(shipped_catalogue(), Machine(50_000_000, GB), 4096) is None
