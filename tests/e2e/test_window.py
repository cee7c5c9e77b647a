"""The real window with the real built-in engine: typed, answered, stopped, closed, opened again."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from slmdesk.config.paths import Paths
from slmdesk.config.settings import Settings, save_settings
from tests.data.documents import pdf
from tests.models import gemma

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

CLOSES_WITHIN_S = 3.0


@dataclass
class Played:
    """What a scenario printed, and how the program ended."""

    seen: list[dict[str, Any]]
    exit_code: int
    close_s: float
    errors: str


def play(scenario: str, data_dir: Path) -> Played:
    """Run the program with the scenario at its keyboard."""
    environment = os.environ | {
        "QT_QPA_PLATFORM": "offscreen",
        "SLMDESK_THREADS": "1",
        "OLLAMA_HOST": os.environ.get("TEST_OLLAMA_HOST", "127.0.0.1:9"),
    }
    command = [sys.executable, "-m", "tests.e2e.window_driver", scenario, str(data_dir)]
    seen: list[dict[str, Any]] = []
    closing_at = float("nan")
    with (
        (data_dir.parent / f"{scenario}.err").open("w+") as errors,
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            seen.append(json.loads(line))
            if "closing" in seen[-1]:
                closing_at = time.monotonic()
        exit_code = process.wait(30)
        close_s = time.monotonic() - closing_at
        errors.seek(0)
        said = errors.read()
    log = Paths(data_dir).log
    return Played(seen, exit_code, close_s, said + (log.read_text("utf-8") if log.exists() else ""))


def ended_well(played: Played) -> None:
    assert played.errors == ""
    assert played.exit_code == 0
    assert played.close_s < CLOSES_WITHIN_S


def test_a_prompt_is_answered_stopped_and_there_after_a_restart(tmp_path: Path) -> None:
    played = play("chat", tmp_path / "data")
    ended_well(played)
    answer, stopped, _ = played.seen
    assert answer["text"]
    assert answer["shown"] == answer["text"]
    assert answer["state"] == "done"
    assert "tok/s" in answer["footer"]
    assert (stopped["state"], bool(stopped["text"])) == ("stopped", True)
    assert stopped["stop_s"] < 2.0
    again = play("reopen", tmp_path / "data")
    ended_well(again)
    shown = again.seen[0]
    assert shown["titles"] == ["What is the capital of France?"]
    assert shown["texts"][1] == answer["text"]
    assert shown["texts"][3] == stopped["text"]
    assert shown["states"] == ["done", "done", "done", "stopped"]


def test_words_are_found_on_a_hidden_branch_and_a_branch_leads_back(tmp_path: Path) -> None:
    played = play("find_and_branch", tmp_path / "data")
    ended_well(played)
    seen = played.seen[0]
    assert [seen["hidden"][0], len(seen["hidden"])] == ["Name a colour.", 2]
    assert seen["found"][::2] == ["Name a colour.", "Name a lighthouse."]
    assert seen["branch"] == seen["found"][:2]
    assert seen["back"] == seen["found"]
    assert seen["chats"] == 2


def test_two_real_models_are_compared(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    Paths(data_dir).create()
    save_settings(Paths(data_dir), Settings(model_files=(str(gemma()),)))
    played = play("compare", data_dir)
    ended_well(played)
    seen = played.seen[0]
    assert len(set(seen["refs"])) == 2
    assert "fit together" in seen["plan"]
    assert seen["words"] == ["done", "done"]
    assert all(seen["texts"])
    assert all("tok/s" in footer for footer in seen["footers"])
    assert seen["vote"] == ["best", 1]


def test_a_blind_comparison_tells_the_names_after_the_vote(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    Paths(data_dir).create()
    save_settings(Paths(data_dir), Settings(model_files=(str(gemma()),)))
    played = play("blind", data_dir)
    ended_well(played)
    seen, after, _ = played.seen
    assert seen["hidden"] == ["A", "B"]
    assert all(seen["texts"])
    assert "vote" in seen["rules"]
    assert sorted(seen["shown"]) == sorted(seen["names"])
    assert seen["is_best"] == [True, False]
    assert f"A was {seen['shown'][0]}:" in after["told"]
    assert all("tok/s" in footer for footer in after["footers"])


def test_ten_prompts_go_through_two_columns(tmp_path: Path) -> None:
    played = play("prompt_list", tmp_path / "data")
    ended_well(played)
    seen = played.seen[0]
    assert seen["preview"] == "10 prompts, one a line"
    assert [row[0] for row in seen["cells"]] == [f"What is {number} plus one?" for number in range(10)]
    assert all(all(row) for row in seen["cells"])
    assert seen["read"].startswith("What is 3 plus one?\n\n")


def test_an_engine_is_added_fails_is_corrected_and_works(tmp_path: Path) -> None:
    played = play("engine", tmp_path / "data")
    ended_well(played)
    seen = played.seen[0]
    wrong_key, wrong_address, right = seen["verdicts"]
    assert "refused the key" in wrong_key
    assert "sk-wrong" not in wrong_key
    assert "127.0.0.1:9" in wrong_address
    assert "does not answer" in wrong_address
    assert right == "llama.cpp b7000 answers and offers 2 models."
    assert seen["answer"] == "Hello"
    assert seen["status"] == "Prompts to Box leave this machine"
    assert seen["header"] == "Box · leaves this machine"
    assert "leaves this machine" in seen["column"]
    assert seen["hosts"] == ["lan-box"]


def test_closing_while_four_streams_run_leaves_nothing_behind(tmp_path: Path) -> None:
    played = play("four_streams", tmp_path / "data")
    ended_well(played)
    children = played.seen[0]["children"]
    assert children
    assert [pid for pid in children if psutil.pid_exists(pid)] == []


def test_a_pdf_is_attached_read_and_asked_about(tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(pdf("The secret number is 42. " * 3, "Nothing else matters."))
    played = play("attach", tmp_path / "data")
    ended_well(played)
    seen = played.seen[0]
    assert seen["facts"].startswith("PDF · 2 pages · ")
    assert seen["footer"] == "Attached: report.pdf (PDF, 2 pages)"
    assert seen["state"] == "done"
    assert seen["prompt_tokens"] > 60  # the question alone has half of that
    again = play("reopen", tmp_path / "data")
    ended_well(again)
    assert again.seen[0]["texts"][0] == "What is the secret number?"
