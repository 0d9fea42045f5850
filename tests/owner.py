"""Whoever owns the database, changing what was written down: in a thousand ways, carelessly and thoroughly.

Triggers sleep, as they do for an owner. Each hand takes a source of chance and does one thing; `rewrite` does
everything that can be done, so that only what was printed elsewhere can tell.
"""

# ruff: noqa: S608  (names of our own tables)
import random
from collections.abc import Callable, Mapping
from itertools import groupby

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.domain.ledger import GENESIS, seal_hash

Hand = Callable[[Session, random.Random], None]
ENTRY = "SELECT id, case_id, seq FROM ledger_entry ORDER BY id"
EDITS = (
    "body = body || ' '",
    "body = '{}'",
    "actor = 'rule:nobody'",
    "kind = 'other'",
    "at = at - interval '1 microsecond'",
    "hash = sha256(hash)",
    "case_id = case_id + 1000",
    "seq = seq + 500",
)


def run(session: Session, statement: str, **values: object) -> None:
    """Do it, to at least one row."""
    assert session.execute(text(statement), values).rowcount > 0, statement  # type: ignore[attr-defined]


def _any(session: Session, chance: random.Random) -> tuple[int, int, int]:
    found = chance.choice(session.execute(text(ENTRY)).all())
    return found[0], found[1], found[2]


def edit(session: Session, chance: random.Random) -> None:
    """One column of one entry."""
    run(
        session, f"UPDATE ledger_entry SET {chance.choice(EDITS)} WHERE id = :id", id=_any(session, chance)[0]
    )


def delete(session: Session, chance: random.Random) -> None:
    """One entry."""
    run(session, "DELETE FROM ledger_entry WHERE id = :id", id=_any(session, chance)[0])


def insert(session: Session, chance: random.Random) -> None:
    """One entry at the end of a case's chain, rightly hashed, of something that never was."""
    case_id = _any(session, chance)[1]
    run(
        session,
        """
        INSERT INTO ledger_entry (case_id, seq, at, kind, actor, body, hash)
        SELECT id, ledger_seq + 1, hectis_now(), 'note', 'rule:nobody', '{}',
               ledger_hash(ledger_head, id, ledger_seq + 1, hectis_now(), 'note', 'rule:nobody', '{}')
        FROM "case" WHERE id = :id
        """,
        id=case_id,
    )
    if (
        chance.random() < 0.5
    ):  # and a head that agrees: the seal that comes next would cover it, so seal it here
        run(session, 'UPDATE "case" SET ledger_seq = ledger_seq + 1 WHERE id = :id', id=case_id)


def swap(session: Session, chance: random.Random) -> None:
    """What two entries of a case say, exchanged."""
    case_id = _any(session, chance)[1]
    ids = list(
        session.scalars(text("SELECT id FROM ledger_entry WHERE case_id = :id ORDER BY seq"), {"id": case_id})
    )
    one, other = chance.sample(ids, 2)
    run(
        session,
        """
        UPDATE ledger_entry e SET (kind, actor, body, hash) = (o.kind, o.actor, o.body, o.hash)
        FROM ledger_entry o WHERE e.id IN (:one, :other) AND o.id IN (:one, :other) AND o.id <> e.id
        """,
        one=one,
        other=other,
    )


def cut(session: Session, chance: random.Random) -> None:
    """The last entries of a case, and its row made to agree."""
    _, case_id, seq = _any(session, chance)
    run(session, "DELETE FROM ledger_entry WHERE case_id = :id AND seq >= :seq", id=case_id, seq=seq)
    run(
        session,
        """
        UPDATE "case" c SET ledger_seq = :seq - 1, ledger_head = coalesce(
            (SELECT hash FROM ledger_entry e WHERE e.case_id = c.id ORDER BY seq DESC LIMIT 1), decode(repeat('00', 32), 'hex'))
        WHERE id = :id
        """,
        id=case_id,
        seq=seq,
    )


