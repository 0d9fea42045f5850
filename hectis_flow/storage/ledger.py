"""The ledger's rows: notes beside the moves, sealing every unsealed head, and streaming for the verifier.

Entries of moves and rungs are written by the statements of `storage.cases` and `storage.escalations`; the rule of
both hashes is in `domain.ledger`.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.storage.driver import Statement

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
    balance AS (
        SELECT number, hash, E'\\x1fb' || number || ':' || encode(hash, 'hex') AS part FROM balance
        WHERE number > coalesce((SELECT max(balance_number) FROM ledger_seal), 0)
        ORDER BY number DESC LIMIT 1
    ),
    next AS (
        SELECT coalesce((SELECT number FROM last), 0) + 1 AS number, hectis_now() AS at,
               coalesce((SELECT hash FROM last), decode(repeat('00', 32), 'hex')) AS prev
    ),
    written AS (
        SELECT string_agg(E'\\x1f' || case_id || ':' || seq || ':' || encode(hash, 'hex'), ''
                          ORDER BY case_id) AS heads FROM head
    ),
    seal AS (
        INSERT INTO ledger_seal (number, at, balance_number, balance_hash, hash)
        SELECT next.number, at, balance.number, balance.hash, sha256(prev || convert_to(concat_ws(E'\\x1f', 's1', next.number::text,
                   (extract(epoch FROM at) * 1000000)::bigint::text)
                   || coalesce(heads, '') || coalesce(balance.part, ''), 'UTF8'))
        FROM next CROSS JOIN written LEFT JOIN balance ON true WHERE heads IS NOT NULL OR balance.number IS NOT NULL
        RETURNING number
    ),
    kept AS (
        INSERT INTO ledger_seal_head (number, case_id, seq, hash)
        SELECT seal.number, case_id, seq, hash FROM seal, head
    )
    SELECT number FROM seal
    """
)
APPEND = Statement(
    """
    WITH now AS MATERIALIZED (SELECT hectis_now() AS at),
    told AS (
        UPDATE "case" c SET ledger_seq = c.ledger_seq + 1,
            ledger_head = ledger_hash(c.ledger_head, c.id, c.ledger_seq + 1, now.at, :kind, :actor, :body)
        FROM now WHERE c.id = :case_id
        RETURNING c.id, c.ledger_seq, c.ledger_head, now.at
    )
    INSERT INTO ledger_entry (case_id, seq, at, kind, actor, body, hash)
    SELECT id, ledger_seq, at, :kind, :actor, :body, ledger_head FROM told
    """
)


def noted(source: str) -> str:
    """Parts of a statement that append `:kind`, `:actor`, `:body` to the case of `source` (case_id), if it has a row."""
    return f"""
    moment AS MATERIALIZED (SELECT hectis_now() AS at),
    told AS (
        UPDATE "case" c SET ledger_seq = c.ledger_seq + 1,
            ledger_head = ledger_hash(c.ledger_head, c.id, c.ledger_seq + 1, moment.at, :kind, :actor, :body)
        FROM moment, {source} s WHERE c.id = s.case_id
        RETURNING c.id, c.ledger_seq, c.ledger_head, moment.at
    ),
    entered AS (
        INSERT INTO ledger_entry (case_id, seq, at, kind, actor, body, hash)
        SELECT id, ledger_seq, at, :kind, :actor, :body, ledger_head FROM told
    )
    """  # noqa: S608  (the name of a part of our statements)


def append(session: Session, case_id: int, kind: str, actor: str, body: str) -> None:
    """One entry that is no move, on a case that the caller holds; `body` as `domain.ledger.canonical` writes it."""
    APPEND.run(session, {"case_id": case_id, "kind": kind, "actor": actor, "body": body})


def seal(session: Session) -> int | None:
    """Seal every head that changed since the last seal, and a balance certificate that is new; the seal's number.

    None where there was nothing to seal.

    Sealers take their turn by an advisory lock, so that the chain of seals never forks. A case that
    somebody is moving at this moment waits for the next seal.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('ledger_seal'))"))
    number: int | None = session.scalar(SEAL)
    return number


def standing(session: Session) -> tuple[int, int, int, bytes]:
    """Cases, entries, the newest seal's number (0 for none) and its hash."""
    statement = text(
        """
        SELECT (SELECT count(*) FROM "case"), (SELECT count(*) FROM ledger_entry),
               coalesce(s.number, 0), coalesce(s.hash, '')
        FROM (SELECT 1) one LEFT JOIN
             (SELECT number, hash FROM ledger_seal ORDER BY number DESC LIMIT 1) s ON true
        """
    )
    cases, entries, number, hash_ = session.execute(statement).one()
    return cases, entries, number, hash_


def entries(session: Session) -> Iterator[Any]:
    """All entries by case and number, streamed."""
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


def moves(session: Session) -> Iterator[Any]:
    """The history of every case, by case and version."""
    statement = text(
        """
        SELECT case_id, version, (extract(epoch FROM at) * 1000000)::bigint AS at_micros, transition,
               from_stage, to_stage, actor_role, actor, details
        FROM stage_transition ORDER BY case_id, version
        """
    )
    yield from session.execute(statement, execution_options={"yield_per": 5000})


def stages(session: Session) -> Iterator[Any]:
    """Where each case's row says that it stands, by case."""
    statement = text('SELECT id, version, stage FROM "case" ORDER BY id')
    yield from session.execute(statement, execution_options={"yield_per": 5000})


def seals(session: Session) -> Iterator[Any]:
    """The chain of seals in order."""
    statement = text(
        """
        SELECT number, (extract(epoch FROM at) * 1000000)::bigint AS at_micros, hash, balance_number, balance_hash
        FROM ledger_seal ORDER BY number
        """
    )
    yield from session.execute(statement, execution_options={"yield_per": 5000})


def newest_seal(session: Session) -> Any | None:
    """The newest seal: number, hash, and when it was made; None before the first."""
    statement = text("SELECT number, hash, at FROM ledger_seal ORDER BY number DESC LIMIT 1")
    return session.execute(statement).first()


def sealed_balances(session: Session) -> list[tuple[int, bytes]]:
    """The balance certificates that seals hold: number and hash."""
    statement = text("SELECT balance_number, balance_hash FROM ledger_seal WHERE balance_number IS NOT NULL")
    return [tuple(row) for row in session.execute(statement)]


def seal_heads(session: Session) -> Iterator[Any]:
    """What each seal recorded, in the order of the seals."""
    yield from _sealed(session, "number, case_id")


def sealed_heads_by_case(session: Session) -> Iterator[Any]:
    """The same in the order of the cases' own chains."""
    yield from _sealed(session, "case_id, seq, number")


def _sealed(session: Session, order: str) -> Iterator[Any]:
    statement = text(f"SELECT number, case_id, seq, hash FROM ledger_seal_head ORDER BY {order}")  # noqa: S608
    yield from session.execute(statement, execution_options={"yield_per": 5000})
