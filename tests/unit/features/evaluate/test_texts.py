"""Texts: each measure against values that can be counted by hand."""

import time

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.features.evaluate.pack import NOT_STATED, Kind, Scorer
from slmdesk.features.evaluate.scorers import require_expected, score
from slmdesk.features.evaluate.scorers.likeness import rouge_l, token_f1
from slmdesk.features.evaluate.scorers.patterns import TooLongError, compiled, is_found
from tests.unit.features.evaluate.questions import asked


def value(scorer: Scorer, answer: str, expected: str, **fields: float) -> float:
    return score(asked(Kind.TEXT, scorer, **fields), answer, expected).value


@pytest.mark.parametrize(
    ("answer", "expected", "is_right"),
    [
        ("Nordwind", "Nordwind", True), ("nordwind", "NORDWIND", True), ("Nordwind.", "Nordwind", True),
        ("**Nordwind**", "Nordwind", True), ("“Nordwind”", "Nordwind", True),
        ("  Nordwind\n", "Nordwind", True),
        ("Nord\u00adwind", "Nordwind", True), ("ﬁnance", "finance", True), ("INV–2024", "INV-2024", True),
        ("Straße", "STRASSE", True), ("Nordwind AG", "Nordwind", False), ("Nord wind", "Nordwind", False),
        ("-5", "5", False), ("C++", "C", False), ("C#", "C", False), ("the Nordwind", "Nordwind", False),
        ("femur", "femur; thigh bone", True), ("thigh bone", "femur; thigh bone", True),
        ("femur", "femur | tibia", True),
        ("(Nordwind)", "Nordwind", True), ("f(x)", "f(x", False), ("café", "cafe\u0301", True),
        ("None", "None", True), ("unknown", "None", False),
    ],
)  # fmt: skip
def test_exact(answer: str, expected: str, is_right: bool) -> None:
    assert value(Scorer.EXACT, answer, expected) == is_right


@pytest.mark.parametrize(
    ("answer", "expected", "is_right"),
    [
        ("A phishing mail", "phishing", True), ("PHISHING", "phishing", True),
        ("a phishing-mail", "phishing", True),
        ("the thefts of laptops", "theft", True), ("spearphishing", "phishing", False),
        ("a party", "art", False),
        ("It was ransomware, not phishing", "phishing", False), ("It wasn't phishing", "phishing", False),
        ("It was not malware but phishing", "phishing", True),
        ("Not only phishing. Phishing it was.", "phishing", True),
        ("kein Phishing", "phishing", False), ("12,000", "12", False), ("12 records", "12", True),
        ("x = 120", "12", False),
        ("a stolen\nlaptop", "stolen laptop", True), ("theft", "stolen laptop; theft", True),
        ("malware", "theft; laptop", False),
        ("return a + b", "return a", True), ("ART", "art", True), ("phish", "phishing", False),
        ("art deco", "art", True),
        ("rather than phishing, malware", "phishing", False),
    ],
)  # fmt: skip
def test_contains(answer: str, expected: str, is_right: bool) -> None:
    assert value(Scorer.CONTAINS, answer, expected) == is_right


@pytest.mark.parametrize(
    ("answer", "expected", "is_right"),
    [
        ("eight", "8; eight", True), ("8.", "8; eight", True), ("8|9", "8", False),
        ("CO₂", "carbon dioxide; CO2", True),
        ("The heart", "heart", True), ("a heart", "the heart", True), ("Das Herz", "Herz|heart", True),
        ("heart attack", "heart", False), ("nine", "8; eight", False), ("honey", "honey|nectar", True),
        ("NECTAR!", "honey|nectar", True), ("", "honey", False), ("honey; nectar", "honey; nectar", True),
        ("unknown", "phishing; unknown", True), ("not mentioned", "phishing; unknown", True),
        ("not mentioned", "phishing", False),
        ("**Mars**", "Mars", True), ("‘Mars’", "Mars", True), ("Mars, the red planet", "Mars", False),
        ("mar", "Mars", False),
    ],
)  # fmt: skip
def test_any_of(answer: str, expected: str, is_right: bool) -> None:
    assert value(Scorer.ANY_OF, answer, expected) == is_right


