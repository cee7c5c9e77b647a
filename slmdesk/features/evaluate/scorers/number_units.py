"""Units that a number can be counted in, and the scales it can be written with."""

CURRENCIES = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "us$": "USD", "usd": "USD",
    "dollar": "USD", "dollars": "USD", "us-dollar": "USD", "£": "GBP", "gbp": "GBP", "pound": "GBP",
    "pounds": "GBP", "pfund": "GBP", "chf": "CHF", "sfr": "CHF", "fr.": "CHF", "franken": "CHF",
    "francs": "CHF", "¥": "JPY", "jpy": "JPY", "yen": "JPY", "₹": "INR", "inr": "INR", "rs": "INR",
    "rs.": "INR", "rupees": "INR", "rupien": "INR", "a$": "AUD", "aud": "AUD", "c$": "CAD", "cad": "CAD",
}  # fmt: skip

PERCENT = "%"
_PERCENT_WORDS = ("%", "percent", "per cent", "prozent", "pct")

SCALES = {
    "k": 1e3, "tsd": 1e3, "tsd.": 1e3, "thousand": 1e3, "tausend": 1e3, "hundred": 1e2, "hundert": 1e2,
    "dozen": 12.0, "dutzend": 12.0, "lakh": 1e5, "lakhs": 1e5, "crore": 1e7, "crores": 1e7, "m": 1e6,
    "mn": 1e6, "mn.": 1e6, "mio": 1e6, "mio.": 1e6, "mill.": 1e6, "million": 1e6,
    "millions": 1e6, "millionen": 1e6,
    "b": 1e9, "bn": 1e9, "bn.": 1e9, "mrd": 1e9, "mrd.": 1e9, "billion": 1e9, "billions": 1e9,
    "milliarde": 1e9, "milliarden": 1e9, "trillion": 1e12, "trillions": 1e12, "tn": 1e12, "billionen": 1e12,
}  # fmt: skip

_DIMENSIONS: dict[str, dict[str, float]] = {
    "time": {
        **dict.fromkeys(("ms", "millisecond", "milliseconds", "millisekunden"), 0.001),
        **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "sekunde", "sekunden"), 1.0),
        **dict.fromkeys(("min", "mins", "minute", "minutes", "minuten"), 60.0),
        **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "std", "stunde", "stunden"), 3_600.0),
        **dict.fromkeys(("d", "day", "days", "tag", "tage", "tagen"), 86_400.0),
        **dict.fromkeys(("week", "weeks", "woche", "wochen"), 604_800.0),
    },
    "data": {
        **dict.fromkeys(("b", "byte", "bytes"), 1.0),
        **dict.fromkeys(("kb", "kilobyte", "kilobytes"), 1e3),
        **dict.fromkeys(("mb", "megabyte", "megabytes"), 1e6),
        **dict.fromkeys(("gb", "gigabyte", "gigabytes"), 1e9),
        **dict.fromkeys(("tb", "terabyte", "terabytes"), 1e12),
        "kib": 2.0**10,
        "mib": 2.0**20,
        "gib": 2.0**30,
        "tib": 2.0**40,
    },
    "length": {
        "mm": 0.001,
        "cm": 0.01,
        **dict.fromkeys(("m", "metre", "metres", "meter", "meters", "metern"), 1.0),
        **dict.fromkeys(("km", "kilometre", "kilometres", "kilometer", "kilometers"), 1_000.0),
    },
    "mass": {
        **dict.fromkeys(("g", "gram", "grams", "gramm"), 0.001),
        **dict.fromkeys(("kg", "kilo", "kilos", "kilogram", "kilograms", "kilogramm"), 1.0),
        **dict.fromkeys(("t", "ton", "tons", "tonne", "tonnes", "tonnen"), 1_000.0),
    },
}


def currency(word: str) -> str:
    """The code of a currency, or "%"; empty for other words."""
    return PERCENT if word in _PERCENT_WORDS else CURRENCIES.get(word, "")


def factors_to(unit: str) -> dict[str, float]:
    """By what a number in each unit is multiplied to be one in `unit`; empty for a unit that is not known."""
    for factors in _DIMENSIONS.values():
        if unit in factors:
            return {word: factor / factors[unit] for word, factor in factors.items()}
    return {}
