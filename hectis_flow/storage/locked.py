"""The locked columns: where ciphertext lies, under which key, and how it is put under another.

`storage.reencryption` walks them and `services.reencryption` moves their rows. It must not see a key.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.storage.vault import CARD, CONTACT, IDENTITY, PRIVATE, RAW, STAFF, TOTP


class Subject(NamedTuple):
    """A locked column. `at_rest` says which of its rows nobody is about to work on."""

    table: str
    column: str
    purpose: bytes
    at_rest: str = "true"


#: A message that waits is left alone: the worker that comes for it would find it locked and pass it by.
SUBJECTS: Mapping[str, Subject] = {
    one.table: one
    for one in (
        Subject("inbound_message", "raw_enc", RAW, "done_at IS NOT NULL"),
        Subject("patient", "identity_enc", IDENTITY),
        Subject("encounter", "private_enc", PRIVATE),
        Subject("staff", "person_enc", STAFF),
        Subject("contact_point", "address_enc", CONTACT),
        Subject("credential", "totp_enc", TOTP),
        Subject("enrolment", "totp_enc", TOTP),
        Subject("chat_card", "conversation_enc", CARD),
    )
}


class Sealed(NamedTuple):
    """One row's ciphertext and the key it is locked with."""

    id: int
    key_id: str
    value: bytes


def replace(session: Session, name: str, rows: Sequence[Sealed]) -> None:
    """Write these ciphertexts over the ones that were locked; nothing else of the rows changes."""
    subject = SUBJECTS[name]
    statement = text(
        f"""
        UPDATE {subject.table} t SET key_id = g.key_id, {subject.column} = g.value
        FROM unnest(CAST(:ids AS bigint[]), CAST(:keys AS text[]), CAST(:sealed AS bytea[]))
             AS g (id, key_id, value)
        WHERE t.id = g.id
        """  # noqa: S608  (our own names)
    )
    ids, keys, sealed = (list(column) for column in zip(*rows, strict=True))
    session.execute(statement, {"ids": ids, "keys": keys, "sealed": sealed})


def rows_by_key(session: Session) -> dict[str, dict[str, int]]:
    """Rows by key and table. Reads every table whole: for a person who asks, never for a timetable."""
    counted: dict[str, dict[str, int]] = {}
    for name in SUBJECTS:
        statement = text(f"SELECT key_id, count(*) FROM {name} GROUP BY 1")  # noqa: S608  (our own names)
        for key_id, count in session.execute(statement):
            counted.setdefault(key_id, {})[name] = count
    return counted