@pytest.mark.parametrize(
    ("answer", "expected", "threshold", "is_right"),
    [
        ("Nordwind Logistik", "Nordwind Logistik GmbH", 0.8, True),
        ("Nordwind Logistik", "Nordwind Logistik GmbH", 0.9, False),
        ("Nordwnd Logistik", "Nordwind Logistik", 0.9, True),
        ("Logistik Nordwind", "Nordwind Logistik", 0.9, True),
        ("Südwind", "Nordwind", 0.8, False), ("The Nordwind", "Nordwind", 1.0, True),
        ("nordwind!", "Nordwind", 1.0, True),
        ("abcd", "abce", 0.75, True), ("abcd", "abce", 0.76, False), ("abcd", "wxyz", 0.01, False),
        ("x", "y", 0.0, True),
        ("Tamsin Vale council", "Tamsin Vale Council", 1.0, True),
        ("Tamsin Vale", "Tamsin Vale Council", 0.8, False),
        ("Harrowmere", "Harrowmere Mutual; Harrowmere", 1.0, True), ("unknown", "Not stated", 0.8, True),
        ("Nordwind", "Not stated", 0.8, False), ("Not stated", "Nordwind", 0.1, False),
        ("Müller", "Mu\u0308ller", 1.0, True),
        ("The firm is Nordwind", "Nordwind", 0.9, True), ("Firm: Nordwind", "Nordwind", 0.9, True),
        ("The cause is not phishing", "phishing", 0.5, False), ("not phishing", "phishing", 0.8, False),
        ("clause 9", "clause 8", 0.8, False), ("clause 8", "clause 8 b", 0.8, True),
        ("Muller", "Müller", 0.8, True), ("A" * 100, "B" * 100, 0.5, False),
    ],
)  # fmt: skip
def test_fuzzy(answer: str, expected: str, threshold: float, is_right: bool) -> None:
    assert value(Scorer.FUZZY, answer, expected, threshold=threshold) == is_right


@pytest.mark.parametrize(
    ("answer", "expected", "by_hand"),
    [
        ("the cat sat", "cat sat", 1), ("cat", "cat sat", 2 * 1 / 3),
        ("a b c d", "b d x", 2 * 2 / 6),  # "a" is an article
        ("dog", "cat", 0), ("cat cat cat", "cat", 2 * 1 / 4), ("cat cat", "cat cat dog", 2 * 2 / 5),
        ("", "", 1), ("", "cat", 0),
        ("Cat, sat!", "cat sat", 1), ("it's", "its", 1), ("the", "a", 1), ("the", "cat", 0),
        ("sat cat", "cat sat", 1),
        ("in 2024 it rained", "it rained in 2023", 2 * 3 / 8), ("Ärger", "ärger", 1),
        ("der Zug", "die Züge", 0),
        ("one two three four five", "five four three two one", 1), ("new york city", "york", 2 * 1 / 4),
        ("u.s.", "us", 1), ("x y", "x y z w v", 2 * 2 / 7), ("snake_case", "snakecase", 1),
    ],
)  # fmt: skip
def test_token_f1_as_counted_by_hand(answer: str, expected: str, by_hand: float) -> None:
    assert token_f1(answer, expected) == pytest.approx(by_hand)
    assert token_f1(expected, answer) == pytest.approx(by_hand)


@pytest.mark.parametrize(
    ("answer", "expected", "by_hand"),
    [
        ("police killed the gunman", "police kill the gunman", 2 * 3 / 8),
        ("the gunman kill police", "police kill the gunman", 2 * 2 / 8),
        ("police kill the gunman", "police kill the gunman", 1), ("a b c", "c b a", 2 * 1 / 6),
        ("a b c d", "a c", 2 * 2 / 6),
        ("", "", 1), ("", "a", 0), ("x", "a", 0), ("A, B.", "a b", 1), ("a a a", "a", 2 * 1 / 4),
        ("a x b y c z", "a b c", 2 * 3 / 9),
        ("a b", "b a", 2 * 1 / 4), ("der Zug fährt ab", "der Zug fährt", 2 * 3 / 7),
        ("über uns", "uns über", 2 * 1 / 4),
        ("1 2 3 4 5", "2 4", 2 * 2 / 7), ("a b c d e", "e d c b a", 2 * 1 / 10),
        ("x y z", "a x b y c z", 2 * 3 / 9),
        ("to be or not to be", "not to be or to be", 2 * 5 / 12), ("it's", "it s", 1), ("a-b", "a b", 1),
    ],
)  # fmt: skip
def test_rouge_l_as_counted_by_hand(answer: str, expected: str, by_hand: float) -> None:
    assert rouge_l(answer, expected) == pytest.approx(by_hand)
    assert rouge_l(expected, answer) == pytest.approx(by_hand)


