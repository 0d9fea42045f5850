"""Reads records as JSON made by PostgreSQL: pages of lists, and one record at a time.

`services.reading` calls it with what the policy table grants: the scope becomes a condition of the
query, the fields are the only ones named in it, so nothing else ever leaves the database. Pages go
from the newest backwards by key, or from the oldest on: no OFFSET, no COUNT. Nothing here decides who may see what.

Every statement is put together from constants of `reading_sources`; what a caller says is always bound.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from hectis_flow.storage.reading_sources import PATIENT_COLUMNS, PATIENT_SCOPES, SOURCES, Source
from hectis_flow.storage.reading_tree import STANDING


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a grant turns into: which fields of which record, and within which scope of whose office."""

    record: str
    fields: tuple[str, ...]
    scope: str
    office_id: int | None


class Page(NamedTuple):
    """A JSON array as text, newest first, and the id after which the next page goes on (None: the end)."""

    items: str
    next_after: int | None


class Patient(NamedTuple):
    """One patient of an incident: clear fields, and the ciphertexts with their key ids."""

    clear: dict[str, Any]
    identity_key_id: str
    identity_enc: bytes
    private_key_id: str
    private_enc: bytes


def page(
    session: Session,
    wanted: Wanted,
    filters: Mapping[str, Any],
    after: int | None,
    limit: int,
    *,
    oldest: bool = False,
) -> Page:
    """Up to `limit` records older than `after` (None: from the newest) that scope and filters admit.

    With `oldest` the list goes the other way: from the oldest, or from what is newer than `after`.
    """
    beyond = "beyond" if oldest else "after"
    names = (*sorted(filters), *(() if after is None else (beyond,)))
    statement = page_statement(wanted.record, wanted.fields, wanted.scope, names, oldest=oldest)
    values = {**filters, "office_id": wanted.office_id, "after": after, "limit": limit}
    return Page(*session.execute(statement, values).one())


def one(session: Session, wanted: Wanted, key: int | str) -> tuple[int, dict[str, Any]] | None:
    """The id and the fields of one record; None if there is none in this scope."""
    statement = one_statement(wanted.record, wanted.fields, wanted.scope)
    row = session.execute(statement, {"key": key, "office_id": wanted.office_id}).first()
    return (row[0], row[1]) if row else None


def patients(session: Session, incident_id: int, wanted: Wanted) -> list[Patient]:
    """The patients of an incident that the scope admits; `wanted.fields` are the clear ones."""
    statement = patients_statement(wanted.fields, wanted.scope)
    rows = session.execute(statement, {"incident_id": incident_id, "office_id": wanted.office_id})
    return [Patient(*row) for row in rows]


def roles_at(session: Session, office_id: int) -> list[str]:
    """The roles that somebody of an office has a post for today."""
    statement = text(
        f"SELECT DISTINCT p.role FROM staff_post p WHERE p.office_id = :id AND {STANDING} ORDER BY 1"  # noqa: S608
    )
    return list(session.scalars(statement, {"id": office_id}))


def cases_by_stage(session: Session) -> list[tuple[str, int]]:
    """How many cases stand in which stage."""
    return [
        tuple(row)
        for row in session.execute(text('SELECT stage, count(*) FROM "case" GROUP BY 1 ORDER BY 1'))
    ]


@lru_cache(maxsize=512)
def page_statement(
    record: str, fields: tuple[str, ...], scope: str, filters: tuple[str, ...], *, oldest: bool
) -> TextClause:
    """The statement of one kind of page. One row more than asked for tells whether there is a next page."""
    source = SOURCES[record]
    order, last = ("id", "max") if oldest else ("id DESC", "min")
    conditions = [source.scopes[scope], *(source.filters[name] for name in filters)]
    return text(
        f"""
        SELECT coalesce(json_agg(item ORDER BY {order}) FILTER (WHERE place <= :limit), '[]')::text,
               CASE WHEN max(place) > :limit THEN {last}(id) FILTER (WHERE place <= :limit) END
        FROM (
            SELECT r.id, row_number() OVER (ORDER BY r.{order}) AS place, {fields_as_json(source, fields)} AS item
            FROM (
                SELECT * FROM {source.table} r WHERE {" AND ".join(conditions)}
                ORDER BY r.{order} LIMIT :limit + 1
            ) r {source.joins}
        ) listed
        """  # noqa: S608  (constants, chosen by name)
    )


@lru_cache(maxsize=128)
def one_statement(record: str, fields: tuple[str, ...], scope: str) -> TextClause:
    """The statement that reads one record. What is not there and what may not be seen take the same road."""
    source = SOURCES[record]
    clear = tuple(name for name in fields if not name.startswith("patients."))
    return text(
        f"""
        SELECT r.id, {fields_as_json(source, clear)} FROM {source.table} r {source.joins}
        WHERE {source.key} = :key AND {source.scopes[scope]}
        """  # noqa: S608
    )


@lru_cache(maxsize=128)
def patients_statement(fields: tuple[str, ...], scope: str) -> TextClause:
    """The statement that reads an incident's patients."""
    parts = [f"'{name}', {PATIENT_COLUMNS.get(name, f'e.{name}')}" for name in fields]
    return text(
        f"""
        SELECT json_build_object({", ".join(parts)}), s.key_id, s.identity_enc, e.key_id, e.private_enc
        FROM incident_patient p
        JOIN encounter e ON e.id = p.encounter_id
        JOIN patient s ON s.id = p.patient_id
        WHERE p.incident_id = :incident_id AND {PATIENT_SCOPES[scope]}
        ORDER BY e.id
        """  # noqa: S608
    )


def fields_as_json(source: Source, fields: Sequence[str]) -> str:
    """A JSON object of these fields, as SQL; `incident.intent` goes into an object `incident` of its own."""
    inner = [name for name in fields if name.startswith("incident.")]
    parts = [f"'{name}', {source.columns.get(name, f'r.{name}')}" for name in fields if name not in inner]
    if inner:
        pairs = ", ".join(
            f"'{name.removeprefix('incident.')}', i.{name.removeprefix('incident.')}" for name in inner
        )
        parts.append(f"'incident', json_build_object({pairs})")
    return f"json_build_object({', '.join(parts)})"
