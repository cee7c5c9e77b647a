"""Which files of a repository are meant."""

import json
from collections.abc import AsyncIterator

import pytest

from slmdesk.base.errors import BadInput, BadReply, ModelMissing
from slmdesk.features.pulls.http_source import HttpSource
from slmdesk.features.pulls.hub import choose, hub_address, hub_files, quantization_of
from slmdesk.features.pulls.pasted import HubModel
from tests.fakes.file_server import FileServer

REPO = "org/Tiny-GGUF"
NAMES = (
    "README.md", "Tiny-Q8_0.gguf", "Tiny-Q4_K_M.gguf", "Tiny-IQ2_XS.gguf", "mmproj-Tiny-F16.gguf",
    "Tiny-imatrix.gguf", "BF16/Tiny-BF16-00001-of-00002.gguf", "BF16/Tiny-BF16-00002-of-00002.gguf",
)  # fmt: skip
TREE = [{"type": "file", "path": name, "size": 10, "lfs": {"oid": "ab" * 32, "size": 10}} for name in NAMES]


@pytest.mark.parametrize(
    ("model", "paths"),
    [
        (HubModel(REPO), ["Tiny-Q4_K_M.gguf"]),
        (HubModel(REPO, "q8_0"), ["Tiny-Q8_0.gguf"]),
        (HubModel(REPO, "bf16"), list(NAMES[-2:])),
        (HubModel(REPO, file="Tiny-IQ2_XS.gguf"), ["Tiny-IQ2_XS.gguf"]),
        (HubModel(REPO, file=NAMES[-1]), [NAMES[-1]]),
    ],
)
def test_what_is_meant(model: HubModel, paths: list[str]) -> None:
    if model.file == NAMES[-1]:
        paths = list(NAMES[-2:])  # one part means all of them
    assert [entry["path"] for entry in choose(TREE, model)] == paths


@pytest.mark.parametrize(
    ("name", "quantization"),
    [("a-Q4_K_M.gguf", "Q4_K_M"), ("a.q8_0.gguf", "Q8_0"), ("x/a-UD-IQ1_S-00001-of-00002.gguf", "IQ1_S"),
     ("a-f16.gguf", "F16"), ("a.gguf", "")],
)  # fmt: skip
def test_quantizations_in_names(name: str, quantization: str) -> None:
    assert quantization_of(name) == quantization


@pytest.mark.parametrize("model", [HubModel(REPO, "Q3_K_S"), HubModel(REPO, file="none.gguf")])
def test_what_is_not_there_names_what_is(model: HubModel) -> None:
    with pytest.raises(ModelMissing) as caught:
        choose(TREE, model)
    assert "Q4_K_M" in caught.value.next_step


def test_a_missing_part_and_a_repository_without_models() -> None:
    with pytest.raises(ModelMissing, match="lacks the part"):
        choose(TREE[:-1], HubModel(REPO, "BF16"))
    with pytest.raises(ModelMissing, match="no GGUF files"):
        choose(TREE[:1], HubModel(REPO))


@pytest.fixture
async def hub(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FileServer]:
    async with FileServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        yield server


async def test_sizes_and_hashes_come_with_the_list(hub: FileServer) -> None:
    hub.json[f"/api/models/{REPO}/tree/main"] = json.dumps(TREE)
    source = HttpSource()
    (file,) = await hub_files(source, HubModel(REPO))
    assert (file.size_bytes, file.sha256) == (10, "ab" * 32)
    assert file.address == f"{hub.address}/{REPO}/resolve/main/Tiny-Q4_K_M.gguf"
    with pytest.raises(ModelMissing, match="no repository"):
        await hub_files(source, HubModel("org/none"))
    await source.aclose()


@pytest.mark.parametrize(
    "answer",
    ["<html>", "[" * 100_000, "[1, null]", '[{"path": "../x.gguf"}]', '[{"path": "/x.gguf"}]',
     '[{"path": "x.gguf", "lfs": {"oid": "../.."}}]', '[{"path": "a\\u202eb.gguf"}]'],
)  # fmt: skip
async def test_a_list_that_is_none(hub: FileServer, answer: str) -> None:
    hub.json[f"/api/models/{REPO}/tree/main"] = answer
    source = HttpSource()
    with pytest.raises((BadReply, BadInput, ModelMissing)):
        await hub_files(source, HubModel(REPO))
    await source.aclose()


def test_a_mirror_without_encryption_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://mirror.example")
    with pytest.raises(BadInput, match="without encryption"):
        hub_address()
