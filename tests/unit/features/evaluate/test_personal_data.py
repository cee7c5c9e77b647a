"""Hints of personal data: what is found, and what only looks like it."""

import time

import pytest

from slmdesk.features.evaluate.personal_data import PersonalData, hints, in_words, is_card, is_iban

EMAIL, PHONE, IBAN, CARD, IP = (
    PersonalData.EMAIL,
    PersonalData.PHONE,
    PersonalData.IBAN,
    PersonalData.CARD,
    PersonalData.IP_ADDRESS,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Write to ada.lovelace+x@mail.example.org, please.", {EMAIL}),
        ("<müller@exämple.de>", {EMAIL}),
        ("Call +49 30 901820 or come by.", {PHONE}),
        ("Call +44 (0)20 7946 0958.", {PHONE}),
        ("Tel. 030/901820", {PHONE}),
        ("(030) 90 18 20", {PHONE}),
        ("0151 23456789", {PHONE}),
        ("(555) 010-9999", {PHONE}),
        ("555-010-9999", {PHONE}),
        ("0049 30 901820", {PHONE}),
        ("IBAN DE89 3704 0044 0532 0130 00", {IBAN}),
        ("GB82WEST12345698765432", {IBAN}),
        ("Card 4111 1111 1111 1111, valid until 12/27", {CARD}),
        ("5500-0000-0000-0004.", {CARD}),
        ("Login from 198.51.100.23 at noon", {IP}),
        ("from 2001:db8::8a2e:370:7334.", {IP}),
        ("a@b.example, 198.51.100.23", {EMAIL, IP}),
    ],
)
def test_it_is_found(text: str, found: set[PersonalData]) -> None:
    assert hints(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The year 2024 had 366 days and 31,622,400 seconds.",
        "Order 88213 of 11-08-2024, 354.00 euros",
        "On 2025-06-07 at 10:15:30",
        "from 03.02.2025 to 21.04.2025",
        "between 1998 and 2024, 48200 savers",
        "@home or a @ b",
        "version 1.2.3.400 and 10.15.7",
        "DE88370400440532013000 has wrong check digits",
        "4111 1111 1111 1112",
        "0000 0000 0000 0000",
        "127.0.0.1 is every machine, and std::vector<int>::iterator is none",
        "at 12:30:45 or 8:5",
        "LS-2025-0417",
        "3.14159265358979",
        "0.5 and 0,75 and 00:15",
        "1,540,000.00",
        "a sum of 12 345 678,90 euros",
        "ISBN 978-3-16-148410-0",
    ],
)
def test_this_is_none(text: str) -> None:
    assert hints(text) == frozenset()


def test_check_digits() -> None:
    assert is_iban("NL91 ABNA 0417 1643 00")
    assert not is_iban("NL91 ABNA 0417 1643 01")
    assert is_card("378282246310005")
    assert not is_card("378282246310006")


def test_they_have_words() -> None:
    assert {in_words(kind) for kind in PersonalData} == {
        "an e-mail address",
        "a telephone number",
        "a bank account (IBAN)",
        "a payment card",
        "an IP address",
    }


@pytest.mark.parametrize(
    "piece", ["a.", "a@b.cde ", "1 ", "+49 1", "a@b.", "DE89 3704 ", "0-", "(0", ":", "1."]
)
def test_hostile_texts_are_read_in_a_line(piece: str) -> None:
    start = time.perf_counter()
    hints(piece * (400_000 // len(piece)))
    assert time.perf_counter() - start < 5
