"""Tokens and their probabilities in words: what is invisible in a token is shown, nothing of it is markup."""

import html
import re
from collections.abc import Sequence

from slmdesk.base.words import number
from slmdesk.engines.token_trail import PlacedToken
from slmdesk.ui.labels import tr

LONGEST_SHOWN = 60
UNSURE_BELOW = (0.5, 0.2, 0.05)
"""Where the three steps begin"""

_PART_OF_CHARACTER = re.compile("[\udc80-\udcff]+")
# Controls, what turns or hides text, and the marks that Qt keeps for itself.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u061c\u180e\u2000-\u200f\u2028-\u202f\u2060-\u206f\u3000\ufdd0-\ufdef"
    "\ufe00-\ufe0f\ufeff\ufff9-\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SIGNS = {" ": "␣", "\n": "↵", "\t": "⇥"}


def shown_token(text: str) -> str:
    """ "␣Paris", "↵", "‹U+202E›"; pieces of a character as their bytes: "‹F0-9F›"."""
    if not text:
        return tr("a piece of a character")
    text = "".join(_SIGNS.get(sign, sign) for sign in text[:LONGEST_SHOWN])
    text = _PART_OF_CHARACTER.sub(_bytes_shown, text)
    return _INVISIBLE.sub(lambda found: f"‹U+{ord(found[0]):04X}›", text)


def per_cent(probability: float) -> str:
    """ "62.1 %"; what is nearly nothing or nearly certain is not rounded to it."""
    share = 100 * probability
    if share < 0.01:
        return tr("< 0.01 %")
    if 99.95 <= share < 100:
        return tr("> 99.9 %")
    return tr("{0} %").format(number(share, ".2f" if share < 1 else ".1f"))


def unsure_step(probability: float) -> int:
    """0 for a token the model was sure of, up to 3."""
    return sum(probability < limit for limit in UNSURE_BELOW)


def sureness(probability: float) -> str:
    """The step in words."""
    return (tr("sure"), tr("less sure"), tr("unsure"), tr("very unsure"))[unsure_step(probability)]


def alternatives(token: PlacedToken) -> list[tuple[str, str]]:
    """What the model might have written instead: token and per cent, the likeliest first."""
    likeliest = sorted(token.others, key=lambda other: -other[1])
    return [(shown_token(text), per_cent(_probability(logprob))) for text, logprob in likeliest]


def token_tip(tokens: Sequence[PlacedToken]) -> str:
    """The tokens under the mouse with their alternatives, as the rich text of a tool tip; all is escaped."""
    return "".join(map(_tip, tokens))


def _tip(token: PlacedToken) -> str:
    said = f"{shown_token(token.text)}  {per_cent(token.probability)} · {sureness(token.probability)}"
    head = f"<p style='margin:0;white-space:pre;font-weight:600'>{html.escape(said)}</p>"
    others = "".join(
        f"<tr><td>{html.escape(name)}</td><td>&nbsp;{html.escape(chance)}</td></tr>"
        for name, chance in alternatives(token)
    )
    if not others:
        return head
    caption = html.escape(tr("It might have written:"))
    return f"{head}<p style='margin:0;white-space:pre'>{caption}</p><table>{others}</table>"


def _probability(logprob: float) -> float:
    return PlacedToken("", logprob).probability


def _bytes_shown(found: re.Match[str]) -> str:
    data = found[0].encode("utf-8", "surrogateescape")
    return f"‹{data.hex('-').upper()}›"
