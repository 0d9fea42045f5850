"""The short code of a notice: what a person reads there and types into a reply, or presses on the page of its link.

`services.links` makes one for each link out of a keyed digest, `services.replies` reads one out of a text. Five
signs and a check sign. The signs are 23 that cannot be taken for one another, without a vowel, so that no word comes
about. 23 is prime: weights that are powers of 5 make the check catch every single wrong sign and every swap of two,
wherever they stand (the pure systems of ISO 7064 do it so, with other numbers). It must know no key and no case.

The first two signs are never the first or the last of the alphabet: whatever presses the first or the last key of
the page, as machines do, is never right.
"""

import re
from typing import Final

ALPHABET: Final = "23456789CDFHJKMNPRTVWXY"
LENGTH: Final = 6
PRESSED: Final = 2  # how many of them the page asks for
BYTES: Final = 8  # of a digest that one is made of
_PRIME: Final = len(ALPHABET)
_WEIGHTS: Final = tuple(pow(5, place, _PRIME) for place in range(LENGTH, 0, -1))
_VALUES: Final = {sign: value for value, sign in enumerate(ALPHABET)}
_WRITTEN: Final = re.compile(rf"(?<![A-Z0-9])([{ALPHABET}]{{3}})[ -]?([{ALPHABET}]{{3}})(?![A-Z0-9])")


def code_of(digest: bytes) -> str:
    """The code that a digest of at least `BYTES` bytes stands for; the same always."""
    number = int.from_bytes(digest[:BYTES])
    values = []
    for place in range(LENGTH - 1):
        inner = place < PRESSED
        number, rest = divmod(number, _PRIME - 2 if inner else _PRIME)
        values.append(rest + 1 if inner else rest)
    return "".join(ALPHABET[value] for value in (*values, _check(values)))


def shown(code: str) -> str:
    """A code as it is printed: in two threes."""
    return f"{code[:3]} {code[3:]}"


def is_sound(code: str) -> bool:
    """Whether the check sign fits; a code with one wrong sign, or with two that were swapped, never does."""
    if len(code) != LENGTH or not set(code) <= _VALUES.keys():
        return False
    if not set(code[:PRESSED]) <= set(ALPHABET[1:-1]):
        return False
    return _weighed([_VALUES[sign] for sign in code]) == 0


def found_in(text: str) -> tuple[str, ...]:
    """The sound codes that a text holds, in their order, however they are spaced and in small letters or capitals."""
    found = ("".join(parts) for parts in _WRITTEN.findall(text.upper()))
    return tuple(dict.fromkeys(code for code in found if is_sound(code)))


def _check(values: list[int]) -> int:
    """The last sign's value: it makes the weighed sum nothing."""
    without = _weighed([*values, 0])
    return -without * pow(_WEIGHTS[-1], -1, _PRIME) % _PRIME


def _weighed(values: list[int]) -> int:
    return sum(weight * value for weight, value in zip(_WEIGHTS, values, strict=True)) % _PRIME
