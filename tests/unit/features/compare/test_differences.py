"""What is marked as not shared, where, and in bounded time."""

import random
import time

from slmdesk.features.compare.differences import MAX_WORDS, differences


def marked(texts: list[str]) -> list[list[tuple[str, int]]]:
    found = differences("ABCDEFGH"[: len(texts)], texts)
    return [
        [(text[span.start : span.end], span.shared_by) for span in answer.spans]
        for text, answer in zip(texts, found.answers, strict=True)
    ]


def test_the_same_words_are_no_difference_whatever_the_case_and_the_commas() -> None:
    found = differences(("a", "b"), ["The cat, sat.", "the cat sat"])
    assert found.words == (
        "The answers are the same, word for word; only capitals, punctuation or signs differ."
    )
    assert [answer.spans for answer in found.answers] == [(), ()]


def test_a_changed_number_and_an_added_sentence_are_marked() -> None:
    texts = ["It was built in 1914 by two men.", "It was built in 1915 by two men. Nobody knows why."]
    assert marked(texts) == [[("1914", 0)], [("1915", 0), ("Nobody knows why", 0)]]
    assert differences(("a", "b"), texts).words == (
        "Words in passages that no other answer has: a 1 of 8 (12 %), b 4 of 11 (36 %)."
    )


def test_a_moved_sentence_is_shared() -> None:
    one, two = "REST is a style of architecture.", "Roy Fielding described it first."
    assert marked([f"{one} {two}", f"{two} {one}"]) == [[], []]


def test_a_moved_phrase_of_words_that_come_again_is_shared() -> None:
    phrase, rest = "the cat and the dog and the bird", "One says that there are many of them in each house."
    assert marked([f"{phrase}. {rest}", f"{rest} {phrase}."]) == [[], []]


def test_of_three_answers_it_is_told_how_many_others_share() -> None:
    texts = ["red green blue and gold", "red green blue and gold", "red green blue"]
    assert marked(texts) == [[("and gold", 1)], [("and gold", 1)], []]


def test_chinese_and_japanese_are_compared_by_sign() -> None:
    assert marked(["我喜欢猫。", "我喜欢狗。"]) == [[("猫", 0)], [("狗", 0)]]


def test_empty_answers_and_hostile_text() -> None:
    assert marked(["", "word"]) == [[], [("word", 0)]]
    assert marked(["\0\ud800 x", "\u202e x"]) == [[], []]
    assert differences(("a", "b"), ["", ""]).answers[0].own_share == 0.0


def test_eight_answers_of_20000_words_take_bounded_time() -> None:
    chance = random.Random(1)
    vocabulary = [f"{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)}" for n in range(5000)]
    weights = [1 / (n + 1) for n in range(5000)]
    texts = [" ".join(chance.choices(vocabulary, weights, k=20_000)) for _ in range(8)]
    started = time.process_time()
    found = differences("ABCDEFGH", texts)
    spent_s = time.process_time() - started
    print(f"\n8 answers x 20,000 words: {spent_s:.1f} s")
    assert spent_s < 30
    assert all(answer.spans for answer in found.answers)


def test_answers_without_a_word_of_their_own_may_still_differ() -> None:
    assert differences(("a", "b"), ("x = a < b", "x = a > b")).words.endswith("punctuation or signs differ.")
    assert differences(("a", "b"), ("It is so. Why?", "Why? It is so.")).words.endswith("in another order.")
    assert differences(("a", "b"), ("The same ", "The  same")).words.endswith("word for word.")


def test_what_is_too_long_to_be_compared_whole_is_said() -> None:
    long = "word " * (MAX_WORDS + 1)
    assert differences(("a", "b"), (long, "word")).words.endswith("the first 20,000 words were compared.")
    assert differences(("a", "b"), (long, long)).words.endswith("the first 20,000 words were compared.")
    assert "compared" not in differences(("a", "b"), ("word", "word")).words
