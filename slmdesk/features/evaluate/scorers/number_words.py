"""Numbers in words, English and German: "two dozen", "half a million", "zweihundertfünfzig"."""

import re

_ENGLISH = {
    "zero": 0.0, "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0,
    "eight": 8.0, "nine": 9.0, "ten": 10.0, "eleven": 11.0, "twelve": 12.0, "thirteen": 13.0, "fourteen":
    14.0, "fifteen": 15.0, "sixteen": 16.0, "seventeen": 17.0, "eighteen": 18.0, "nineteen": 19.0, "twenty":
    20.0, "thirty": 30.0, "forty": 40.0, "fifty": 50.0, "sixty": 60.0, "seventy": 70.0, "eighty": 80.0,
    "ninety": 90.0,
}  # fmt: skip
_GERMAN = {
    "null": 0.0, "eins": 1.0, "zwei": 2.0, "drei": 3.0, "vier": 4.0, "fünf": 5.0, "sechs": 6.0, "sieben":
    7.0, "acht": 8.0, "neun": 9.0, "zehn": 10.0, "elf": 11.0, "zwölf": 12.0, "dreizehn": 13.0, "vierzehn":
    14.0, "fünfzehn": 15.0, "sechzehn": 16.0, "siebzehn": 17.0, "achtzehn": 18.0, "neunzehn": 19.0,
    "zwanzig": 20.0, "dreissig": 30.0, "vierzig": 40.0, "fünfzig": 50.0, "sechzig": 60.0, "siebzig": 70.0,
    "achtzig": 80.0, "neunzig": 90.0, "zwo": 2.0, "anderthalb": 1.5, "eineinhalb": 1.5, "zweieinhalb": 2.5,
}  # fmt: skip
_SCALES = {
    "hundred": 1e2, "hundert": 1e2, "dozen": 12.0, "dutzend": 12.0, "thousand": 1e3, "tausend": 1e3,
    "lakh": 1e5, "million": 1e6, "millionen": 1e6, "crore": 1e7, "billion": 1e9, "milliarde": 1e9,
    "milliarden": 1e9, "trillion": 1e12, "billionen": 1e12,
}  # fmt: skip
_ONES = {"a", "an", "ein", "eine", "einem", "einer"}
_HALVES = {"half", "halbe", "halben"}
_JOINTS = {"and", "und"}
_WORD = re.compile(r"[a-zäöü]+")
_LONGEST_WORD = 60


def with_digits(line: str) -> str:
    """The folded line with its number words as digits: "two dozen boxes" is "24 boxes".

    A large scale at the end stays a word, so that "five to seven thousand" can share it.
    """
    pieces: list[str] = []
    end = 0
    for start, stop in _runs(line):
        words = _WORD.findall(line[start:stop])
        if (value := _value(words)) is None:
            continue
        scale = _SCALES.get(words[-1], 0)
        written = f"{value:.15g}" if scale < 1e3 else f"{value / scale:.15g} {words[-1]}"
        pieces += [line[end:start], written]
        end = stop
    return "".join([*pieces, line[end:]])


def _runs(line: str) -> list[tuple[int, int]]:
    """Where words of numbers stand side by side, joined by spaces, hyphens and "and"."""
    runs: list[tuple[int, int]] = []
    matches = list(_WORD.finditer(line))
    for place, match in enumerate(matches):
        after = matches[place + 1][0] if place + 1 < len(matches) else ""
        if not _belongs(match[0], after):
            continue
        if runs and _goes_on(line[runs[-1][0] : runs[-1][1]], line[runs[-1][1] : match.start()], match[0]):
            runs[-1] = (runs[-1][0], match.end())
        else:
            runs.append((match.start(), match.end()))
    return runs


def _goes_on(before: str, joint: str, word: str) -> bool:
    """ "two and a half" and "hundred and five" are one number, "five and seven" are two."""
    if re.fullmatch(r"[ -]", joint):
        return True
    return bool(re.fullmatch(r" (?:and|und) (?:an? |eine? )?", joint)) and (
        word in _HALVES or _WORD.findall(before)[-1] in _SCALES
    )


def _belongs(word: str, after: str) -> bool:
    if word == "one":
        return after != "of"  # "one of the largest"
    if word in _ONES | _HALVES:
        return after in _SCALES or (word in _HALVES and after in _ONES)
    return _simple(word) is not None or word in _SCALES


def _simple(word: str) -> float | None:
    """One word without a scale of its own, German compounds too; None if it is no number."""
    if word in _ENGLISH:
        return _ENGLISH[word]
    return None if word in _SCALES or len(word) > _LONGEST_WORD else _german(word)


def _german(word: str) -> float | None:
    """ "zweihundertfünfundzwanzig": taken apart at tausend, hundert and und."""
    if word in _GERMAN:
        return _GERMAN[word]
    for scale in ("tausend", "hundert"):
        left, found, right = word.partition(scale)
        if found:
            count, rest = _german(left) if left else 1.0, _german(right.removeprefix("und")) if right else 0.0
            return None if count is None or rest is None else count * _SCALES[scale] + rest
    if word == "ein":
        return 1.0
    ones, found, tens = word.partition("und")
    if found and ones and tens:
        low, high = _german(ones), _GERMAN.get(tens)
        return None if low is None or high is None or low >= 10 or high < 20 else low + high
    return None


def _value(words: list[str]) -> float | None:
    """The sum of a run: "two million five hundred thousand"; None for a scale alone ("thousand")."""
    total = current = 0.0
    is_begun = False
    for word in words:
        if word in _HALVES:
            current += 0.5
        elif word in _SCALES:
            if not is_begun:
                return None
            current = (current or 1.0) * _SCALES[word]
            if _SCALES[word] >= 1e3:
                total, current = total + current, 0.0
        elif word not in _ONES | _JOINTS:
            current += _simple(word) or 0.0
        is_begun = True
    return total + current
