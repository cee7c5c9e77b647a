"""`slmdesk eval dataset`: the expected answers of a pack, or a table, as an instruction dataset."""

from collections.abc import Callable, Iterable
from pathlib import Path

from slmdesk.base.words import counted
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.features.documents.tokens import estimate_tokens
from slmdesk.features.evaluate.dataset import DatasetPlan, DatasetReport, export_dataset
from slmdesk.features.evaluate.dataset_rows import Row, csv_rows, left_out_questions, pack_rows
from slmdesk.features.evaluate.starters import named_pack

_TABLES = (".csv", ".tsv")


def run(chosen: Arguments, terminal: Terminal) -> int:
    """0; raises BadInput for what cannot be read or written. Needs no engine and no data folder."""
    report = export_dataset(
        _source(chosen.pack, terminal),
        chosen.folder,
        DatasetPlan(
            test_share=chosen.test_share,
            seed=DatasetPlan().seed if chosen.seed is None else chosen.seed,
            most_tokens=chosen.most_tokens,
            most_characters=chosen.most_characters,
            is_personal_left_out=chosen.without_personal_data,
        ),
        estimate_tokens,
        lambda count: terminal.status(counted(count, "{count:,} row", "{count:,} rows")),
    )
    terminal.clear_status()
    if chosen.json:
        terminal.write_json(_to_json(report, chosen.folder))
    for sentence in report.words:
        terminal.say(sentence)
    return 0


def _source(typed: str, terminal: Terminal) -> Callable[[], Iterable[Row]]:
    """The rows of what was typed, as often as they are wanted."""
    path = Path(typed)
    if path.suffix.lower() in _TABLES:
        return lambda: csv_rows(path)
    pack = named_pack(typed)
    if left_out := left_out_questions(pack):
        terminal.say(
            f"Left out: {', '.join(left_out)}. What is expected there is a pattern or a rubric, no answer."
        )
    return lambda: pack_rows(pack)


def _to_json(report: DatasetReport, folder: Path) -> dict[str, object]:
    return {
        "folder": str(folder),
        "read": report.read,
        "training": {"rows": report.training, "documents": report.training_documents},
        "test": {"rows": report.test, "documents": report.test_documents},
        "found": {
            str(finding): {"rows": count, "first": list(report.places[finding])}
            for finding, count in report.found.items()
        },
    }
