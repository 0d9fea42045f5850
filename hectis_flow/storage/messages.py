"""Messages as received: stored many at a time, leased to workers, settled with a state and a reason.

`services.intake` calls this. A row waits while `done_at IS NULL` and no lease is live; a row that is
refused before storage leaves only a digest and a reason (`message_refusal`).
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, Integer, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage import inbox
from hectis_flow.storage.base import Base
from hectis_flow.storage.direct import Direct
from hectis_flow.storage.driver import Statement, array
from hectis_flow.storage.vault import SEALED_EXTRA


class InboundMessage(Base):
    """One message of one sender; its bytes are ciphertext."""

    __tablename__ = "inbound_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
    channel: Mapped[str]
    peer: Mapped[str]
    source_app: Mapped[str]
    source_facility: Mapped[str]
    control_id: Mapped[str]
    digest: Mapped[bytes]
    message_type: Mapped[str]
    event: Mapped[str]
    size: Mapped[int] = mapped_column(Integer)
    key_id: Mapped[str]
    raw_enc: Mapped[bytes]
    ack_code: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str | None]
    control_id_reused: Mapped[bool]
    facility_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    encounter_id: Mapped[int | None] = mapped_column(ForeignKey("encounter.id"))
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer)
    done_at: Mapped[datetime | None]


class Envelope(NamedTuple):
    """What many messages of one sender have in common; stored once a message, sent once a batch."""

    peer: str
    source_app: str
    source_facility: str
    message_type: str
    event: str
    key_id: str
    ack_code: str


class Incoming(NamedTuple):
    """A message about to be stored. A tuple, for thousands are made in a second.

    `control_id` holds no unit separator (0x1F).
    """

    envelope: Envelope
    control_id: str
    digest: bytes
    raw_enc: bytes


class Stored(NamedTuple):
    """What the answer is made from: the same for a first arrival and for every resend."""

    id: int
    received_at: datetime
    ack_code: str


class Held(NamedTuple):
    """A message taken for work."""

    id: int
    source_app: str
    source_facility: str
    control_id: str
    key_id: str
    raw_enc: bytes
    attempts: int


# Thousands a second pass here, so a batch travels as a few long values instead of arrays that the
# driver would convert element by element: ciphertexts and digests end to end, control ids parted by a
# character that none of them holds. Envelopes are few and travel once; a message brings the number of
# its own. The ciphertext is longer than the message by the nonce and the tag.
APART = "\x1f"
GIVEN = """
    (SELECT number, control_id, substring(%(digests)b FROM (32 * place - 31)::int FOR 32) AS digest,
            substring(%(sealed)b FROM start FOR length) AS raw_enc
     FROM unnest(%(number)s::int[], string_to_array(%(control_ids)s, E'\\x1f'),
                 %(start)s::int[], %(length)s::int[])
          WITH ORDINALITY AS t (number, control_id, start, length, place)) AS g
    JOIN unnest(%(peer)s::text[], %(source_app)s::text[], %(source_facility)s::text[],
                %(message_type)s::text[], %(event)s::text[], %(key_id)s::text[], %(ack_code)s::text[])
         WITH ORDINALITY
         AS e (peer, source_app, source_facility, message_type, event, key_id, ack_code, number)
         USING (number)
"""
INSERT = f"""
    INSERT INTO inbound_message (channel, peer, source_app, source_facility, control_id, digest,
        message_type, event, size, key_id, raw_enc, ack_code, received_at)
    SELECT %(channel)s, peer, source_app, source_facility, control_id, digest,
           message_type, event, octet_length(raw_enc) - {SEALED_EXTRA}, key_id, raw_enc, ack_code,
           (SELECT hectis_now())  -- once a batch; as the column's default it would be asked for each row
    FROM {GIVEN}
    ON CONFLICT DO NOTHING
    RETURNING digest, id, received_at, ack_code
""".encode()  # noqa: S608  (two constants)
FIND = f"""
    SELECT m.digest, m.id, m.received_at, m.ack_code
    FROM {GIVEN} JOIN inbound_message m USING (source_app, source_facility, control_id, digest)
