"""What is looked for by a number has an index that begins with it."""

import pytest
from sqlalchemy import Engine

from tests.tables import one

# Not an index of some rows alone, nor one that begins with something else: that is read from end to end.
LEADING = """
    SELECT count(*) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indrelid = CAST(:table AS regclass) AND i.indpred IS NULL AND a.attname = :column
"""


@pytest.mark.parametrize(
    ("table", "column"),
    [
        *(
            (part, "brief_id")
            for part in ("brief_trigger", "brief_seat", "brief_observation", "brief_letter")
        ),
        ("cas_number", "serial"),
    ],
)
def test_the_parts_of_a_record_are_found_by_its_number(clean: Engine, table: str, column: str) -> None:
    assert one(clean, LEADING, table=table, column=column) >= 1
