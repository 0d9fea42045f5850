"""What the lists take: each parameter checked at the door, before anything is read.

The rooms name these schemas. They load to plain values that are bound into SQL; nothing that does not
match its form comes through.
"""

import re
from datetime import UTC, date, datetime, time
from typing import Any, get_args

from marshmallow import Schema, ValidationError, fields, post_load, validate

from hectis_flow.domain.briefs import TRIGGERS
from hectis_flow.domain.incident import IncidentIntent
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.workflow import PHASES, STAGES

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200
STATES = ("received", "accepted", "ignored", "parked")

# Years beyond these are slips of the pen, and some cannot be moved to another zone at all.
YEARS = range(1900, 2200)
FORM = "Write a date (2026-11-22) or a time with its offset (2026-11-22T14:00:00Z; a + is sent as %2B)."


class Instant(fields.Field[datetime]):
    """A moment: a time with its offset, or a date, which means that day's beginning in South Africa."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
                found = datetime.combine(date.fromisoformat(value), time(), SAST)
            else:
                found = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValidationError(FORM) from None
        if found.tzinfo is None or found.year not in YEARS:
            raise ValidationError(FORM)
        return found.astimezone(UTC)


def _word(about: str) -> fields.String:
    """A code of ours, such as `no_birth_date` or `groote-schuur-hospital`."""
    form = validate.Regexp(r"^[a-z0-9][a-z0-9_-]{0,79}\Z", error="A code has only a-z, 0-9, _ and -.")
    return fields.String(validate=form, metadata={"description": about})


def _one_of(words: tuple[str, ...], about: str) -> fields.String:
    return fields.String(validate=validate.OneOf(words), metadata={"description": about})


def _instant(name: str, about: str) -> Instant:
    return Instant(data_key=name, metadata={"description": f"{about} {FORM}", "type": "string"})


class BalanceQuery(Schema):
    """Which balance."""

    date = fields.Date(metadata={"description": "The newest of this day; without it, the newest of all."})


class Paging(Schema):
    """What every list takes."""

    limit = fields.Integer(
        load_default=DEFAULT_LIMIT,
        validate=validate.Range(1, LARGEST_LIMIT),
        metadata={"description": "How many at most."},
    )
    cursor = fields.String(
        validate=validate.Length(1, 200),
        metadata={"description": "`next_cursor` of the page before; without it, the first page comes."},
    )


class PageQuery(Paging):
    """What the lists of records take."""

    facility = _word("Code of a facility.")


class MessageQuery(PageQuery):
    """What the list of messages takes."""

    state = _one_of(STATES, "Where the message stands.")
    # PostgreSQL keeps no zero byte in a text and refuses to look for one.
    control_id = fields.String(
        validate=validate.Regexp(r"^[^\x00]{1,255}\Z", error="1 to 255 signs, none of them zero."),
        metadata={"description": "MSH-10 exactly as sent."},
    )
    reason = _word("Why it is parked or ignored.")
    since = _instant("from", "Received at or after.")
    until = _instant("to", "Received before.")


class IncidentQuery(PageQuery):
    """What the list of incidents takes."""

    intent = _one_of(get_args(IncidentIntent), "What the codes say was meant.")
    mechanism = _word("How the injury was done.")
    station = _word("Code of a station.")
    since = _instant("from", "Happened at or after; incidents without a time are left out.")
    until = _instant("to", "Happened before; incidents without a time are left out.")


class CaseQuery(PageQuery):
    """What the list of cases takes."""

    stage = _one_of(tuple(stage.name for stage in STAGES), "Where the case stands.")
    phase = _one_of(tuple(phase.name for phase in PHASES), "In which part of the road it stands.")
    station = _word("Code of a station.")
    court = _word("Code of the court whose prosecutors have the docket.")
    cas = fields.String(
        validate=validate.Regexp(
            r"^[1-9][0-9]{0,4}/(0?[1-9]|1[0-2])/[0-9]{4}\Z", error="Write serial/month/year: 123/04/2026."
        ),
        metadata={"description": "CAS number, serial/month/year; with `station` only that station's."},
    )
    court_case_no = fields.String(
        validate=validate.Regexp(
            r"^[A-Za-z0-9][A-Za-z0-9./_-]{0,39}\Z", error="1 to 40 letters, digits and . / _ -."
        ),
        metadata={"description": "Number of the matter at its court, now or before."},
    )
    j88 = _one_of(
        ("wanted", "ready"),
        "Dockets whose J88 is to be completed, or is ready to be collected; for those alone who may see its state.",
    )
    gang_flag = fields.Boolean(
        truthy={"yes"},
        falsy={"no"},
        metadata={"description": "yes or no; for those alone who may see a gang flag.", "type": "string"},
    )
    since = _instant("from", "Opened at or after.")
    until = _instant("to", "Opened before.")


class EscalationQuery(Paging):
    """What the list of escalations takes."""

    state = fields.String(
        load_default="open",
        validate=validate.OneOf(("open", "cleared")),
        metadata={"description": "`open` while the step that is asked for was not made."},
    )

    @post_load
    def one_filter(self, query: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The state as the filter of that name."""
        return {name: value for name, value in query.items() if name != "state"} | {query["state"]: True}


class OfficeQuery(Paging):
    """What the list of offices takes."""

    kind = _word("Kind of office: facility, station, cluster ...")


class BriefQuery(Paging):
    """What the list of watching briefs takes."""

    state = _one_of(("open", "closed"), "Only those that are open, or closed.")
    trigger = _one_of(TRIGGERS, "Why it was opened.")
    court = _word("Code of the court.")
    mine = fields.Boolean(
        truthy={"true"},
        falsy={"false"},
        metadata={"description": "Only those that wait for your office now."},
    )

    @post_load
    def as_filters(self, query: dict[str, Any], **_: Any) -> dict[str, Any]:
        """State and `mine` as the filters of those names."""
        state = query.pop("state", None)
        mine = query.pop("mine", False)
        return query | ({state: True} if state else {}) | ({"mine": True} if mine else {})
