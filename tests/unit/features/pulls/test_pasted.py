"""What is pasted is understood or refused; nothing leads out of the folder of models."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmdesk.base.errors import BadInput
from slmdesk.features.pulls.pasted import HubModel, LocalFile, OllamaModel, Pasted, WebFile, understand
from slmdesk.features.pulls.safe_names import checked_digest, checked_file_name, place_in, shards

REPO = "bartowski/Qwen3-4B-GGUF"
HUB = "https://huggingface.co"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("qwen3:4b", OllamaModel("qwen3:4b")),
        ("  `ollama run qwen3:4b`\n", OllamaModel("qwen3:4b")),
        ("$ ollama pull user/model", OllamaModel("user/model")),
        ('ollama run llama3.2 --verbose "Hello"', OllamaModel("llama3.2")),
        ("ollama run hf.co/org/repo:Q4_K_M", OllamaModel("hf.co/org/repo:Q4_K_M", "hf.co")),
        ("https://ollama.com/library/qwen3:4b", OllamaModel("qwen3:4b")),
        ("ollama.com/user/model", OllamaModel("user/model")),
        ("registry.ollama.ai/library/qwen3", OllamaModel("qwen3")),
        ("hf.co/org/repo:Q4_K_M", HubModel("org/repo", "Q4_K_M")),
        ("hf.co/org/repo:latest", HubModel("org/repo")),
        ("huggingface.co/org/repo", HubModel("org/repo")),
        (REPO, HubModel(REPO)),
        (f"{REPO}:q8_0", HubModel(REPO, "q8_0")),
        (f"llama-server -hf {REPO}:Q4_0 -c 4096", HubModel(REPO, "Q4_0")),
        (f"{HUB}/{REPO}", HubModel(REPO)),
        (f"http://huggingface.co/{REPO}", HubModel(REPO)),
        (f"{HUB}/{REPO}/tree/main", HubModel(REPO)),
        (f"{HUB}/{REPO}?show_file_info=a.gguf", HubModel(REPO, file="a.gguf")),
        (f"{HUB}/{REPO}/blob/main/a.gguf", HubModel(REPO, file="a.gguf")),
        (f"{HUB}/{REPO}/resolve/v2/Q4/a.gguf?download=true", HubModel(REPO, file="Q4/a.gguf", revision="v2")),
        ("https://example.org/x/m.gguf?a=1#top", WebFile("https://example.org/x/m.gguf?a=1", "m.gguf")),
        ("http://127.0.0.1:8000/m.gguf", WebFile("http://127.0.0.1:8000/m.gguf", "m.gguf")),
        ("example.org/m.gguf", WebFile("https://example.org/m.gguf", "m.gguf")),
        ("/home/me/модель.gguf", LocalFile("/home/me/модель.gguf")),
        ("~/m.gguf", LocalFile("~/m.gguf")),
        (r"C:\models\m.gguf", LocalFile(r"C:\models\m.gguf")),
        ("m.gguf", LocalFile("m.gguf")),
        ("../m.gguf", LocalFile("../m.gguf")),  # a path of the user's own is read, never written
        ("file:///tmp/a%20b.gguf", LocalFile("/tmp/a b.gguf")),
    ],
)
def test_what_people_paste(text: str, meant: Pasted) -> None:
    assert understand(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "localhost:5000/teach/smollm2:135m",
        "ollama pull registry.example/x/y",
        "ollama pull http://127.0.0.1:5000/x/y",
        "http://example.org/m.gguf",
    ],
)
def test_what_asks_first(text: str) -> None:
    assert understand(text).question


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n \n",
        "a\nb",
        "a b",
        "x" * 301,
        "qwen3\0",
        "ollama run ../../x",
        "ollama run",
        "qwеn3",  # the third letter is Cyrillic
        "ollama run a/b/c/d",
        "https://example.org/page.html",
        "https://ехample.org/m.gguf",
        "https://me:pw@example.org/m.gguf",
        "https://example.org/..%2f..%2fm.gguf",
        "https://example.org/NUL.gguf",
        "ftp://example.org/m.gguf",
        f"{HUB}/{REPO}/blob/main/../../m.gguf",
        f"{HUB}/{REPO}/blob/main/a%2f..%2fm.gguf",
        f"{HUB}/{REPO}/discussions/1",
        f"{HUB}/org",
        "https://example.org:99999/m.gguf",
        "file://other/x.gguf",
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        understand(text)


@given(st.text(max_size=400) | st.from_regex(r"[a-z./:~\\\-]{1,60}(gguf)?", fullmatch=True))
def test_any_text_is_a_plain_value_or_a_sentence(text: str) -> None:
    try:
        meant = understand(text)
    except BadInput:
        return
    assert meant.name
    if isinstance(meant, WebFile):
        assert urlsplit(meant.address).scheme in ("http", "https")
        assert checked_file_name(meant.file) == meant.file


@given(st.text(max_size=300) | st.from_regex(r"[./\\:A-Za-z0-9 ~-]{0,40}(\.gguf)?", fullmatch=True))
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    folder = Path("/models-that-are-not-there")
    try:
        path = place_in(folder, name)
    except BadInput:
        return
    assert path.parent == folder
    assert path.name == name
    assert name.isascii()


@pytest.mark.parametrize(
    "name",
    [
        "..", "../a.gguf", "/a.gguf", "a/b.gguf", "a\\b.gguf", "C:a.gguf", "a\0.gguf", "con.gguf", "",
        ".gguf", "LPT1.x.gguf", "a.gguf ", "a.gguf.", "-a.gguf", ".a.gguf", "a.exe", "a\u202e.gguf",
        "аb.gguf",
        "a" * 300 + ".gguf",
    ],
)  # fmt: skip
def test_names_that_are_not_made(name: str) -> None:
    with pytest.raises(BadInput):
        checked_file_name(name)


def test_a_link_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").symlink_to(tmp_path.parent / "elsewhere")
    with pytest.raises(BadInput, match="leads out"):
        place_in(tmp_path, "m.gguf")


def test_digests() -> None:
    assert checked_digest("sha256:" + "AB" * 32) == "ab" * 32
    for wrong in ("", "sha256:..", "ab" * 31, "../" + "ab" * 32, "g" * 64):
        with pytest.raises(BadInput):
            checked_digest(wrong)


def test_a_model_in_parts() -> None:
    names = ("a-00001-of-00003.gguf", "a-00002-of-00003.gguf", "a-00003-of-00003.gguf")
    assert shards("a-00002-of-00003.gguf") == names
    assert shards("a.gguf") == ("a.gguf",)
    for wrong in ("a-00004-of-00003.gguf", "a-00000-of-00003.gguf", "a-00001-of-99999.gguf"):
        with pytest.raises(BadInput):
            shards(wrong)


@pytest.mark.parametrize("address", ["https://huggingface.co/", "https://huggingface.co/models", "hf.co/x"])
def test_a_page_without_a_repository_says_so_in_words(address: str) -> None:
    with pytest.raises(BadInput) as caught:
        understand(address)
    assert "“”" not in caught.value.message
