"""A seal as twelve short words, for people to read out, to print and to compare; and what they tell again.

Eleven words carry the first 121 bits of a seal's hash, eleven bits each. The twelfth is a check word: a weighted sum
of the others in the field of 2,048 elements, where the weights all differ. So **any one changed word is found, and so
are any two that changed places, always**; anything else slips through once in 2,048 times. Pure.

The words are made, not taken from a list: two syllables of a consonant and a vowel each. Consonants that are easily
taken for one another in one place (k and g apart, but c, q, w, x and h nowhere), and e beside i, are left out.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from hectis_flow.domain.errors import HectisError

WORDS: Final = 12
BITS: Final = 11
CARRIED: Final = (WORDS - 1) * BITS  # bits of the hash that the words tell
_FIRST: Final = "bdfgjklmnprstvyz"  # four bits
_SECOND: Final = "bdjlmnrv"  # three bits
_VOWELS: Final = "aiou"  # two bits, twice
_FIELD: Final = 0b100000000101  # x^11 + x^2 + 1, which generates all 2,047 elements but zero
_SHAPE: Final = re.compile(rf"[{_FIRST}][{_VOWELS}][{_SECOND}][{_VOWELS}]")
_SPOKEN: Final = re.compile(r"[a-z]+")
_APART: Final = re.compile(r"[\s,.;:·|/-]*")


class NotWords(HectisError):
    """These are not the twelve words of a seal: too many, too few, unknown, or changed."""

    code = "not_seal_words"
    status = 422


def words(digest: bytes) -> tuple[str, ...]:
    """The twelve words of a hash of at least 16 bytes."""
    number = int.from_bytes(digest[:16], "big") >> (128 - CARRIED)
    carried = [(number >> BITS * place) & 0x7FF for place in reversed(range(WORDS - 1))]
    return tuple(_word(each) for each in (*carried, _check(carried)))


def bits(said: Sequence[str]) -> int:
    """The first `CARRIED` bits of the hash that twelve words tell. Raises `NotWords`."""
    if len(said) != WORDS or not all(_SHAPE.fullmatch(each) for each in said):
        raise NotWords("These are not twelve words of a seal.")
    *carried, check = (_number(each) for each in said)
    if _check(carried) != check:
        raise NotWords("A word was changed, or two have changed places.")
    number = 0
    for each in carried:
        number = number << BITS | each
    return number


def is_sound(said: Sequence[str]) -> bool:
    """Whether twelve words are those of a seal, none of them changed."""
    try:
        bits(said)
    except NotWords:
        return False
    return True


def begins(digest: bytes) -> int:
    """The same bits of a hash itself, to compare with what words tell."""
    return int.from_bytes(digest[:16], "big") >> (128 - CARRIED)


def found_in(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The twelve words in every run of such words in a text, with the place where they begin.

    Where none of a run are a seal's, its last twelve: somebody has changed one, and `bits` says so.
    """
    run: list[re.Match[str]] = []
    for one in [*_SPOKEN.finditer(text.lower()), None]:
        goes_on = (
            one
            and _SHAPE.fullmatch(one.group())
            and run
            and _APART.fullmatch(text, run[-1].end(), one.start())
        )
        if one and goes_on:
            run.append(one)
            continue
        if len(run) >= WORDS:
            windows = [run[first : first + WORDS] for first in range(len(run) - WORDS + 1)]
            sound = [window for window in windows if is_sound(_said(window))] or windows[-1:]
            yield from ((window[0].start(), _said(window)) for window in sound)
        run = [one] if one and _SHAPE.fullmatch(one.group()) else []


def _said(window: Sequence[re.Match[str]]) -> tuple[str, ...]:
    return tuple(one.group() for one in window)


def _check(carried: Sequence[int]) -> int:
    total, weight = 0, 1
    for each in carried:
        weight = _times(weight, 2)
        total ^= _times(each, weight)
    return total


def _times(one: int, other: int) -> int:
    product = 0
    while other:
        if other & 1:
            product ^= one
        one <<= 1
        if one >> BITS:
            one ^= _FIELD
        other >>= 1
    return product


def _word(number: int) -> str:
    first, vowel, second, last = number >> 7, number >> 5 & 3, number >> 2 & 7, number & 3
    return _FIRST[first] + _VOWELS[vowel] + _SECOND[second] + _VOWELS[last]


def _number(word: str) -> int:
    first, vowel, second, last = tuple(word)
    return (
        _FIRST.index(first) << 7
        | _VOWELS.index(vowel) << 5
        | _SECOND.index(second) << 2
        | _VOWELS.index(last)
    )
