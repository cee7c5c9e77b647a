"""A right solution of every task of the starter pack “code”, under the name that the task asks for."""


def is_prime(n):
    if n < 2:
        return False
    return all(n % divisor for divisor in range(2, int(n**0.5) + 1))


def count_vowels(text):
    return sum(letter in "aeiou" for letter in text.lower())


def fizz_buzz(n):
    if n % 15 == 0:
        return "FizzBuzz"
    if n % 3 == 0:
        return "Fizz"
    if n % 5 == 0:
        return "Buzz"
    return str(n)


def reverse_words(text):
    return " ".join(reversed(text.split()))


def factorial(n):
    return 1 if n == 0 else n * factorial(n - 1)


def is_palindrome(text):
    plain = text.replace(" ", "").lower()
    return plain == plain[::-1]


def largest(numbers):
    found = numbers[0]
    for number in numbers:
        if number > found:
            found = number
    return found


def to_celsius(fahrenheit):
    return (fahrenheit - 32) * 5 / 9


def word_counts(text):
    counts = {}
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    return counts


def second_smallest(numbers):
    return sorted(set(numbers))[1]


def flatten(rows):
    return [item for row in rows for item in row]


def caesar(text, shift):
    return "".join(
        chr((ord(letter) - ord("a") + shift) % 26 + ord("a")) if "a" <= letter <= "z" else letter
        for letter in text
    )


def gcd(a, b):
    while b:
        a, b = b, a % b
    return a


def is_leap_year(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def fibonacci(n):
    before, number = 0, 1
    for _ in range(n):
        before, number = number, before + number
    return before


def unique(items):
    return list(dict.fromkeys(items))
