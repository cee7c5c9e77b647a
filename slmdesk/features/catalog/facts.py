"""The facts of an entry in words: one form for lists, cards and tables, "unknown" where nobody is sure."""

from slmdesk.base.words import counted, later, say
from slmdesk.features.catalog.entry import Entry, Licence
from slmdesk.features.catalog.terms import term

UNKNOWN = later("unknown")

_COUNTRIES = {
    "AE": "United Arab Emirates",
    "CA": "Canada",
    "CN": "China",
    "DE": "Germany",
    "FR": "France",
    "GB": "United Kingdom",
    "KR": "South Korea",
    "SG": "Singapore",
    "US": "United States",
}


def parameter_words(entry: Entry) -> str:
    """ "135M", "7.6B", or "30.5B, 3.3B active"."""
    if entry.parameters is None:
        return say(UNKNOWN)
    total = count_words(entry.parameters)
    if entry.active_parameters in (None, entry.parameters):
        return total
    return say("{total}, {active} active", total=total, active=count_words(entry.active_parameters or 0))


def count_words(count: int) -> str:
    """ "135M" or "7.6B"."""
    return f"{count / 1e9:.1f}B" if count >= 999_500_000 else f"{count / 1e6:.0f}M"


def context_words(tokens: int | None) -> str:
    """ "8K" for 8,192; 300 as it is."""
    if tokens is None:
        return say(UNKNOWN)
    if tokens < 1000:
        return str(tokens)
    return f"{tokens // 1024}K" if tokens % 1024 == 0 else f"{tokens / 1000:.0f}K"


def country_name(code: str) -> str:
    """In English; a code that has no name here stays as it is."""
    return _COUNTRIES.get(code, code)


def maker_words(entry: Entry) -> str:
    """ "Hugging Face · FR/US"."""
    return f"{entry.maker} · {'/'.join(entry.countries) or say(UNKNOWN)}"


def architecture_words(entry: Entry) -> str:
    """ "decoder, mixture of experts (8 of 128), grouped-query attention, 48 layers"."""
    shape = entry.architecture
    experts = shape.experts
    parts = [
        term(shape.kind),
        say("mixture of experts ({active} of {total})", active=experts.active, total=experts.total)
        if experts
        else say("dense"),
    ]
    parts.append(say("{kind} attention", kind=term(shape.attention) if shape.attention else say(UNKNOWN)))
    if shape.layers is not None:
        parts.append(counted(shape.layers, "{count} layer", "{count} layers"))
    if shape.window_layers and shape.window_tokens:
        parts.append(
            say(
                "{layers} of them with a window of {tokens:,} tokens",
                layers=shape.window_layers,
                tokens=shape.window_tokens,
            )
        )
    return ", ".join(parts)


def language_words(entry: Entry) -> str:
    """The codes that the makers name, or how many languages they say there are."""
    named = " ".join(entry.languages) if entry.languages else ""
    count = entry.language_count
    if named and count and count > len(entry.languages or ()):
        return say("{named} and others, {count} in all", named=named, count=count)
    return named or (say("{count} or more", count=count) if count else say(UNKNOWN))


def licence_words(licence: Licence) -> str:
    """What may be done with it, in a line."""
    parts = [
        say("commercial use: {commercial}", commercial=term(licence.commercial)),
        say("changing: {modification}", modification=term(licence.modification)),
        say("naming the makers: needed") if licence.attribution else say("naming the makers: not needed"),
        say("same terms for copies: yes") if licence.share_alike else say("same terms for copies: no"),
    ]
    return f"{licence.name} ({'; '.join(parts)})"
