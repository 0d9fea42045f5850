"""Links in notices: only what was sent opens, only for what it was sent, and only as long as it should."""

import base64
import random
from dataclasses import replace
from itertools import pairwise

import pytest
from sqlalchemy import Engine, text

from config.keys import KeyMaterial, rotated
from hectis_flow.channels.null import NullChannel
from hectis_flow.domain.casework import Actor
from hectis_flow.services import answer_page, casework, links
from hectis_flow.services.answer_page import Pressed
from hectis_flow.services.house import House
from hectis_flow.services.links import Refused
from hectis_flow.storage.links import Link
from hectis_flow.storage.vault import Vault
from hectis_flow.wiring import key_table
from tests import answers
from tests.conftest import KEYS
from tests.notices import delivered, line, planned, reaching, referred, staffed
from tests.sinks import options_for
from tests.tables import one, rows

pytestmark = pytest.mark.target("S4")
SAPS = Actor("saps_liaison", None, "hr-1")


@pytest.fixture
def sent(house: House, clean: Engine) -> tuple[House, list[str]]:
    """Two cases told to two people; the tokens as they left, by delivery."""
    channel = NullChannel()
    sending = reaching(house, options_for(), email=channel)
    staffed(sending, line("hr-1"), line("hr-2"))
    referred(sending, clean, 2)
    planned(sending)
    assert delivered(sending) == 4
    carried = sorted(channel.carried, key=lambda notice: notice.delivery_id)
    return sending, [token_in(notice.text) for notice in carried]


def token_in(letter: str) -> str:
    (found,) = [word.rpartition("/a/")[2] for word in letter.split() if "/a/" in word]
    return found


def read(house: House, token: str) -> Link | Refused:
    with house.transaction() as session:
        return links.read(house, session, token)


def code(house: House, token: str) -> str:
    found = read(house, token)
    return found.code if isinstance(found, Refused) else "open"


