"""`slmdesk eval export`, `report` and `model`, on answers that are stored."""

import asyncio
import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from slmdesk.engines.base import Options
from slmdesk.features.evaluate.pack import Pack
from slmdesk.features.evaluate.pack_file import write_pack
from slmdesk.features.evaluate.setup import Asking, Setup
from slmdesk.features.evaluate.stored_pack import to_stored
from slmdesk.services import Services
from slmdesk.store.answers import StoredAnswer
from tests.fakes.reports import pack
from tests.fakes.scripted_engine import ScriptedEngine
from tests.unit.cli.conftest import run

SETUP = Setup(model_refs=("scripted/a",))


def keep(
    tmp_path: Path, engine: ScriptedEngine, setup: Setup = SETUP, text: str = "Yes", own: str = ""
) -> Pack:
    """Store the same answer to all that this set-up asks, and with `own` the pack as the user's own."""
    of = replace(pack(3), title=own or "Breaches")

    async def work() -> None:
        services = Services.open(tmp_path / "data")
        services.registry.replace((engine,))
        await services.registry.refresh()
        evaluation = services.evaluation(of, setup)
        await evaluation.use(of, setup)
        _sheet, book = evaluation._ready()
        asks = [
            ask
            for ref in setup.model_refs
            for seed in setup.seeds
            for group in book.asks(ref, seed)
            for ask in group
        ]
        await services.answers.add([StoredAnswer(ask.key, ask.model_ref, "d", text) for ask in asks])
        if own:
            await services.packs.save(to_stored(services.packs.new_id(), of, setup))
        await services.aclose()

    asyncio.run(work())
    write_pack(of, tmp_path / "pack.json")
    return of


def exported(tmp_path: Path, *arguments: str, name: str = "out.json", source: str = "") -> tuple[int, str]:
    target = tmp_path / name
    code = run(
        tmp_path, "eval", "export", source or str(tmp_path / "pack.json"), "-o", str(target), *arguments
    )
    return code, target.read_text("utf-8-sig") if target.exists() else ""


def test_stored_answers_are_exported_in_every_form(tmp_path: Path, engine: ScriptedEngine) -> None:
    keep(tmp_path, engine)
    code, text = exported(tmp_path)
    assert code == 0
    found = json.loads(text)
    assert [model["model"] for model in found["models"]] == ["scripted/a"]  # nobody else has answered
    assert found["models"][0]["score"] == 1.0
    assert found["models"][0]["engine"] == "Scripted engine"
    code, text = exported(tmp_path, name="out.csv")
    assert [row["answer"] for row in csv.DictReader(text.splitlines())][:1] == ["Yes"]
    code, text = exported(tmp_path, "--format", "html", name="out.txt")
    assert (code, text[:15]) == (0, "<!DOCTYPE html>")
    assert not engine.requests  # nothing was asked


def test_a_report_is_a_page_and_says_the_verdict(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(tmp_path, engine)
    target = tmp_path / "r.html"
    assert run(tmp_path, "eval", "report", str(tmp_path / "pack.json"), "-o", str(target)) == 0
    assert "Was it a breach?" in target.read_text("utf-8")
    said = capsys.readouterr().err
    assert f"Saved as {target}." in said
    assert "looks good enough" in said


def test_the_way_of_asking_is_found_and_other_settings_are_typed(
    tmp_path: Path, engine: ScriptedEngine
) -> None:
    reply = json.dumps({"breach": "Yes", "records": 11_000})
    keep(tmp_path, engine, replace(SETUP, asking=Asking.TOGETHER), reply)
    assert json.loads(exported(tmp_path)[1])["asking"] == "together"
    assert exported(tmp_path, "--one-by-one", name="none.json") == (2, "")
    options = Options(context_tokens=2048, temperature=0.5, max_tokens=99)
    keep(tmp_path, engine, replace(SETUP, options=options, seeds=(7, 8), is_thinking=True))
    typed = ("--one-by-one", "--context", "2048", "--temperature", "0.5", "--max-tokens", "99", "--think")
    code, text = exported(tmp_path, *typed, "--seed", "7", "--seed", "8")
    assert code == 0
    found = json.loads(text)
    assert (found["seeds"], found["is_thinking"]) == ([7, 8], True)
    assert found["models"][0]["stability"] == 1.0


def test_a_pack_of_the_users_own_is_taken_with_its_setup(tmp_path: Path, engine: ScriptedEngine) -> None:
    keep(
        tmp_path, engine, replace(SETUP, asking=Asking.TOGETHER, seeds=(3,)), '{"breach": "Yes"}', own="Mine"
    )
    code, text = exported(tmp_path, source="mine")
    assert code == 0
    assert (json.loads(text)["pack"], json.loads(text)["seeds"]) == ("Mine", [3])


@pytest.mark.parametrize(("answer", "target", "code"), [("Yes", "85", 0), ("No", "85", 1), ("No", "0", 0)])
def test_a_missed_target_is_exit_code_1(
    tmp_path: Path, engine: ScriptedEngine, answer: str, target: str, code: int
) -> None:
    keep(tmp_path, engine, text=answer)
    assert exported(tmp_path, "--target", target)[0] == code
    assert exported(tmp_path)[0] == 0


def test_what_is_missing_is_said(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exported(tmp_path, source="breach") == (2, "")
    assert "There are no stored answers to “Data-breach press reports”" in capsys.readouterr().err
    assert exported(tmp_path, source="nothing") == (2, "")
    assert "no file “nothing”, and no starter pack" in capsys.readouterr().err
    keep(tmp_path, engine)
    assert exported(tmp_path, name="out.doc") == (2, "")
    assert "none of .html, .csv, .xlsx and .json" in capsys.readouterr().err
    assert exported(tmp_path, "-m", "b") == (2, "")


def test_beside_an_open_window_it_is_refused(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(tmp_path, engine)
    services = Services.open(tmp_path / "data")
    try:
        assert exported(tmp_path) == (1, "")
        assert "Use the window that is open" in capsys.readouterr().err
    finally:
        asyncio.run(services.aclose())


def test_an_engine_without_custom_models_refuses(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    del engine
    assert run(tmp_path, "eval", "model", "breach", "--base", "scripted/a", "--name", "reader") == 1
    assert "keeps no models that could be changed from here" in capsys.readouterr().err
