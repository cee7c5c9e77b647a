"""Hints of personal data in a text: what looks like an address, a number of a person, or a machine's."""

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum

from slmdesk.base.words import later, say


class PersonalData(StrEnum):
    EMAIL = "email"
    PHONE = "phone"
    IBAN = "iban"
    CARD = "card"
    IP_ADDRESS = "ip_address"


_WORDS = {
    PersonalData.EMAIL: later("an e-mail address"),
    PersonalData.PHONE: later("a telephone number"),
    PersonalData.IBAN: later("a bank account (IBAN)"),
    PersonalData.CARD: later("a payment card"),
    PersonalData.IP_ADDRESS: later("an IP address"),
}

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])")
# Country, two check digits, then groups as they are written with spaces.
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_CARD = re.compile(r"(?<![\w.,-])\d(?:[ -]?\d){12,18}(?![\w-]|[.,]\d)")
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:])[0-9a-fA-F:]{2,39}(?![\w:])")
# With a country's prefix, or a leading 0 or brackets and at least one mark between the groups.
_PHONE = re.compile(
    r"(?<![\w.,:/-])(?:\+|00)[1-9]\d{0,2}(?:[ /.-]?\(?\d{1,6}\)?){2,6}(?![\w-]|[.,]\d)"
    r"|(?<![\w.,:/+-])(?:\(0?\d{2,5}\)[ ]?|0\d{1,5}[ /-])\d{2,8}(?:[ -]\d{1,8}){0,4}(?![\w-]|[.,]\d)"
    r"|(?<![\w.,:/+-])\d{3}[-.]\d{3}[-.]\d{4}(?![\w-]|[.,]\d)"
)
_LEAST_PHONE_DIGITS, _MOST_PHONE_DIGITS = 7, 15


def in_words(kind: PersonalData) -> str:
    """ "an e-mail address"."""
    return say(_WORDS[kind])


def hints(text: str) -> frozenset[PersonalData]:
    """What is found; a number that is part of a found IBAN, card or address is no telephone number."""
    found = set()
    for kind, find in _FINDERS.items():
        if places := list(find(text)):
            found.add(kind)
            text = _without(text, places)
    return frozenset(found)


def _without(text: str, places: Sequence[tuple[int, int]]) -> str:
    """The text with a mark in the place of each of these, which do not overlap."""
    kept, after = [], 0
    for start, end in sorted(places):
        kept.append(text[after:start])
        after = end
    return "#".join([*kept, text[after:]])


def _emails(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _EMAIL.finditer(text)) if "@" in text else iter(())


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _IBAN.finditer(text) if is_iban(match[0]))


def _cards(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _CARD.finditer(text) if is_card(match[0]))


def _ip_addresses(text: str) -> Iterator[tuple[int, int]]:
    yield from (match.span() for match in _IPV4.finditer(text) if _is_ip(match[0]))
    yield from (
        match.span() for match in _IPV6.finditer(text) if match[0].count(":") > 2 and _is_ip(match[0])
    )


def _phones(text: str) -> Iterator[tuple[int, int]]:
    for match in _PHONE.finditer(text):
        digits = sum(character.isdigit() for character in match[0])
        if _LEAST_PHONE_DIGITS <= digits <= _MOST_PHONE_DIGITS:
            yield match.span()


# In this order: the surest first.
_FINDERS: Mapping[PersonalData, Callable[[str], Iterator[tuple[int, int]]]] = {
    PersonalData.EMAIL: _emails,
    PersonalData.IBAN: _ibans,
    PersonalData.CARD: _cards,
    PersonalData.IP_ADDRESS: _ip_addresses,
    PersonalData.PHONE: _phones,
}


def is_iban(text: str) -> bool:
    """Whether the check digits are right (ISO 13616: the remainder by 97 is 1)."""
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def is_card(text: str) -> bool:
    """Whether the last digit is right (Luhn), and not all digits are the same."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_ip(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_loopback)