def change(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount > 0


def test_each_token_opens_its_own_link_and_reading_changes_nothing(
    sent: tuple[House, list[str]], clean: Engine
) -> None:
    house, tokens = sent
    before = rows(clean, "SELECT * FROM action_link ORDER BY id")

    for _ in range(3):
        found = [read(house, token) for token in tokens]

    assert [(each.id, each.purpose) for each in found if isinstance(each, Link)] == [
        (number, "acknowledge") for number in (1, 2, 3, 4)
    ]
    assert {(each.case_id, each.staff_code) for each in found if isinstance(each, Link)} == {
        (case, who) for case in (1, 2) for who in ("hr-1", "hr-2")
    }
    assert rows(clean, "SELECT * FROM action_link ORDER BY id") == before


def test_a_token_keeps_at_least_128_bits_of_its_signature_and_no_secret_is_stored(
    sent: tuple[House, list[str]], clean: Engine
) -> None:
    assert links.MAC_BYTES * 8 >= 128
    stored = " ".join(
        str(row) for row in rows(clean, "SELECT l::text, d::text FROM action_link l JOIN delivery d ON true")
    )
    raw = [base64.urlsafe_b64decode(token + "==") for token in sent[1]]
    for token, each in zip(sent[1], raw, strict=True):
        assert token not in stored
        assert each[links.HEAD.size :][: links.MAC_BYTES].hex() not in stored


def test_a_thousand_forgeries_open_nothing(sent: tuple[House, list[str]]) -> None:
    house, tokens = sent
    chance = random.Random(4)  # noqa: S311
    forged: set[str] = set()
    while len(forged) < 1000:
        raw = bytearray(base64.urlsafe_b64decode(chance.choice(tokens) + "=="))
        way = chance.randrange(5)
        if way == 0:
            raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        elif way == 1:
            raw = raw[: chance.randrange(len(raw))]
        elif way == 2:
            raw += bytes([chance.randrange(256)])
        elif way == 3:
            other = base64.urlsafe_b64decode(chance.choice(tokens) + "==")
            raw[: links.HEAD.size] = other[: links.HEAD.size]
        else:
            raw = bytearray(chance.randbytes(len(raw)))
        forged.add(base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode())
    forged -= set(tokens)

    assert {code(house, token) for token in forged} == {"forged"}


@pytest.mark.parametrize("token", ["", "x", "a" * 5000, "ä" * 40, "../../etc", "\x00" * 48, "====", "A" * 47])
def test_what_is_no_token_is_told_the_same(sent: tuple[House, list[str]], token: str) -> None:
    assert code(sent[0], token) == "forged"


def test_a_token_written_in_another_way_is_not_the_one_that_was_sent(sent: tuple[House, list[str]]) -> None:
    house, tokens = sent
    for token in tokens:
        assert code(house, token + "=") == "forged"
        assert code(house, token + "\n") == "forged"
        assert code(house, f" {token}") == "forged"


@pytest.mark.parametrize("column", ["case_id", "staff_id", "expires_at"])
def test_a_row_that_was_changed_underneath_no_longer_fits_its_token(
    sent: tuple[House, list[str]], clean: Engine, column: str
) -> None:
    other = {
        "case_id": "3 - case_id",
        "staff_id": "3 - staff_id",
        "expires_at": "expires_at + interval '1 day'",
    }
    change(clean, f"UPDATE action_link SET {column} = {other[column]}")  # noqa: S608

    assert {code(sent[0], token) for token in sent[1]} == {"forged"}


def test_a_link_that_was_used_revoked_or_has_expired_says_so(
    sent: tuple[House, list[str]], clean: Engine
) -> None:
    house, tokens = sent
    change(clean, "UPDATE action_link SET used_at = hectis_machine_now() WHERE id = 1")
    change(clean, "UPDATE action_link SET revoked_at = hectis_machine_now() WHERE id = 2")

    found = [read(house, token) for token in tokens]

    assert [getattr(each, "code", "open") for each in found] == ["used", "revoked", "open", "open"]
    assert isinstance(found[0], Refused)
    assert found[0].link is not None
    assert found[0].link.case_ref == one(clean, 'SELECT ref FROM "case" WHERE id = 1')


def test_an_expired_link_is_one_whose_end_was_signed_and_is_past(house: House, clean: Engine) -> None:
    channel = NullChannel()
    sending = reaching(house, options_for(), email=channel)
    staffed(sending, line("hr-1"))
    referred(sending, clean)
    planned(sending)
    change(clean, "UPDATE action_link SET expires_at = hectis_machine_now() - interval '1 second'")
    delivered(sending)

    assert code(sending, token_in(channel.carried[0].text)) == "expired"


def test_a_link_whose_case_has_moved_on_does_nothing(sent: tuple[House, list[str]], clean: Engine) -> None:
    house, tokens = sent
    casework.move(house, one(clean, 'SELECT ref FROM "case" WHERE id = 1'), "acknowledge", SAPS)

    moved = {row[0]: row[1] for row in rows(clean, "SELECT id, case_id FROM action_link")}
    assert [code(house, token) for token in tokens] == [
        "moved_on" if moved[number] == 1 else "open" for number in (1, 2, 3, 4)
    ]


def with_keys(house: House, material: KeyMaterial) -> House:
    return replace(house, vault=Vault(key_table(material)))


def test_tokens_outlive_a_rotation_and_end_with_their_key(sent: tuple[House, list[str]]) -> None:
    house, (old, *_) = sent
    after = rotated(KEYS)
    both = with_keys(house, after)
    new_only = with_keys(house, replace(after, data_keys={after.active: after.data_keys[after.active]}))
    link = read(house, old)
    assert isinstance(link, Link)
    fresh = links.token_of(both, link)

    assert fresh != old
    assert [code(both, token) for token in (old, fresh)] == ["open", "open"]
    assert [code(new_only, token) for token in (old, fresh)] == ["forged", "open"]
    assert code(house, fresh) == "forged"


def test_a_rotation_keeps_the_code_of_a_notice_and_the_mark_of_a_page(sent: tuple[House, list[str]]) -> None:
    house, (token, *_) = sent
    after = rotated(KEYS)
    both = with_keys(house, after)
    new_only = with_keys(house, replace(after, data_keys={after.active: after.data_keys[after.active]}))
    opened, link = answers.mark(house, token), answers.link_of(house, token)
    given = Pressed(answers.PERSON, opened, answers.code_of(house, token)[:2])

    def proves(with_keys: House) -> tuple[bool | None, bool]:
        with with_keys.transaction() as session:
            known = answer_page.evidence(with_keys, session, link, given)
        return known.code, known.page_age is not None

    assert [proves(one) for one in (house, both, new_only)] == [(True, True), (True, True), (True, False)]


def test_every_link_has_a_token_of_its_own(sent: tuple[House, list[str]]) -> None:
    assert all(first != second for first, second in pairwise(sorted(sent[1])))
