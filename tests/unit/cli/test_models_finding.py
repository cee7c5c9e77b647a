"""`slmdesk models list --catalogue`, `show`, `fit`, `guide` and `update`."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from slmdesk.base.machine import Bandwidth, Machine
from slmdesk.config.paths import resources
from slmdesk.engines.base import Delta, Done, StopReason, Timings
from slmdesk.features.documents.web import Fetched
from slmdesk.features.documents.web_address import WebAddress, web_address
from slmdesk.features.monitor.machine_facts import MachineFacts
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.unit.cli.conftest import GB, Screen, run

LAPTOP = Machine(
    free_bytes=12 * GB,
    total_bytes=16 * GB,
    threads=7,
    free_disk_bytes=100 * GB,
    bandwidth=Bandwidth(60.0 * GB, 1_760_000_000.0),
)


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask(_facts: MachineFacts) -> Machine:
        return LAPTOP

    monkeypatch.setattr(MachineFacts, "ask", ask)


@pytest.fixture
def installed(engine: ScriptedEngine) -> ScriptedEngine:
    """Two models of the catalogue, as Ollama names them, and one that nobody knows."""
    engine.id = "ollama"
    engine.sizes = {"qwen2.5:7b": 4_680_000_000, "smollm2:135m": 271_000_000, "my-own": 2 * GB}
    engine.scripts = dict.fromkeys(engine.sizes, says("Fine."))
    return engine


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(capsys.readouterr().out)
    return content


def names(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]]


def test_the_catalogue_as_a_table(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "models", "list", "--catalogue", "qwen2.5", "7b", "--context", "8192") == 0
    out, err = capsys.readouterr()
    heading, *rows = out.splitlines()
    assert heading.split()[:3] == ["MODEL", "CLASS", "PARAMETERS"]
    assert [row.split()[0] for row in rows] == [
        "qwen2.5-7b-instruct",
        "qwen2.5-coder-7b-instruct",
        "qwen2.5-vl-7b-instruct",
    ]
    assert "fits · 5.7 GB" in rows[0]
    assert "4.7–11 tok/s" in rows[0]
    assert "models; facts of 2025-12." in err
    assert not (tmp_path / "data" / "slmdesk.sqlite").exists()


def test_filters_and_order(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["models", "list", "--catalogue", "--class", "tiny", "--for", "chat", "--not-from", "cn"]
    assert run(tmp_path, *line, "--sort", "parameters", "--reverse", "--json") == 0
    found = printed(capsys)["models"]
    assert [model["id"] for model in found] == ["smollm2-360m-instruct", "smollm2-135m-instruct"]
    assert found[0]["licence"]["name"] == "Apache 2.0"
    assert found[0]["recommended"] == "Q8_0"
    assert run(tmp_path, "models", "list", "--catalogue", "no such words") == 1
    assert "Leave out a filter." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--for", "cooking"), "no task “cooking”. There are: chat, "),
        (("--not-from", "XX"), "no country “XX”. There are: AE, "),
        (("--not-under", "gpl"), "no licence “gpl”. There are: apache-2.0, "),
    ],
)
def test_a_slip_is_not_a_filter(
    tmp_path: Path,
    engine: ScriptedEngine,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    words: str,
) -> None:
    for line in (("list", "--catalogue"), ("guide", "--for", "chat")):
        assert run(tmp_path, "models", *line, *arguments) == 2
        assert words in capsys.readouterr().err


def test_filters_hold_for_the_models_that_are_here(
    tmp_path: Path, installed: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "models", "list") == 0
    assert set(names(capsys)) == {"ollama/qwen2.5:7b", "ollama/smollm2:135m", "ollama/my-own"}
    assert run(tmp_path, "models", "list", "--can", "tools") == 0
    assert names(capsys) == ["ollama/qwen2.5:7b"]
    assert run(tmp_path, "models", "list", "own") == 0
    assert names(capsys) == ["ollama/my-own"]
    assert run(tmp_path, "models", "list", "--sort", "memory", "--reverse") == 0
    assert names(capsys) == ["ollama/qwen2.5:7b", "ollama/my-own", "ollama/smollm2:135m"]
    assert run(tmp_path, "models", "list", "--can", "vision") == 1
    assert "“--catalogue” lists what can be had" in capsys.readouterr().err


def test_all_facts_of_one_model(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "models", "show", "llama3.2:3b") == 0
    out = capsys.readouterr().out
    for words in (
        "Llama 3.2 3B Instruct",
        "Meta (United States)",
        "Llama 3.2 Community (commercial use: with conditions;",
        "more than 700 million monthly users",
        "70 of 100: weights ~ code ✓ tokenizer ✓ training data ✕",
        "20 of 40: the weights can be had, under conditions",
        "Small (1B to 3B)",
        "(recommended)",
    ):
        assert words in out
    assert run(tmp_path, "models", "show", "unheard-of") == 2
    assert "no model “unheard-of”" in capsys.readouterr().err


def test_models_side_by_side(
    tmp_path: Path,
    engine: ScriptedEngine,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(tmp_path, "models", "show", "qwen2.5:7b", "llama3.2:3b", "gemma3:4b") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split("  ")[0] == "model"
    assert any(line.startswith("licence") and "Gemma Terms" in line for line in lines)
    assert max(map(len, lines)) <= 80
    assert run(tmp_path, "models", "show", "qwen2.5:7b", "qwen2.5:7b") == 2
    assert run(tmp_path, "models", "show", *["qwen2.5:7b"] * 5) == 2


def test_the_fit_shows_its_sum_and_what_is_needed(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "models", "fit", "qwen2.5:7b", "--context", "8192") == 0
    out = capsys.readouterr().out
    assert out.startswith("Qwen2.5 7B Instruct Q4_K_M at 8,192 tokens: fits · 5.7 GB")
    assert "28 layers × 2 × 4 heads × 128 × 16 bits × 8,192 tokens" in out
    assert "speed to expect: 4.7–11 tok/s, from 60 GB/s of memory measured here" in out
    assert out.count("✓") == 4
    assert run(tmp_path, "models", "fit", "qwen2.5:7b", "--cache", "q8_0", "--quantization", "q8_0") == 0
    assert "Q8_0 at 4,096 tokens" in capsys.readouterr().out
    assert run(tmp_path, "models", "fit", "llama3.3:70b", "--json") == 1
    content = printed(capsys)
    assert content["chosen"]["verdict"] == "too large"
    assert [need["is_met"] for need in content["requirements"]] == [True, False, True, True]
    assert run(tmp_path, "models", "fit", "qwen2.5:7b", "--quantization", "Q9") == 2
    assert "Q4_K_M, Q5_K_M, Q6_K, Q8_0" in capsys.readouterr().err


def test_what_was_measured_goes_before_what_is_expected(
    tmp_path: Path, installed: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "models", "fit", "ollama/smollm2:135m") == 0
    assert "speed to expect" in capsys.readouterr().out
    done = Done(StopReason.END, Timings(output_tokens=40, output_s=2.0))
    installed.scripts["smollm2:135m"] = (Delta("Once upon a time"), done)
    assert run(tmp_path, "chat", "-m", "ollama/smollm2:135m", "Tell a story") == 0
    capsys.readouterr()
    assert run(tmp_path, "models", "fit", "ollama/smollm2:135m") == 0
    out = capsys.readouterr().out
    assert "speed to expect" not in out
    assert "measured here: ollama/smollm2:135m, quantization unknown: 20.0 tok/s (median of 1 answer)" in out
    assert run(tmp_path, "models", "show", "smollm2:135m") == 0
    assert "20.0 tok/s" in capsys.readouterr().out


def test_a_model_that_nobody_knows_is_judged_by_its_engine(
    tmp_path: Path, installed: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "models", "fit", "ollama/my-own") == 0
    out, err = capsys.readouterr()
    assert "2.0 GB weights" in out
    assert "The catalogue does not know this model" in err


def test_the_guide_ends_in_three_with_reasons(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "models", "guide", "--for", "summary", "--memory", "4", "--not-from", "CN") == 0
    out = capsys.readouterr().out
    assert [line[:2] for line in out.splitlines() if line[:1].isdigit()] == ["1.", "2.", "3."]
    assert "the most able one for summary that fits here" in out
    assert "tok/s to expect on this processor" in out
    assert run(tmp_path, "models", "guide", "--for", "pictures", "--memory", "0.5") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "Nothing fits" in err
    assert run(tmp_path, "models", "guide") == 2
    assert "--for chat | classification" in capsys.readouterr().err
    for wrong in ("0", "nan", "much"):
        with pytest.raises(SystemExit) as left:
            run(tmp_path, "models", "guide", "--for", "chat", "--memory", wrong)
        assert left.value.code == 2


class Keyboard(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_guide_asks_where_someone_can_answer(
    tmp_path: Path,
    engine: ScriptedEngine,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "sys.stdin", Keyboard("cooking\nsumm\nmaybe\nno\nn\nlots\n4 GB\nCN XX\nCN, US\ngemma\n")
    )
    monkeypatch.setattr("sys.stderr", Screen())
    assert run(tmp_path, "models", "guide") == 0
    out = capsys.readouterr().out
    assert "good for summary" in out
    assert "gemma" not in out.casefold()
    assert "qwen" not in out.casefold()
    monkeypatch.setattr("sys.stdin", Keyboard(""))  # every question is left out
    assert run(tmp_path, "models", "guide") == 0
    assert "for chat" in capsys.readouterr().out


def test_a_newer_catalogue_and_the_way_back(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = json.loads((resources() / "catalog.json").read_bytes())
    newer = tmp_path / "newer.json"
    newer.write_text(json.dumps({**plain, "updated": "2026-03", "models": plain["models"][:3]}))
    assert run(tmp_path, "models", "update", str(newer)) == 0
    assert "3 models, facts of 2026-03" in capsys.readouterr().err
    assert run(tmp_path, "models", "list", "--catalogue", "--json") == 0
    assert printed(capsys)["updated"] == "2026-03"

    newer.write_text('{"version": 1}')
    assert run(tmp_path, "models", "update", str(newer)) == 2
    assert "This catalogue is not as it should be" in capsys.readouterr().err
    assert run(tmp_path, "models", "update", str(tmp_path / "none.json")) == 2
    assert run(tmp_path, "models", "update", "http://example.org/catalog.json") == 2
    assert "https://" in capsys.readouterr().err

    assert run(tmp_path, "models", "update", "--back", "--json") == 0
    assert printed(capsys) == {
        "updated": plain["updated"],
        "models": len(plain["models"]),
        "is_shipped": True,
    }


def test_a_damaged_catalogue_is_said_and_does_not_matter(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "catalog.json").write_text("{")
    assert run(tmp_path, "models", "list", "--catalogue", "smollm3") == 0
    out, err = capsys.readouterr()
    assert "smollm3-3b" in out
    assert "could not be read and is kept as catalog-damaged-" in err


@pytest.mark.parametrize(("scheme", "code"), [("https", 0), ("http", 2)])
def test_an_address_may_not_lead_away_from_https(
    tmp_path: Path, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch, scheme: str, code: int
) -> None:
    content = (resources() / "catalog.json").read_bytes()

    async def fetch(_address: WebAddress, **_more: object) -> Fetched:
        return Fetched(web_address(f"{scheme}://elsewhere.example/catalog.json"), ".json", content)

    monkeypatch.setattr("slmdesk.features.documents.web.fetch", fetch)
    assert run(tmp_path, "models", "update", "https://example.org/catalog.json") == code
    assert (tmp_path / "data" / "catalog.json").exists() == (code == 0)
