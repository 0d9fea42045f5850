"""The short code of a notice: one slip of a finger is always caught, and no machine's first key is ever right."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from hectis_flow.domain import short_code

CODES = st.binary(min_size=short_code.BYTES, max_size=short_code.BYTES).map(short_code.code_of)


@given(CODES)
def test_one_wrong_sign_is_always_caught(code: str) -> None:
    assert short_code.is_sound(code)
    wrong = {
        code[:place] + sign + code[place + 1 :]
        for place in range(len(code))
        for sign in short_code.ALPHABET
        if sign != code[place]
    }
    assert len(wrong) == short_code.LENGTH * (len(short_code.ALPHABET) - 1)
    assert not any(map(short_code.is_sound, wrong))


@given(CODES)
def test_two_signs_that_were_swapped_are_always_caught_wherever_they_stand(code: str) -> None:
    for one, other in combinations(range(len(code)), 2):
        signs = list(code)
        signs[one], signs[other] = signs[other], signs[one]
        assert short_code.is_sound("".join(signs)) == (code[one] == code[other])


@given(CODES)
def test_what_is_pressed_on_the_page_is_never_its_first_or_its_last_key(code: str) -> None:
    ends = {short_code.ALPHABET[0], short_code.ALPHABET[-1]}
    assert not ends & set(code[: short_code.PRESSED])


@given(CODES)
def test_a_code_is_found_in_a_reply_however_it_is_written(code: str) -> None:
    three = short_code.shown(code)
    for text in (
        code,
        three,
        three.lower(),
        f"Yes, {three}.",
        f"RE: {code[:3]}-{code[3:]}\n> quoted",
        f"({code})",
    ):
        assert code in short_code.found_in(text)


def test_nothing_is_found_where_no_code_is() -> None:
    for text in ("", "yes", "WC-2026-000123", "see you at 12:30", "222222 3", "K7M2QXX", "ß" * 6):
        assert short_code.found_in(text) == ()


def test_the_signs_cannot_be_taken_for_one_another() -> None:
    assert len(set(short_code.ALPHABET)) == 23
    assert not set("01OILSZBGUQAE") & set(short_code.ALPHABET)
