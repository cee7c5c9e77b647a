"""How the catalogue names tasks, capabilities, kinds, permissions and countries, for any language."""

from slmdesk.base.words import later, say

_TERMS = frozenset(
    {
        later("chat"),
        later("classification"),
        later("code"),
        later("documents"),
        later("extraction"),
        later("pictures"),
        later("reasoning"),
        later("rewriting"),
        later("search"),
        later("summary"),
        later("translation"),
        later("embedding"),
        later("insert"),
        later("thinking"),
        later("tools"),
        later("vision"),
        later("decoder"),
        later("encoder"),
        later("encoder-decoder"),
        later("United Arab Emirates"),
        later("Canada"),
        later("China"),
        later("Germany"),
        later("France"),
        later("United Kingdom"),
        later("South Korea"),
        later("Singapore"),
        later("United States"),
        later("yes"),
        later("no"),
        later("with conditions"),
        later("multi-head"),
        later("grouped-query"),
        later("multi-query"),
        later("latent"),
    }
)


def term(name: str) -> str:
    """In the language of the window; what another catalogue has stays as it is."""
    return say(name) if name in _TERMS else name
