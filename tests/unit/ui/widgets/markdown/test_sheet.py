"""A block's document says what the block says, and grows as it would be made anew."""

import subprocess
import sys

import pytest
from PySide6.QtWidgets import QApplication

from slmdesk.ui import theme as themes
from slmdesk.ui.widgets.markdown.blocks import Block
from slmdesk.ui.widgets.markdown.formulas import Formula, depth, shelf
from slmdesk.ui.widgets.markdown.highlight import line_formats, text_formats
from slmdesk.ui.widgets.markdown.look import Look
from slmdesk.ui.widgets.markdown.sheet import Sheet
from slmdesk.ui.widgets.markdown.splitter import Splitter, blocks_of
from slmdesk.ui.widgets.markdown.tables import column_shares
from tests.data.streams import answer_text


@pytest.fixture
def look(qapp: QApplication) -> Look:
    font = qapp.font()
    font.setPixelSize(13)
    return Look(themes.LIGHT, font, themes.monospaced(12))


def formats_of(sheet: Sheet) -> list[tuple[str, bool, bool, str]]:
    """Fragments with the look that tells them apart."""
    found = []
    block = sheet.document.firstBlock()
    while block.isValid():
        fragments = block.begin()
        while not fragments.atEnd():
            fragment = fragments.fragment()
            form = fragment.charFormat()
            found.append(
                (
                    fragment.text(),
                    form.fontWeight() > 500,
                    form.fontItalic(),
                    form.foreground().color().name(),
                )
            )
            fragments += 1
        block = block.next()
    return found


def test_a_document_holds_the_text_of_its_block(look: Look) -> None:
    for block in blocks_of(answer_text(6_000)):
        shown = Sheet(block, look, 500).document.toPlainText()
        assert shown.strip("\n") == block.text.replace("\u2028", "\n").strip("\n")


def test_what_grew_looks_like_what_was_made_at_once(look: Look) -> None:
    text = "A **bold** word, *more* and `code`, ~~struck~~, [a link](http://x.y) here.\n\n> said **he** now"
    splitter = Splitter()
    sheets: dict[Block, Sheet] = {}
    for at in range(0, len(text), 3):
        change = splitter.feed(text[at : at + 3])
        for growth in change.growths if change else ():
            sheets[growth.block].grow(growth.removed, growth.text, growth.rows)
        for block in splitter.blocks:
            sheets.setdefault(block, Sheet(block, look, 500))
    for block, fresh in zip(splitter.blocks, blocks_of(text), strict=True):
        assert formats_of(sheets[block]) == formats_of(Sheet(fresh, look, 500))


def test_code_and_tables_grow_by_lines(look: Look) -> None:
    text = "```python\ndef f():\n    '''a\n    b'''\n```\n\n| a | b |\n|---|---|\n" + "| c | d |\n" * 40
    splitter = Splitter()
    sheets: dict[Block, Sheet] = {}
    for at in range(0, len(text), 5):
        change = splitter.feed(text[at : at + 5])
        for growth in change.growths if change else ():
            if growth.block in sheets:
                sheets[growth.block].grow(growth.removed, growth.text, growth.rows)
        for block in splitter.blocks:
            sheets.setdefault(block, Sheet(block, look, 500))
    assert [len(block.rows) for block in splitter.blocks[1:]] == [17, 16, 8]
    for block in splitter.blocks:
        assert sheets[block].document.toPlainText() == Sheet(block, look, 500).document.toPlainText()
        assert sheets[block].height == Sheet(block, look, 500).height


def test_code_is_coloured_line_by_line_and_as_a_whole(look: Look) -> None:
    assert line_formats("def f(): return 'x'", "python", look.theme)
    assert line_formats("def f(): return 'x'", "no-such-language", look.theme) == []
    assert line_formats("x" * 1_000, "python", look.theme) == []
    whole = text_formats("'''a\nif\n'''\nif x:", "python", look.theme)
    assert len(whole) == 4
    assert whole[1][0].format.foreground().color().name() == look.theme.good  # inside the string
    assert whole[3][0].format.foreground().color().name() == look.theme.accent


def test_columns_share_the_width_by_their_texts(look: Look) -> None:
    shares = column_shares(
        blocks_of("| a | a much longer text in here |\n|---|---|\n| b | c |")[0].rows, 2, look, 600
    )
    assert sum(shares) == pytest.approx(100)
    assert shares[1] > 2 * shares[0]


def test_formulas_are_drawn_in_a_thread_and_hostile_ones_refused(qapp: QApplication) -> None:
    good = Formula("\\frac{a}{b} + \\sqrt{x}", True, 13, "#000000")
    assert shelf.drawn_of(good) is None
    shelf.wait()
    drawn = shelf.drawn_of(good)
    assert drawn is not None
    assert drawn.image.width() > 20
    deep = Formula("{" * 30 + "x" + "}" * 30, True, 13, "#000000")
    assert shelf.drawn_of(deep) is None
    assert shelf.is_known(deep)
    assert depth(deep.latex) == 30
    broken = ("\\frac{a}", "^", "_{", "\\left(", "\\begin{x}", "\\hspace{9999em}", "&", "\\", "}{", "\\text{")
    for latex in broken:
        formula = Formula(latex, False, 13, "#000000")
        shelf.drawn_of(formula)
        shelf.wait()
        assert shelf.is_known(formula), latex


def test_nothing_heavy_is_imported_for_an_empty_transcript() -> None:
    code = (
        "import sys\n"
        "from PySide6.QtWidgets import QApplication\n"
        "app = QApplication([])\n"
        "from slmdesk.ui.widgets.paint_scheduler import PaintScheduler\n"
        "from slmdesk.ui.widgets.transcript import BlockView\n"
        "view = BlockView(PaintScheduler())\nview.show()\napp.processEvents()\nview.grab()\n"
        "heavy = {'markdown_it', 'mdit_py_plugins', 'pygments', 'ziamath', 'PySide6.QtSvg'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
