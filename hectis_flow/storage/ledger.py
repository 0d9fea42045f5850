"""The ledger's rows: sealing every unsealed head into the global chain, and streaming for the verifier.

Entries are written by the statements of `storage.cases`; the rule of both hashes is in
`domain.ledger`.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

SEAL = text(
    """
    WITH changed AS (
        SELECT id FROM "case" WHERE ledger_seq > sealed_seq FOR NO KEY UPDATE SKIP LOCKED
    ),
    head AS (
        UPDATE "case" c SET sealed_seq = c.ledger_seq FROM changed WHERE c.id = changed.id
        RETURNING c.id AS case_id, c.ledger_seq AS seq, c.ledger_head AS hash
    ),
    last AS (SELECT number, hash FROM ledger_seal ORDER BY number DESC LIMIT 1),
    seal AS (
        INSERT INTO ledger_seal (number, at, heads, hash)
        SELECT n.number, hectis_now(), h.heads,
               sha256(n.prev || convert_to(concat_ws(E'\\x1f', n.number::text,
                   (extract(epoch FROM hectis_now()) * 1000000)::bigint::text, h.heads::text, h.text),
                   'UTF8'))
        FROM (SELECT coalesce((SELECT number FROM last), 0) + 1 AS number,
                     coalesce((SELECT hash FROM last), '') AS prev) n,
             (SELECT count(*)::int AS heads,
                     string_agg(case_id || ':' || seq || ':' || encode(hash, 'hex'), E'\\x1f'
                                ORDER BY case_id) AS text FROM head) h
        WHERE h.heads > 0
        RETURNING number
    ),
    kept AS (
        INSERT INTO ledger_seal_head (number, case_id, seq, hash)
        SELECT seal.number, case_id, seq, hash FROM seal, head
    )
    SELECT number FROM seal
    """
)


def seal(session: Session) -> int | None:
    """Seal every head that changed since the last seal; gives the seal's number, None if none did.

    Sealers take their turn by an advisory lock, so that the chain of seals never forks. A case that
    somebody is moving at this moment waits for the next seal.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('ledger_seal'))"))
    return session.scalar(SEAL)


def entries(session: Session) -> Iterator[Any]:
    """All entries by case and number, with each case's own head, streamed."""
    statement = text(
        """
        SELECT case_id, seq, (extract(epoch FROM at) * 1000000)::bigint AS at_micros, kind, actor, body, hash
        FROM ledger_entry ORDER BY case_id, seq
        """
    )
    yield from session.execute(statement, execution_options={"yield_per": 5000})


def heads(session: Session) -> Iterator[Any]:
    """Each case's ledger head as the case row has it, by case."""
    statement = text('SELECT id, ledger_seq, ledger_head FROM "case" ORDER BY id')
    yield from session.execute(statement, execution_options={"yield_per": 5000})


def seals(session: Session) -> Iterator[Any]:
    """The chain of seals in order."""
    statement = text(
        """
        SELECT number, (extract(epoch FROM at) * 1000000)::bigint AS at_micros, heads, hash
        FROM ledger_seal ORDER BY number
        """
    )
    yield from session.execute(statement, execution_options={"yield_per": 5000})


def seal_heads(session: Session) -> Iterator[Any]:
    """What each seal recorded, in the order of the seals."""
    statement = text("SELECT number, case_id, seq, hash FROM ledger_seal_head ORDER BY number, case_id")
    yield from session.execute(statement, execution_options={"yield_per": 5000})
