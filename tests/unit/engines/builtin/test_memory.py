"""How much a load takes, and how many answers at once there is room for."""

from pathlib import Path

from slmdesk.engines.builtin.gguf import read_header
from slmdesk.engines.builtin.memory import MAX_SLOTS, MemoryNeed, memory_need
from slmdesk.engines.builtin.model_files import ModelFile
from tests import models

MB = 1_000_000


def test_weights_context_and_work_are_summed() -> None:
    path = models.starter()
    model = ModelFile("m", path, path.stat().st_size, read_header(path))
    need = memory_need(model, 4096)

    assert need.weights_bytes == path.stat().st_size
    assert need.kv_bytes == 90 << 20  # as llama.cpp says
    assert need.total_bytes(3) - need.total_bytes(2) == need.kv_bytes
    assert memory_need(model, 8192).kv_bytes == 2 * need.kv_bytes


def test_a_header_that_does_not_tell_its_shape_is_estimated() -> None:
    assert memory_need(ModelFile("m", Path("m"), 100 * MB), 1000).kv_bytes == 4000 * 1000


def test_more_answers_at_once_take_only_what_is_plenty() -> None:
    need = MemoryNeed(100 * MB, 100 * MB, 100 * MB)

    assert need.slots(None) == MAX_SLOTS
    assert need.slots(100_000 * MB) == MAX_SLOTS
    assert need.slots(3400 * MB) == MAX_SLOTS  # a tenth of the 3,100 MB that stay free
    assert need.slots(2400 * MB) == 3
    assert need.slots(1400 * MB) == 2
    assert need.slots(1200 * MB) == 1
    assert need.slots(10 * MB) == 1  # allowed by the user, all the same
