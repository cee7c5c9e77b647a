"""Whether a machine is enough for a model, and what would help."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from slmdesk.base.machine import Machine, Program
from slmdesk.features.catalog.cards import card_of
from slmdesk.features.catalog.catalogue import shipped_catalogue
from slmdesk.features.catalog.requirements import Requirement, are_met, requirements
from tests.unit.features.catalog.machines import GAMER, GB, LAPTOP


def needs(entry_id: str, machine: Machine, name: str = "Q4_K_M") -> Mapping[str, Requirement]:
    catalogue = shipped_catalogue()
    card = card_of(catalogue, catalogue.named(entry_id), machine, 8192)
    choice = next(one for one in card.choices if one.quantization.name == name)
    return {need.name: need for need in requirements(card, choice, machine)}


def test_a_machine_that_is_enough() -> None:
    found = needs("qwen2.5-7b-instruct", LAPTOP)
    assert list(found) == ["GPU", "memory", "disk", "threads"]
    assert are_met(list(found.values()))
    assert "the processor does the work" in found["GPU"].reason
    assert found["memory"].reason == "5.7 GB needed, 12.0 GB free (at most 10.8 GB of it are used)"
    assert found["disk"].reason == "4.7 GB to store, 100.0 GB free"


def test_the_graphics_card_takes_all_or_a_part() -> None:
    assert "all of the model fits" in needs("qwen2.5-7b-instruct", GAMER)["GPU"].reason
    assert "a part of the model fits" in needs("qwen2.5-14b-instruct", GAMER)["GPU"].reason
    shared = replace(GAMER, free_video_bytes=0, gpus=("Apple M4",))
    assert "no memory of its own" in needs("qwen2.5-7b-instruct", shared)["GPU"].reason


def test_what_to_close_and_which_form_would_fit() -> None:
    programs = (Program("browser", 3 * GB), Program("editor", GB))
    machine = replace(LAPTOP, free_bytes=8 * GB, programs=programs)
    memory = needs("qwen2.5-7b-instruct", machine, "Q8_0")["memory"]
    assert memory.is_met is False
    assert "Close browser (3.0 GB); or take Q5_K_M, which needs 6.5 GB" in memory.next_step
    together = needs("qwen2.5-7b-instruct", replace(machine, free_bytes=7 * GB), "Q8_0")["memory"]
    assert "Close browser (3.0 GB) and editor (1.0 GB)" in together.next_step
    alone = needs("qwen2.5-7b-instruct", replace(LAPTOP, free_bytes=4 * GB))["memory"]
    assert alone.next_step.startswith("Free ")
    assert "choose a smaller model" in alone.next_step


def test_a_context_that_is_too_long_is_named() -> None:
    catalogue = shipped_catalogue()
    machine = replace(LAPTOP, free_bytes=8 * GB)
    card = card_of(catalogue, catalogue.named("llama-3.1-8b-instruct"), machine, 131_072)
    memory = requirements(card, card.best, machine)[1]
    assert memory.next_step == "Choose a smaller context, which makes up for it."


def test_a_machine_that_can_never_hold_it() -> None:
    memory = needs("llama-3.3-70b-instruct", LAPTOP)["memory"]
    assert memory.next_step == "This machine has 16.0 GB in all: choose a smaller model."


def test_the_disk_needs_some_room_to_spare() -> None:
    disk = needs("qwen2.5-7b-instruct", replace(LAPTOP, free_disk_bytes=5 * GB))["disk"]
    assert disk.is_met is False
    assert disk.next_step == "Free 0.7 GB, or move the data folder."


def test_what_is_not_known_is_no_failure() -> None:
    found = needs("qwen2.5-7b-instruct", Machine(None, None))
    assert [need.is_met for need in found.values()] == [True, None, None, True]
    assert are_met(list(found.values()))


@pytest.mark.parametrize(("threads", "words"), [(1, "one thread"), (7, "7 threads")])
def test_threads(threads: int, words: str) -> None:
    assert words in needs("qwen2.5-7b-instruct", replace(LAPTOP, threads=threads))["threads"].reason
