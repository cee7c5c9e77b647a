"""The languages there are: English, and one file in resources/languages for each other one."""

import json

from slmdesk.base.words import ENGLISH, Language
from slmdesk.config.paths import resources

# By the name that its own speakers know it by, which is also its choice in the settings.
LANGUAGES = {"english": "en", "deutsch": "de"}


def language(code: str) -> Language:
    """The language of this code, as "de"; English where there is none. English reads no file."""
    if code == ENGLISH.code or code not in LANGUAGES.values():
        return ENGLISH
    content = json.loads((resources() / "languages" / f"{code}.json").read_bytes())
    return Language(code, content["sentences"], content["decimal_mark"], content["thousands_mark"])
