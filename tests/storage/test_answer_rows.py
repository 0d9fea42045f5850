"""An answer either counts for something or is C; the database holds services to it, and going down keeps what made a move."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from hectis_flow.services.house import House
from tests.notices import line, referred, staffed
from tests.tables import one

ADD = """
    INSERT INTO acknowledgement (case_id, version, staff_id, grade, reason)
    SELECT id, {version}, 1, '{grade}', 'a_reason' FROM "case"
"""


@pytest.mark.parametrize(
    ("version", "grade"), [("NULL", "A"), ("NULL", "B"), ("NULL", "ungraded"), ("version", "C")]
)
def test_what_counts_says_for_what_and_what_is_doubted_counts_for_nothing(
    house: House, clean: Engine, version: str, grade: str
) -> None:
    staffed(house, line("hr-1"))
    referred(house, clean)
    with clean.connect() as connection, pytest.raises(IntegrityError, match="ck_acknowledgement_counts"):
        connection.execute(text(ADD.format(version=version, grade=grade)))


def test_a_doubt_stands_beside_the_answer(house: House, clean: Engine) -> None:
    staffed(house, line("hr-1"))
    referred(house, clean)
    with clean.begin() as connection:
        for version, grade in (("NULL", "C"), ("NULL", "C"), ("version", "B")):
            connection.execute(text(ADD.format(version=version, grade=grade)))
    assert one(clean, "SELECT count(*) FROM acknowledgement") == 3
