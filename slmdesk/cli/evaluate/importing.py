"""`slmdesk eval import`: a pack out of a folder of documents, questions and expected answers."""

import asyncio

from slmdesk.base.words import counted
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.features.documents.reading import DocumentReader
from slmdesk.features.evaluate.importing.whole_pack import WholePack, pack_from_files
from slmdesk.features.evaluate.pack_file import write_pack


async def run(chosen: Arguments, terminal: Terminal) -> int:
    """0, also where single files or rows were left out, which is said; raises BadInput.

    Needs no engine and no data folder.
    """
    made = await pack_from_files(
        chosen.title or chosen.pack_file.stem,
        chosen.documents,
        chosen.questions,
        chosen.expected,
        DocumentReader(),
        lambda done, whole: terminal.status(f"{done} of {whole} files read"),
    )
    terminal.clear_status()
    await asyncio.to_thread(write_pack, made.pack, chosen.pack_file)
    for problem in made.problems:
        terminal.say(problem)
    if chosen.json:
        terminal.write_json(_to_json(made, str(chosen.pack_file)))
    else:
        terminal.say(_words(made, chosen.pack_file.name))
    return 0


def _words(made: WholePack, name: str) -> str:
    pack = made.pack
    parts = (
        counted(len(pack.documents), "{count:,} document", "{count:,} documents"),
        counted(len(pack.questions), "{count:,} question", "{count:,} questions"),
        counted(len(pack.expected), "{count:,} expected answer", "{count:,} expected answers"),
    )
    return f"{name}: {', '.join(parts)}."


def _to_json(made: WholePack, path: str) -> dict[str, object]:
    return {
        "pack": path,
        "documents": len(made.pack.documents),
        "questions": len(made.pack.questions),
        "expected": len(made.pack.expected),
        "problems": list(made.problems),
    }