""".encode()  # noqa: S608


def store(direct: Direct, incoming: Sequence[Incoming], channel: str) -> dict[bytes, Stored]:
    """Store a batch and commit it; what stood already is found, not stored again. Keyed by digest."""
    values = _columns(incoming) | {"channel": channel}
    stored = {row[0]: Stored(*row[1:]) for row in direct.rows(INSERT, values)}
    resent = [message for message in incoming if message.digest not in stored]
    if resent:
        stored |= {row[0]: Stored(*row[1:]) for row in direct.rows(FIND, _columns(resent))}
    return stored


def _columns(incoming: Sequence[Incoming]) -> dict[str, Any]:
    """A batch as the values that `GIVEN` takes apart again."""
    numbers: dict[Envelope, int] = {}
    places = [str(numbers.setdefault(message.envelope, len(numbers) + 1)) for message in incoming]
    columns: dict[str, Any] = dict(zip(Envelope._fields, map(list, zip(*numbers, strict=True)), strict=True))
    _, control_ids, digests, sealed = zip(*incoming, strict=True)
    lengths = [len(one) for one in sealed]
    starts = accumulate(lengths[:-1], initial=1)
    return columns | {
        "number": f"{{{','.join(places)}}}",
        "control_ids": APART.join(control_ids),
        "digests": b"".join(digests),
        "sealed": b"".join(sealed),
        "start": f"{{{','.join(map(str, starts))}}}",
        "length": f"{{{','.join(map(str, lengths))}}}",
    }


def record_refusals(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Remember what was turned away, once for equal bytes: digest, reason, peer, size; no content."""
    statement = text(
        """
        INSERT INTO message_refusal (digest, reason, peer, size)
        VALUES (:digest, :reason, :peer, :size) ON CONFLICT DO NOTHING
        """
    )
    session.execute(statement, list(rows))


def lease_due(session: Session, limit: int, seconds: float) -> list[int]:
    """Lease waiting messages, oldest first; ids of what this caller now holds."""
    statement = text(
        """
        WITH due AS (
            SELECT id FROM inbound_message
            WHERE done_at IS NULL AND (lease_until IS NULL OR lease_until <= hectis_machine_now())
            ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
        )
        UPDATE inbound_message m
        SET lease_until = hectis_machine_now() + make_interval(secs => :seconds), attempts = attempts + 1
        FROM due WHERE m.id = due.id RETURNING m.id
        """
    )
    return sorted(session.scalars(statement, {"limit": limit, "seconds": seconds}))


def take(session: Session, ids: Sequence[int]) -> list[Held]:
    """Lock the waiting ones of these messages; done ones, and those another holds, are left out."""
    statement = text(
        """
        SELECT id, source_app, source_facility, control_id, key_id, raw_enc, attempts
        FROM inbound_message WHERE id = ANY(:ids) AND done_at IS NULL
        ORDER BY id FOR UPDATE SKIP LOCKED
        """
    )
    return [Held(*row) for row in session.execute(statement, {"ids": list(ids)})]


class Settled(NamedTuple):
    """A message that is done with: the facility it is taken for, and the visit it belongs to."""

    id: int
    facility_id: int | None = None
    encounter_id: int | None = None


SETTLE = Statement(
    """
    UPDATE inbound_message m
    SET state = :state, reason = :reason, facility_id = g.facility_id, encounter_id = g.encounter_id,
        lease_until = NULL, done_at = hectis_now(),
        control_id_reused = EXISTS (
            SELECT 1 FROM inbound_message o
            WHERE o.source_app = m.source_app AND o.source_facility = m.source_facility
              AND o.control_id = m.control_id AND o.id < m.id)
    FROM unnest(CAST(:ids AS bigint[]), CAST(:facilities AS bigint[]), CAST(:encounters AS bigint[]))
         AS g (id, facility_id, encounter_id)
    WHERE m.id = g.id
    """
)


def settle(session: Session, settled: Sequence[Settled], state: str, reason: str | None = None) -> None:
    """Close messages with their state; marks those whose control id was used before by other bytes."""
    if not settled:
        return
    columns = map(array, zip(*settled, strict=True))
    values = dict(zip(("ids", "facilities", "encounters"), columns, strict=True))
    SETTLE.run(session, {**values, "state": state, "reason": reason})
    if state == "parked":
        inbox.park(session, [(one.id, one.facility_id) for one in settled])


def counts(session: Session) -> list[tuple[str, str, int]]:
    """How many messages stand in which state for which reason, refusals included."""
    statement = text(
        """
        SELECT state, coalesce(reason, ''), count(*) FROM inbound_message GROUP BY 1, 2
        UNION ALL
        SELECT 'refused', reason, count(*) FROM message_refusal GROUP BY 2
        ORDER BY 1, 2
        """
    )
    return [tuple(row) for row in session.execute(statement)]
