"""The real window evaluates the starter model: import, run, pause, kill, resume, verdict, report."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slmdesk.features.evaluate.pack_file import write_pack
from slmdesk.features.evaluate.starters import load_starter
from tests.e2e.evaluation_steps import EXTRA, PACK, REPORT
from tests.e2e.test_window import ended_well, play

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]


def killed_when_told(scenario: str, data_dir: Path) -> dict[str, Any]:
    """What the scenario said before it waited for its end."""
    environment = os.environ | {
        "QT_QPA_PLATFORM": "offscreen",
        "SLMDESK_THREADS": "1",
        "OLLAMA_HOST": "127.0.0.1:9",
    }
    command = [sys.executable, "-m", "tests.e2e.window_driver", scenario, str(data_dir)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        process.kill()
    return dict(told)


def test_an_evaluation_survives_a_kill_and_ends_in_a_verdict(tmp_path: Path) -> None:
    breach = load_starter("breach")
    documents = breach.documents[:3]
    expected = {key: value for key, value in breach.expected.items() if key[0] in {d.name for d in documents}}
    write_pack(replace(breach, documents=documents, expected=expected), tmp_path / PACK)
    (tmp_path / EXTRA).write_text("Nordwind lost the records of 1,200 customers on 5 March 2024.", "utf-8")
    told = killed_when_told("evaluate", tmp_path / "data")
    assert told["kept"] > told["paused"] >= 3
    played = play("evaluate_on", tmp_path / "data")
    ended_well(played)
    seen = played.seen[0]
    assert seen["there"] >= told["kept"]
    assert seen["names"] == [*(each.name for each in documents), "extra"]
    assert "smollm2-135m-instruct" in seen["verdict"]
    page = (tmp_path / REPORT).read_text("utf-8")
    assert seen["verdict"].split(":")[0] in page
    assert "<script" not in page
