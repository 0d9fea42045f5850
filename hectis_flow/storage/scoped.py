"""One case within a scope, looked at or held: the same condition as for reading, so what is hidden is not there.

`services.moves` calls it with what the policy table grants. A case that leaves the scope while another
transaction holds it is not found: PostgreSQL asks the condition again once it has the row.
"""

from functools import lru_cache

from sqlalchemy.orm import Session

from hectis_flow.storage.cases import FIELDS, NOW, Locked
from hectis_flow.storage.driver import Statement
from hectis_flow.storage.reading_sources import SOURCES
from hectis_flow.storage.tokens import BEARER, BEARERS, LIVING, Bearer

# The scope of each role that has one; a role that is not named has none.
Scopes = tuple[tuple[str, str], ...]


def look(session: Session, scope: str, office_id: int | None, ref: str) -> Locked | None:
    """A case as it stands, not held; None if there is none in this scope."""
    return _found(session, _statement(scope, held=False), office_id, ref)


def hold(session: Session, scope: str, office_id: int | None, ref: str) -> Locked | None:
    """A case, held until the transaction ends; None if there is none in this scope."""
    return _found(session, _statement(scope, held=True), office_id, ref)


def hold_as(session: Session, scopes: Scopes, token_hash: bytes, ref: str) -> tuple[Bearer, Locked] | None:
    """The bearer of a living token, and a case within their role's scope, held: one question instead of two.

    None says only that not both are there; which it is, `tokens.find` and `hold` tell.
    """
    row = _as_bearer(scopes).run(session, {"token_hash": token_hash, "key": ref}).first()
    if row is None:
        return None
    ends = len(Bearer._fields)
    return Bearer(*row[:ends]), Locked(*row[ends:])


def _found(session: Session, statement: Statement, office_id: int | None, ref: str) -> Locked | None:
    row = statement.run(session, {"office_id": office_id, "key": ref}).first()
    return Locked(*row) if row else None


@lru_cache(maxsize=32)
def _statement(scope: str, *, held: bool) -> Statement:
    source = SOURCES["case"]
    lock = "FOR NO KEY UPDATE" if held else ""
    return Statement(
        f"""
        SELECT {FIELDS}, {NOW} FROM {source.table} r
        WHERE {source.key} = :key AND {source.scopes[scope]} {lock}
        """  # noqa: S608  (constants, chosen by name)
    )


@lru_cache(maxsize=8)
def _as_bearer(scopes: Scopes) -> Statement:
    source = SOURCES["case"]
    fields = ", ".join(f"r.{name}" for name in FIELDS.split(", "))
    within = " OR ".join(
        f"(t.role = '{role}' AND {source.scopes[scope].replace(':office_id', 't.office_id')})"
        for role, scope in scopes
    )
    return Statement(
        f"""
        SELECT {BEARER}, {fields}, {NOW} FROM {BEARERS} JOIN {source.table} r ON {source.key} = :key
        WHERE {LIVING} AND ({within}) FOR NO KEY UPDATE OF r
        """  # noqa: S608  (constants, chosen by name)
    )
