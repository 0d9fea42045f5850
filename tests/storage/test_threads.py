"""Reads of one statement: what goes in and comes out, what a refusal leaves behind, and whose connection it is."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from psycopg.errors import DivisionByZero

from hectis_flow.services.house import House

WHO = b"SELECT pg_backend_pid()"


def test_values_go_and_come_as_the_database_writes_them(house: House) -> None:
    statement = b"SELECT CAST($1 AS text), CAST(NULL AS text), CAST($2 AS bigint) + 1"

    assert house.reads.rows(statement, ["'Žižka' $1", "41"]) == [("'Žižka' $1", None, "42")]
    assert house.reads.rows(b"SELECT WHERE false", []) == []


def test_a_statement_that_is_refused_is_raised_and_leaves_the_connection_as_it_was(house: House) -> None:
    before = house.reads.rows(WHO, [])

    for _ in range(2):
        with pytest.raises(DivisionByZero):
            house.reads.rows(b"SELECT 1 / CAST($1 AS int)", ["0"])

    assert house.reads.rows(WHO, []) == before


def test_each_thread_reads_on_a_connection_of_its_own(house: House) -> None:
    mine = house.reads.rows(WHO, [])

    with ThreadPoolExecutor(1) as pool:
        others = pool.submit(house.reads.rows, WHO, []).result()
        pool.submit(house.reads.close).result()

    assert others != mine
    assert house.reads.rows(WHO, []) == mine


def test_a_connection_that_was_let_go_is_replaced(house: House) -> None:
    before = house.reads.rows(WHO, [])

    house.reads.close()
    house.reads.close()

    assert house.reads.rows(WHO, []) != before