def test_the_reason_says_what_a_few_letters_turn_round() -> None:
    question = asked(Kind.TEXT)
    assert score(question, "not phishing", "phishing").why == (
        "The answer is nearly “phishing”, but one of them says “not”."
    )
    assert score(question, "clause 9", "clause 8").why == (
        "The answer is nearly “clause 8”, but has other figures."
    )
    assert (
        score(question, "Nordwnd", "Nordwind").why == "The answer is 93 % like “Nordwind”; 80 % are enough."
    )


def test_the_threshold_of_rouge_l_makes_an_answer_right() -> None:
    pair = "police killed the gunman", "police kill the gunman"
    assert value(Scorer.ROUGE_L, *pair, threshold=0.75) == 1.0
    assert value(Scorer.ROUGE_L, *pair, threshold=0.76) == 0.75


@pytest.mark.parametrize(
    ("pattern", "answer", "is_right"),
    [
        (r"INV-\d{4}", "It is INV-2024.", True), (r"INV-\d{4}$", "INV-20245", False),
        (r"^def \w+", "def f(x):", True),
        ("(?s)(?=.*def gcd)(?=.*%)(?=.*return)", "def gcd(a, b):\n  a % b\n  return a", True),
        ("(?s)(?=.*def gcd)(?=.*%)(?=.*return)", "def gcd(a, b):\n  return a", False),
        ("fizzbuzz", "FizzBuzz", True),
        ("a|b", "c", False), ("", "anything", True), (r"\bcat\b", "category", False), (r"\p{Lu}", "É", True),
        (r"café", "cafe\u0301", True), ("^$", "x", False), (r"(\d)\1", "aa11", True),
        (r"(\d)\1", "12", False),
        ("[unclosed", "[unclosed", False), ("(?P<n>a", "a", False), ("*", "*", False),
        (r"\d+", "none", False),
        ("a{2,3}", "aaa", True), (r"^\d{1,3}(,\d{3})*$", "184,302", True),
    ],
)  # fmt: skip
def test_patterns(pattern: str, answer: str, is_right: bool) -> None:
    assert value(Scorer.REGEX, answer, pattern) == is_right


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [("[a", "no valid pattern"), ("(", "no valid pattern"), ("a{1000}{1000}", "repeats"),
    ("x" * 1_001, "longer"), ("*a", "valid")],
)  # fmt: skip
def test_a_broken_pattern_is_refused_while_it_is_edited(pattern: str, reason: str) -> None:
    question = asked(Kind.TEXT, Scorer.REGEX)
    with pytest.raises(BadInput, match=reason) as caught:
        require_expected(question, pattern)
    assert caught.value.next_step
    assert score(question, "a", pattern).why == caught.value.message


@pytest.mark.parametrize("pattern", [r"(x+x+)+y", r"(\w+\s?)+$", r"(a|aa|ab)*c(a|ab|b)*d(\w+)+!"])
def test_a_pattern_without_end_is_given_up(pattern: str) -> None:
    answer = "x" * 5_000 + "word " * 2_000 + "ab" * 500 + "?"
    begin = time.perf_counter()
    given = score(asked(Kind.TEXT, Scorer.REGEX), answer, pattern)
    assert time.perf_counter() - begin < 2
    assert given.value == 0.0


def test_the_reason_says_that_a_pattern_was_given_up() -> None:
    with pytest.raises(TooLongError):
        is_found(r"(x+x+)+y", "x" * 5_000)
    assert "took too long" in score(asked(Kind.TEXT, Scorer.REGEX), "x" * 5_000, "(x+x+)+y").why
    assert compiled("a").search("A")


def test_too_many_words_cost_their_share() -> None:
    question = asked(Kind.TEXT, Scorer.CONTAINS, max_words=4)
    assert score(question, "it was a theft", "theft").value == 1.0
    given = score(question, "it was a theft of one old laptop", "theft")
    assert given.value == pytest.approx(4 / 8)
    assert given.why == "The answer has 8 words where 4 are allowed. “theft” stands in the answer."
    same = "one two three four five"
    assert score(question, same, same).value == pytest.approx(4 / 5)


def test_a_pattern_is_never_taken_for_not_stated() -> None:
    question = asked(Kind.TEXT, Scorer.REGEX)
    assert score(question, "the cause is unknown", "unknown").is_right
    assert score(question, "keine Angabe", NOT_STATED).is_right
