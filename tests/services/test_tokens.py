"""Tokens are made for a role and its office, shown once, kept as digests, and ended at once."""

import hashlib

import pytest
from sqlalchemy import Engine, text

from hectis_flow.domain.errors import NotAuthenticated
from hectis_flow.domain.staffing import StaffLine
from hectis_flow.services import tokens
from hectis_flow.services.house import House
from hectis_flow.services.reference import FALLBACK_OFFICE
from hectis_flow.services.staff_import import take
from hectis_flow.services.tokens import TokenRefused
from hectis_flow.storage import offices

FACILITY = "groote-schuur-hospital"
STATION = "khayelitsha-saps"


def test_a_token_is_kept_as_its_digest_only(clean: Engine, house: House) -> None:
    made = tokens.create(house, "facility_liaison", FACILITY, "ward.12", 30)
    assert made.secret.startswith("hf_")
    assert len(made.secret) == len("hf_") + 43  # 256 bits, six a letter
    with clean.connect() as connection:
        row = connection.execute(text("SELECT * FROM api_token")).mappings().one()
    assert row["token_hash"] == hashlib.sha256(made.secret.encode()).digest()
    assert made.secret not in str(dict(row))
    assert (row["expires_at"] - row["created_at"]).days == 30


def test_no_two_tokens_are_alike(clean: Engine, house: House) -> None:
    assert len({tokens.create(house, "auditor", None, "a", 1).secret for _ in range(20)}) == 20


def test_a_token_stands_for_its_role_and_office_until_it_is_revoked(clean: Engine, house: House) -> None:
    made = tokens.create(house, "saps_liaison", STATION, "desk", 1)
    with house.transaction() as session:
        bearer = tokens.bearer_of(session, made.secret)
    assert (bearer.role, bearer.label, bearer.token_id) == ("saps_liaison", "desk", made.token_id)
    tokens.revoke(house, made.token_id)
    with house.transaction() as session, pytest.raises(NotAuthenticated):
        tokens.bearer_of(session, made.secret)
    with pytest.raises(TokenRefused, match="no living token"):
        tokens.revoke(house, made.token_id)


def test_the_list_shows_who_may_and_until_when_but_no_secret(clean: Engine, house: House) -> None:
    first = tokens.create(house, "auditor", None, "a", 1)
    second = tokens.create(house, "facility_liaison", FACILITY, "b", 1)
    tokens.revoke(house, first.token_id)
    rows = tokens.listing(house)
    assert [(row.id, row.label, row.office, row.state) for row in rows] == [
        (second.token_id, "b", FACILITY, "living"),
        (first.token_id, "a", None, "revoked"),
    ]
    assert "hf_" not in str(rows)


def somebody(code: str, *posts: tuple[str, str], deputies: tuple[str, ...] = ()) -> list[StaffLine]:
    address = f"{code}@practice.invalid"
    return [
        StaffLine(code, "Alfa Voorbeeld", "en", office, role, address, deputies=deputies)
        for office, role in posts
    ]


def test_a_token_for_somebody_is_one_for_their_post_and_ends_with_it(clean: Engine, house: House) -> None:
    take(house, somebody("kh-1", (STATION, "saps_liaison")))
    made = tokens.create_for_staff(house, "kh-1", 30)
    with house.transaction() as session:
        bearer = tokens.bearer_of(session, made.secret)
        assert bearer.office_id == offices.id_of(session, STATION)
    assert (bearer.role, bearer.staff_code, bearer.name) == ("saps_liaison", "kh-1", "kh-1")

    take(house, somebody("kh-1", ("harare-saps", "saps_liaison")))

    with house.transaction() as session, pytest.raises(NotAuthenticated):
        tokens.bearer_of(session, made.secret)


def test_of_several_posts_one_is_chosen_and_a_deputy_names_the_post(clean: Engine, house: House) -> None:
    both = ((STATION, "saps_liaison"), ("harare-saps", "saps_liaison"))
    take(
        house,
        [*somebody("kh-1", *both, deputies=("kh-2",)), *somebody("kh-2", (STATION, "station_commander"))],
    )

    with pytest.raises(TokenRefused, match="2 posts to choose from"):
        tokens.create_for_staff(house, "kh-1", 30)
    with pytest.raises(TokenRefused, match="0 posts to choose from"):
        tokens.create_for_staff(house, "kh-9", 30)
    with pytest.raises(TokenRefused, match="holds this post today"):
        tokens.create_for_staff(house, "kh-1", 30, "detective_commander", STATION)
    for code, office in (("kh-1", "harare-saps"), ("kh-2", STATION)):
        made = tokens.create_for_staff(house, code, 30, "saps_liaison", office)
        with house.transaction() as session:
            bearer = tokens.bearer_of(session, made.secret)
        assert (bearer.role, bearer.staff_code) == ("saps_liaison", code)


def test_a_deputys_deputy_has_a_token_until_one_between_them_leaves(clean: Engine, house: House) -> None:
    elsewhere = ("harare-saps", "saps_liaison")
    take(
        house,
        [
            *somebody("kh-1", (STATION, "saps_liaison"), deputies=("kh-2",)),
            *somebody("kh-2", elsewhere, deputies=("kh-3",)),
            *somebody("kh-3", elsewhere, deputies=("kh-1",)),  # a circle
        ],
    )
    made = tokens.create_for_staff(house, "kh-3", 30, "saps_liaison", STATION)
    with house.transaction() as session:
        assert tokens.bearer_of(session, made.secret).staff_code == "kh-3"

    with clean.begin() as connection:
        gone = "UPDATE staff SET valid_from = '2019-01-01', valid_to = '2020-01-01' WHERE code = 'kh-2'"
        connection.execute(text(gone))

    with house.transaction() as session, pytest.raises(NotAuthenticated):
        tokens.bearer_of(session, made.secret)


def test_who_works_where_no_facility_is_known_has_a_token_for_it(clean: Engine, house: House) -> None:
    take(house, somebody("wc-1", (FALLBACK_OFFICE, "facility_liaison")))
    made = tokens.create_for_staff(house, "wc-1", 30)
    with house.transaction() as session:
        assert tokens.bearer_of(session, made.secret).office_id == offices.id_of(session, FALLBACK_OFFICE)


@pytest.mark.parametrize(
    ("role", "office", "label", "days", "sentence"),
    [
        ("nobody", None, "a", 1, "no such role"),
        ("rule", None, "a", 1, "no such role"),
        ("facility_liaison", None, "a", 1, "works for one facility"),
        ("facility_liaison", STATION, "a", 1, "no facility with this code"),
        ("facility_liaison", "no-such-office", "a", 1, "no facility with this code"),
        ("saps_liaison", FACILITY, "a", 1, "no station with this code"),
        ("detective_commander", None, "a", 1, "works for one station"),
        ("auditor", FACILITY, "a", 1, "belongs to no office"),
        ("auditor", None, "Thandi Mokoena", 1, "never a person's"),
        ("auditor", None, "", 1, "never a person's"),
        ("auditor", None, "a", 0, "lives for 1 to 366 days"),
        ("auditor", None, "a", 5000, "lives for 1 to 366 days"),
    ],
)
def test_a_token_that_cannot_be_is_refused_with_a_sentence(
    house: House, role: str, office: str | None, label: str, days: int, sentence: str
) -> None:
    with pytest.raises(TokenRefused, match=sentence):
        tokens.create(house, role, office, label, days)
