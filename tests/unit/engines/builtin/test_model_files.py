"""What is on offer: starter, folder, the user's own files, and what is wrong with each."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from slmdesk.engines.builtin.model_files import ModelFile, ModelShelf
from tests import models
from tests.data.gguf import STRING, U16, U32, small_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def own(shelf: ModelShelf) -> list[ModelFile]:
    """Everything but the starter."""
    starter, *others = shelf.files()
    assert starter.name == models.STARTER_NAME
    return others


def test_the_starter_comes_first_with_its_real_facts(folder: Path) -> None:
    (info,) = (model.info("builtin") for model in ModelShelf(folder, ()).files())

    assert info.ref == "builtin/smollm2-135m-instruct"
    assert info.size_bytes == models.starter().stat().st_size
    assert (info.parameters, info.quantization, info.context_tokens) == (134_515_008, "Q4_1", 8192)
    assert info.capabilities == {"completion", "chat"}
    assert info.problem == ""


def test_files_of_the_folder_and_the_users_own_are_offered(folder: Path, tmp_path: Path) -> None:
    (folder / "b.gguf").write_bytes(small_model())
    (folder / "A.GGUF").write_bytes(small_model())
    (folder / "notes.txt").write_text("not a model")
    (folder / "half.gguf.part").write_bytes(b"")
    (folder / "folder.gguf").mkdir()
    elsewhere = tmp_path / "mine.gguf"
    elsewhere.write_bytes(small_model())

    assert [model.name for model in own(ModelShelf(folder, [elsewhere]))] == ["mine", "A", "b"]


def test_a_file_that_is_gone_stays_in_the_list_with_its_reason(folder: Path, tmp_path: Path) -> None:
    (model,) = own(ModelShelf(folder, [tmp_path / "gone.gguf"]))

    info = model.info("builtin")
    assert info.name == "gone"
    assert info.problem.endswith("gone.gguf is not there any more")
    assert info.size_bytes is None


def test_a_link_to_itself_hides_no_other_file(folder: Path) -> None:
    (folder / "a.gguf").symlink_to(folder / "a.gguf")
    (folder / "b.gguf").write_bytes(small_model())

    assert [model.name for model in own(ModelShelf(folder, ()))] == ["b"]
    (link, file) = own(ModelShelf(folder, [folder / "a.gguf"]))
    assert "too many levels of symbolic links" in link.problem
    assert file.problem == ""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nul\0.gguf", "null byte"),
        ("half \udcff.gguf", "is no text: rename the file"),
        ("\x1b[31mred\nline.gguf", "is not there any more"),
        ("n" * 5_000 + ".gguf", "file name too long"),
    ],
)
def test_paths_that_no_file_can_have(folder: Path, name: str, words: str) -> None:
    (model,) = own(ModelShelf(folder, [folder / name]))

    assert words in model.problem
    assert model.problem.isprintable()  # one line, which the database can store


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the file system refuses such a name")
def test_a_file_whose_name_is_no_text_is_not_handed_to_the_engine(folder: Path) -> None:
    (folder / os.fsdecode(b"caf\xe9.gguf")).write_bytes(small_model())
    (model,) = own(ModelShelf(folder, ()))

    assert model.name == "caf"
    assert "rename the file" in model.problem


def test_the_program_starts_without_a_folder(tmp_path: Path) -> None:
    assert own(ModelShelf(tmp_path / "not yet", ())) == []


def test_the_same_file_is_offered_once_and_namesakes_apart(folder: Path, tmp_path: Path) -> None:
    first, second = folder / "m.gguf", tmp_path / "m.gguf"
    first.write_bytes(small_model())
    second.write_bytes(small_model())
    (tmp_path / "link.gguf").symlink_to(first)

    names = [model.name for model in own(ModelShelf(folder, [second, second, tmp_path / "link.gguf"]))]
    assert names == ["m", "link"]


def test_names_can_be_typed_and_do_nothing_to_a_terminal(folder: Path) -> None:
    for name in ("a b\x1b[31m\n.gguf", "‮evil.gguf", "....gguf", "Qwen3-0.6B(2)@x+y_Q8.gguf"):
        (folder / name).write_bytes(small_model())

    names = {model.name for model in own(ModelShelf(folder, ()))}
    assert names == {"a_b_31m", "evil", "...", "Qwen3-0.6B(2)@x+y_Q8"}


def test_a_changed_file_is_read_again(folder: Path) -> None:
    path = folder / "m.gguf"
    path.write_bytes(small_model())
    shelf = ModelShelf(folder, ())
    assert own(shelf)[0].header is own(shelf)[0].header

    path.write_bytes(small_model(llama__context_length=(U32, 512)))
    os.utime(path, ns=(1, 1))
    header = own(shelf)[0].header
    assert header is not None
    assert header.context_tokens == 512


def test_weights_tell_a_model_from_another_of_its_name_and_size(folder: Path) -> None:
    content = small_model()
    place, found = folder / "a.gguf", []
    for ending in (b"", b"", b"?"):
        place.write_bytes(content[: len(content) - len(ending)] + ending)
        (model,) = own(ModelShelf(folder, ()))
        found.append(model.info("builtin").digest)
    assert found[0] == found[1] != found[2]
    assert str(found[0]).startswith("sampled-sha256:")
    starter, _model = ModelShelf(folder, ()).files()
    assert starter.info("builtin").digest not in found


def test_a_model_in_parts_is_one_model(folder: Path) -> None:
    for number in (1, 2, 3):
        part = small_model(split__count=(U16, 3), split__no=(U16, number - 1))
        (folder / f"big-0000{number}-of-00003.gguf").write_bytes(part)
    (model,) = own(ModelShelf(folder, ()))

    assert model.name == "big"
    assert model.path.name == "big-00001-of-00003.gguf"
    assert model.size_bytes == 3 * len(part)
    assert model.parameters == 3 * 64 * 300
    assert model.problem == ""

    (folder / "big-00003-of-00003.gguf").write_bytes(part[:-1] + b"?")
    assert own(ModelShelf(folder, ()))[0].digest != model.digest
    (folder / "big-00002-of-00003.gguf").unlink()
    assert "part 2 of 3 is missing" in own(ModelShelf(folder, ()))[0].problem


def test_the_list_of_files_can_be_changed(folder: Path, tmp_path: Path) -> None:
    fine = tmp_path / "fine.gguf"
    fine.write_bytes(small_model())
    shelf = ModelShelf(folder, (tmp_path / "half.gguf",))
    shelf.offer((fine, fine))
    assert [model.name for model in own(shelf)] == ["fine"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(folder: Path) -> None:
    path = folder / "m.gguf"
    path.write_bytes(small_model())
    path.chmod(0)

    assert "cannot be read (permission denied)" in own(ModelShelf(folder, ()))[0].problem


def test_what_a_model_can_do_is_read_from_its_header(folder: Path) -> None:
    (folder / "a.gguf").write_bytes(small_model(llama__pooling_type=(U32, 1)))
    (folder / "b.gguf").write_bytes(small_model(tokenizer__chat_template=(STRING, "{{ '<think>' }}")))
    (folder / "c.gguf").write_bytes(small_model(general__architecture=(STRING, "clip")))
    embedding, thinking = own(ModelShelf(folder, ()))

    assert embedding.info("x").capabilities == {"embedding"}
    assert thinking.info("x").capabilities == {"completion", "chat", "thinking"}
    assert thinking.can_chat


def test_a_base_model_only_completes(folder: Path) -> None:
    shutil.copy(models.gemma(), folder / "base.gguf")
    (model,) = own(ModelShelf(folder, ()))

    assert model.info("x").capabilities == {"completion"}
    assert not model.can_chat
