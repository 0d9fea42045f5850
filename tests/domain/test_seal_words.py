"""Twelve words tell a seal, whatever is between them; one that was changed is always found, and so is an old mail's."""

import random
from email.message import EmailMessage
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hectis_flow.domain import seal_words
from hectis_flow.domain.mail_seals import Printed, printed_in
from hectis_flow.domain.seal_words import NotWords, begins, bits, words

pytestmark = pytest.mark.target("S10")
HASHES = st.binary(min_size=32, max_size=32)
EVERY = [seal_words._word(number) for number in range(2048)]


def test_there_are_two_thousand_and_forty_eight_different_words_of_one_shape() -> None:
    assert len(set(EVERY)) == 2048
    assert [seal_words._number(word) for word in EVERY] == list(range(2048))
    assert {len(word) for word in EVERY} == {4}


@given(HASHES)
def test_the_words_of_a_seal_tell_its_first_bits(digest: bytes) -> None:
    said = words(digest)
    assert len(said) == 12
    assert bits(said) == begins(digest) == int.from_bytes(digest, "big") >> (256 - 121)


@given(HASHES, st.integers(0, 11), st.sampled_from(EVERY))
def test_any_one_changed_word_is_found(digest: bytes, place: int, other: str) -> None:
    said = list(words(digest))
    if said[place] == other:
        return
    said[place] = other
    with pytest.raises(NotWords):
        bits(said)


def test_every_change_of_one_word_of_a_seal_is_found() -> None:
    said = words(bytes(range(200, 232)))
    for place, other in product(range(12), EVERY):
        changed = (*said[:place], other, *said[place + 1 :])
        assert seal_words.is_sound(changed) == (other == said[place])


@given(HASHES, st.integers(0, 11), st.integers(0, 11))
def test_two_words_that_changed_places_are_found(digest: bytes, one: int, other: int) -> None:
    said = list(words(digest))
    if said[one] == said[other]:
        return
    said[one], said[other] = said[other], said[one]
    with pytest.raises(NotWords):
        bits(said)


def test_of_other_changes_one_in_two_thousand_passes() -> None:
    chance = random.Random(7)  # noqa: S311  (a test's, no secret)
    passed = sum(seal_words.is_sound(tuple(chance.choices(EVERY, k=12))) for _ in range(20_000))
    assert passed <= 30  # 9.8 are to be expected


@pytest.mark.parametrize("said", [(), ("badu",) * 11, ("badu",) * 13, ("hello",) * 12, ("BADU",) * 12])
def test_what_are_no_twelve_words_is_refused(said: tuple[str, ...]) -> None:
    with pytest.raises(NotWords):
        bits(said)


DIGEST = bytes(range(32))
SAID = words(DIGEST)
HEX = DIGEST.hex()
FOOTER = f"You decided 4.\nSeal 48, sealed 2026-11-23 06:00\n{HEX}\n{' '.join(SAID)}\n"
BY_HASH, BY_WORDS = Printed(48, DIGEST, None), Printed(48, None, SAID)


def mail(text: str = "", html: str = "", encoding: str = "quoted-printable", charset: str = "utf-8") -> bytes:
    """A mail with these parts."""
    made = EmailMessage()
    made["From"], made["Subject"] = "hectis@practice.invalid", "The morning"
    if text:
        made.set_content(text, cte=encoding, charset=charset)
    if html and text:
        made.add_alternative(html, subtype="html", cte=encoding, charset=charset)
    elif html:
        made.set_content(html, subtype="html", cte=encoding, charset=charset)
    return made.as_bytes()


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64"])
def test_a_mail_tells_its_seal_from_text_and_from_html(encoding: str) -> None:
    html = (
        f"<style>p{{color:#{HEX}}}</style><p>Seal <b>48</b></p><p><code>{HEX[:32]}<wbr>{HEX[32:]}</code></p>"
    )
    html += "<ol>" + "".join(f"<li>{word}</li>" for word in SAID) + "</ol>"
    assert printed_in(mail(FOOTER, encoding=encoding)) == (BY_HASH, BY_WORDS)
    assert printed_in(mail(html=html, encoding=encoding)) == (BY_HASH, BY_WORDS)
    assert printed_in(mail(FOOTER, html, encoding=encoding, charset="utf-16")) == (BY_HASH, BY_WORDS)


def test_a_forwarded_mail_and_a_copied_text_tell_it_too() -> None:
    outer = EmailMessage()
    outer["From"] = "chair@practice.invalid"
    outer.set_content("See below.")
    inner = EmailMessage()
    inner["From"] = "hectis@practice.invalid"
    inner.set_content(FOOTER)
    outer.add_attachment(inner)
    assert printed_in(outer.as_bytes()) == (BY_HASH, BY_WORDS)
    assert printed_in(FOOTER.encode()) == (BY_HASH, BY_WORDS)
    assert printed_in(f"48:{HEX}".encode()) == (BY_HASH,)
    quoted = "> Seal 48\n> " + " ".join(SAID[:6]).upper() + "\n> " + " ".join(SAID[6:]).title()
    assert printed_in(quoted.replace("> ", "").encode()) == (BY_WORDS,)


def test_a_seal_without_its_number_and_a_hash_that_is_none_are_told_apart() -> None:
    other = "ab" * 32
    assert printed_in(f"The paper {other}".encode()) == (Printed(None, bytes.fromhex(other), None),)
    assert printed_in(f"{FOOTER}The paper: {other}".encode())[:2] == (
        BY_HASH,
        Printed(None, bytes.fromhex(other), None),
    )
    assert printed_in(f"bona {' '.join(SAID)} dodo".encode()) == (Printed(None, None, SAID),)
    assert printed_in(b"nothing at all") == printed_in(b"") == ()


@given(st.binary(max_size=300))
def test_whatever_a_file_holds_it_is_read_or_holds_nothing(raw: bytes) -> None:
    printed_in(raw)
    printed_in(b"Content-Type: text/html; charset=x\nFrom: a\n\n" + raw)
