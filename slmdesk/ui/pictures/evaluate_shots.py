"""Pictures of the evaluate pane: the starter pack of press reports, asked of models that know the answers."""

import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from slmdesk.engines.base import Delta, Request
from slmdesk.features.evaluate import editing
from slmdesk.features.evaluate.pack import Kind, Pack
from slmdesk.features.evaluate.setup import Setup
from slmdesk.features.evaluate.starters import load_starter
from slmdesk.ui.panes.evaluate_pane import EvaluatePane
from slmdesk.ui.pictures import stage
from slmdesk.ui.pictures.set import Set, until
from slmdesk.ui.pictures.stage import Line
from slmdesk.ui.widgets.evaluate.document_import import DocumentImport
from slmdesk.ui.widgets.evaluate.evaluate_face import Tab
from slmdesk.ui.widgets.evaluate.pack_menu import EXAMPLE
from slmdesk.ui.widgets.evaluate.table_import import TableImport

DOCUMENTS = 6
WRONG_IN_100 = {"gemma3:1b": 40, "llama3.2:3b": 12, "qwen3:4b": 5}
PAUSED_AT = 40
TABLE = "id,kind,question,choices\nsector,choice,Which sector is it?,bank|clinic|council\n,poem,Why?,\n"


async def start(on: Set) -> None:
    pane = _pane(on)
    await pane.book.close()


async def documents(on: Set) -> None:
    await _example(on, Tab.DOCUMENTS)


async def problems(on: Set) -> None:
    """Two answers that cannot be right."""
    pane = await _example(on, Tab.DOCUMENTS)
    pack = pane.book.pack
    first, second = (document.name for document in pack.documents[:2])
    wrong = {(first, "is_breach"): "perhaps", (second, "records"): "a few"}
    pane.book.edit(replace(pack, expected={**pack.expected, **wrong}))
    await until(lambda: len(pane.check.of_answers()) == len(wrong))


async def questions(on: Set) -> None:
    pane = await _example(on, Tab.QUESTIONS)
    pane.questions.list.choose("records")
    pane.questions.trial.answer.setText("2.6 million")
    pane.questions.trial.expected.setText("2,600,000")


async def models(on: Set) -> None:
    await _example(on, Tab.MODELS)


async def import_documents(on: Set) -> None:
    pane = await _example(on, Tab.DOCUMENTS)
    with tempfile.TemporaryDirectory() as folder:
        damaged = Path(folder) / "damaged.pdf"
        damaged.write_bytes(b"%PDF-1.7")
        paths = [damaged, *(Path(folder) / name for name in stage.FILES)]
        for path, text in zip(paths[1:], stage.FILES.values(), strict=True):
            path.write_text(text, "utf-8")
        pane.imports.take(paths)
        dialog = await on.sheet(DocumentImport)
        await until(lambda: not dialog.is_reading)


async def import_table(on: Set) -> None:
    pane = await _example(on, Tab.QUESTIONS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "questions.csv"
        path.write_text(TABLE, "utf-8")
        pane.imports.take([path])
        await on.sheet(TableImport)


async def running(on: Set) -> None:
    """Held at an answer of the second model."""
    pane = await _example(on, Tab.RESULTS)
    on.engine.play({name: _answering(pane.book.pack, name, is_held=True) for name in WRONG_IN_100})
    pane.run_button.click()
    await until(lambda: on.engine.held > 0)
    await until(lambda: not pane.strip.count.text().startswith(("0 ", "9 ")))


async def results(on: Set) -> None:
    await _answered(on, Tab.RESULTS)


async def verdict(on: Set) -> None:
    await _answered(on, Tab.VERDICT)


async def _answered(on: Set, tab: Tab) -> EvaluatePane:
    pane = await _example(on, tab)
    await until(lambda: not pane.is_running)
    on.engine.play({name: _answering(pane.book.pack, name) for name in WRONG_IN_100})
    pane.run_button.click()
    await until(
        lambda: pane.evaluation.progress.done == pane.evaluation.progress.total > 0 and not pane.is_running
    )
    return pane


async def _example(on: Set, tab: Tab) -> EvaluatePane:
    """The starter's first documents with three models."""
    pane = _pane(on)
    starter = load_starter(EXAMPLE)
    pack = editing.without_documents(starter, {each.name for each in starter.documents[DOCUMENTS:]})
    await pane.book.show(pack, Setup(model_refs=tuple(f"{on.engine.id}/{name}" for name in WRONG_IN_100)))
    pane.open_tab(tab)
    return pane


def _pane(on: Set) -> EvaluatePane:
    pane = on.open("evaluate")
    if not isinstance(pane, EvaluatePane):
        raise TypeError(f"the evaluate pane is a {type(pane).__name__}")
    return pane


def _answering(pack: Pack, model: str, *, is_held: bool = False) -> Callable[[Request], Sequence[Line]]:
    """What the model answers: what is expected, or now and then something else."""
    asked = 0

    def answer(request: Request) -> Sequence[Line]:
        nonlocal asked
        asked += 1
        if is_held and asked == PAUSED_AT:
            return (None,)
        told = request.messages[-1].content
        document = next(each for each in pack.documents if each.text.strip() in told)
        question = next(each for each in pack.questions if each.text in told)
        text = pack.expected.get((document.name, question.id), "Unknown")
        chance = zlib.crc32(f"{model}{document.name}{question.id}".encode()) % 100
        if chance < WRONG_IN_100[model]:
            wrong = "No" if text == "Yes" else "Yes"
            text = wrong if question.kind is Kind.YES_NO else "Unknown"
        return Delta(text), stage.DONE

    return answer
