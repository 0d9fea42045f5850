"""Many writes in one request, each in its own transaction with its own verdict: what one is refused touches no other.

The API's view calls `run` with rows that each call the service of the single write, so there is no second door:
rights, checks and ledger are those of one. The whole has a key, and each row one that is derived from it. A repeat
after a broken connection goes on where the first ended: what was done answers again, what was refused stays
refused, and the whole is answered alike.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

from hectis_flow.domain import access_rules
from hectis_flow.domain.errors import HectisError, NotAllowed, NotAuthenticated, NotVisible
from hectis_flow.services import once
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.storage.tokens import Bearer

log = structlog.get_logger(__name__)

WRITE: Final = "bulk.write"
MOST: Final = 200
DONE, REFUSED, HIDDEN = "done", "refused", "not_visible"
VERDICTS: Final = (DONE, REFUSED, HIDDEN)
#: What an answer of a single write tells of where things stand now; the rest is asked for by itself.
STANDS: Final = (
    *("ref", "stage", "phase", "version", "clock", "item", "due_at", "next_due_at", "snoozed_until"),
    *("id", "kind", "status", "opened_by", "case_ref"),
)

Verdict = dict[str, Any]


class BulkRefused(HectisError):
    """The rows cannot be taken together; `code` says why."""

    code = "bulk_refused"
    status = 422


class Row(NamedTuple):
    """One write: what it is about (a case or a task), its body as it was sent, and the service that does it.

    `fault` says what is wrong with a row that cannot even be asked for.
    """

    about: tuple[str, str | int]
    sent: bytes
    write: Callable[[House, Writing], Answer] | None
    fault: str = ""


def run(house: House, writing: Writing, rows: Sequence[Row]) -> Answer:
    """Do each row by itself, in their order; the answer holds a verdict for each, and how many there are of each.

    Raises `BulkRefused` (`no_rows`, `too_many_rows`, `same_case_twice`), `NotAuthenticated`, `NotAllowed`,
    `BadKey` and `KeyReused` before anything is done; and what the database raises when it is away.
    """
    _check(rows)
    finished = once.begin(house, writing, _may)
    if finished is not None:
        return finished
    verdicts = [
        {"row": number, **_verdict(house, writing, number, row)} for number, row in enumerate(rows, 1)
    ]
    counts = {name: sum(one["verdict"] == name for one in verdicts) for name in VERDICTS}
    answer = once.settle(house, writing, 200, json.dumps({"rows": verdicts, **counts}))
    return replace(answer, replayed=False)


def _check(rows: Sequence[Row]) -> None:
    if not rows:
        raise BulkRefused("There is no row to do. Send at least one.", code="no_rows")
    if len(rows) > MOST:
        raise BulkRefused(
            f"These are {len(rows)} rows, and {MOST} are taken at once. Send them in parts.",
            code="too_many_rows",
        )
    seen: dict[tuple[str, str | int], int] = {}
    for number, row in enumerate(rows, 1):
        first = seen.setdefault(row.about, number)
        if first != number:
            raise BulkRefused(
                f"Rows {first} and {number} are about the same {row.about[0]}. Send the second one afterwards.",
                code="same_case_twice",
            )


def _may(bearer: Bearer) -> None:
    if access_rules.grant(bearer.role, WRITE).scope == "none":
        raise NotAllowed(f"The role {bearer.role} writes nothing.")


def _verdict(house: House, writing: Writing, number: int, row: Row) -> Verdict:
    """Do one row, or find what was done of it before; what came of it."""
    if row.write is None:
        return {"verdict": REFUSED, "code": "invalid", "message": row.fault}
    key = None if writing.key is None else hashlib.sha256(f"{writing.key}/{number}".encode()).hexdigest()
    own = replace(writing, key=key, digest=hashlib.sha256(row.sent).digest())
    try:
        answer = row.write(house, own)
    except NotAuthenticated:
        raise
    except HectisError as refusal:
        answer = once.settle(house, own, refusal.status, json.dumps(_refused(refusal)))
    except DBAPIError as fault:
        if isinstance(fault, OperationalError) or fault.connection_invalidated:
            raise
        log.warning("bulk.row_failed", row=number, cause=type(fault).__name__)
        return {
            "verdict": REFUSED,
            "code": "internal",
            "message": "This row failed on our side, and nothing of it was written. Try it by itself.",
        }
    return _told(answer)


def _refused(refusal: HectisError) -> Verdict:
    if isinstance(refusal, NotVisible):
        return {"verdict": HIDDEN}
    return {"verdict": REFUSED, "code": refusal.code, "message": refusal.message}


def _told(answer: Answer) -> Verdict:
    """The verdict that an answer stands for: of a refusal it is the answer itself."""
    said: Verdict = json.loads(answer.body)
    if "verdict" in said:
        return said
    return {"verdict": DONE, "stands": {name: said[name] for name in STANDS if name in said}}