def beside(session: Session, chance: random.Random) -> None:
    """Not the ledger: what people read, or what seals it."""
    run(
        session,
        chance.choice(
            (
                "UPDATE stage_transition SET actor = 'nobody' WHERE id = 3",
                "DELETE FROM stage_transition WHERE id = (SELECT max(id) FROM stage_transition)",
                "UPDATE \"case\" SET stage = 'lapsed' WHERE id = 2",
                "UPDATE ledger_seal SET at = at + interval '1 second' WHERE number = 1",
                "DELETE FROM ledger_seal WHERE number = 1",
                "DELETE FROM ledger_seal_head WHERE case_id = 2",
                "UPDATE ledger_seal_head SET seq = seq - 1 WHERE case_id = 2",
                "UPDATE balance SET body = replace(body, 'cases', 'causes')",
                "DELETE FROM balance",
            )
        ),
    )


HANDS: Mapping[str, Hand] = {one.__name__: one for one in (edit, delete, insert, swap, cut, beside)}


def rewrite(session: Session, case_id: int) -> None:
    """The last move of a case never happened: history, chain, head and every seal agree on it."""
    run(
        session,
        """
        DELETE FROM ledger_entry e USING "case" c WHERE c.id = :id AND e.case_id = c.id AND e.seq = c.ledger_seq
        """,
        id=case_id,
    )
    run(
        session,
        """
        WITH gone AS (
            DELETE FROM stage_transition t USING "case" c WHERE c.id = :id AND t.case_id = c.id AND t.version = c.version
            RETURNING t.case_id, t.from_stage
        )
        UPDATE "case" c SET version = version - 1, stage = gone.from_stage, ledger_seq = ledger_seq - 1,
            sealed_seq = least(sealed_seq, ledger_seq - 1),
            ledger_head = (SELECT hash FROM ledger_entry e WHERE e.case_id = c.id AND e.seq = c.ledger_seq - 1)
        FROM gone WHERE c.id = gone.case_id
        """,
        id=case_id,
    )
    session.execute(
        text(
            """
            UPDATE ledger_seal_head h SET seq = c.ledger_seq, hash = c.ledger_head FROM "case" c
            WHERE c.id = :id AND h.case_id = c.id AND h.seq > c.ledger_seq
            """
        ),
        {"id": case_id},
    )
    _seal_again(session)


def cut_seals(session: Session, number: int) -> None:
    """Everything that was sealed from this number on never happened: the tail of the seals, with its entries."""
    run(session, "DELETE FROM ledger_seal WHERE number >= :number", number=number)
    session.execute(text("DELETE FROM ledger_seal_head WHERE number >= :number"), {"number": number})
    session.execute(
        text(
            """
            UPDATE "case" c SET sealed_seq = coalesce(
                (SELECT max(seq) FROM ledger_seal_head h WHERE h.case_id = c.id), 0)
            """
        )
    )
    session.execute(
        text("DELETE FROM balance WHERE number > coalesce((SELECT max(balance_number) FROM ledger_seal), 0)")
    )


def _seal_again(session: Session) -> None:
    """Every seal over the heads as they are now."""
    rows = session.execute(
        text("SELECT number, case_id, seq, hash FROM ledger_seal_head ORDER BY number, case_id")
    ).all()
    heads = {number: [tuple(row)[1:] for row in of] for number, of in groupby(rows, key=lambda row: row[0])}
    seals = session.execute(
        text(
            """
            SELECT number, (extract(epoch FROM at) * 1000000)::bigint, balance_number, balance_hash
            FROM ledger_seal ORDER BY number
            """
        )
    ).all()
    prev = GENESIS
    for number, at, balance, hash_ in seals:
        prev = seal_hash(prev, number, at, heads.get(number, []), (balance, hash_) if balance else None)
        session.execute(
            text("UPDATE ledger_seal SET hash = :hash WHERE number = :number"),
            {"hash": prev, "number": number},
        )
