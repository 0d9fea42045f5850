"""Meetings of the committee: planned, opened with an agenda made by rule, attended by seats, closed with minutes.

The API's views call it, one call a request. An agenda is fixed when its meeting opens. When it closes, minutes are
written once: their text is kept with its hash, and never changes. It moves no case.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hectis_flow.domain import access_rules
from hectis_flow.domain.committee import CommitteeRefused
from hectis_flow.domain.errors import NotVisible
from hectis_flow.render import minutes, paper
from hectis_flow.render.paper import File, Paper
from hectis_flow.services import committee
from hectis_flow.services.committee import Asked
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.reading import NOT_HERE, Asking
from hectis_flow.services.tokens import bearer_of
from hectis_flow.storage import database, follow_up, meetings
from hectis_flow.storage.meetings import Meeting


def plan(house: House, writing: Writing, held_on: date) -> Answer:
    """Plan a meeting. Raises `NotAllowed`, `NoPerson`, and `CommitteeRefused`: `day_past`, `already_planned`."""

    def effect(asked: Asked) -> Mapping[str, Any]:
        if held_on < database.today(asked.session):
            raise CommitteeRefused("This day is past. Name one that lies ahead.", code="day_past")
        made = meetings.plan(asked.session, asked.office_id, held_on, asked.by)
        if made is None:
            raise CommitteeRefused(
                "There is a meeting on that day already. Open that one, or name another day.",
                code="already_planned",
            )
        return committee.shown(asked, "meeting", made)

    return committee.write(house, writing, "meetings.plan", effect, new=True)


def open_one(house: House, writing: Writing, meeting_id: int) -> Answer:
    """Open a meeting: what stands on its agenda now stays there.

    Raises `NoPerson`, `NotVisible`, and `CommitteeRefused`: `already_open`, `already_closed`,
    `other_is_open`.
    """

    def effect(asked: Asked) -> Mapping[str, Any]:
        standing = meetings.unclosed(asked.session, asked.office_id)
        meeting = _held(asked, meeting_id)
        if meeting.opened_at is not None:
            raise CommitteeRefused(
                "This meeting is open already. Nothing is left to do.", code="already_open"
            )
        if any(one.opened_at is not None for one in standing):
            raise CommitteeRefused("Another meeting is open. Close it first.", code="other_is_open")
        followed = meetings.follow_up(asked.session, meeting.office_id)
        meetings.open_one(asked.session, meeting, asked.by, followed)
        return committee.shown(asked, "meeting", meeting_id)

    return committee.write(house, writing, "meetings.open", effect)


def attend(house: House, writing: Writing, meeting_id: int, seats: Sequence[str]) -> Answer:
    """Say which seats are there. Raises as `open_one` does, with `not_open` and `seat_unknown`."""

    def effect(asked: Asked) -> Mapping[str, Any]:
        _open(asked, meeting_id)
        wanted = sorted(set(seats))
        if meetings.attend(asked.session, meeting_id, wanted, asked.by) != len(wanted):
            raise CommitteeRefused(
                "One of these seats is none of the committee's. Take those of config/reference/committee_seats.csv.",
                code="seat_unknown",
            )
        return committee.shown(asked, "meeting", meeting_id)

    return committee.write(house, writing, "meetings.attend", effect)


def close(house: House, writing: Writing, meeting_id: int) -> Answer:
    """Close a meeting and write its minutes. Raises as `open_one` does, with `not_open` and `unconfirmed`."""

    def effect(asked: Asked) -> Mapping[str, Any]:
        meeting = _open(asked, meeting_id)
        if meetings.unanswered(asked.session, meeting_id):
            raise CommitteeRefused(
                "Some decisions are not confirmed. The chair confirms or drops each of them first.",
                code="unconfirmed",
            )
        told = minutes.paper_of(
            committee.shown(asked, "meeting", meeting_id),
            follow_up.followed(asked.session, meeting.office_id, meeting_id),
            database.now(asked.session),
        )
        meetings.close(asked.session, meeting_id, asked.by, minutes.kept(told), paper.plain(told))
        return committee.shown(asked, "meeting", meeting_id)

    return committee.write(house, writing, "meetings.close", effect)


def text(house: House, asking: Asking, meeting_id: int) -> File:
    """The minutes of a closed meeting as their hash was made of. Raises `NotVisible`."""
    said, digest, _ = _minutes(house, asking, "meetings.minutes", meeting_id)
    return File(said.encode(), "text/plain; charset=utf-8", digest)


def kept(house: House, asking: Asking, meeting_id: int) -> tuple[Paper, str]:
    """The same in its blocks, to be shown on a page, and the hash of the text. Raises `NotVisible`."""
    _, digest, told = _minutes(house, asking, "meetings.minutes", meeting_id)
    return minutes.again(told, digest), digest


def pdf(house: House, asking: Asking, meeting_id: int) -> File:
    """The same for print, with the hash of the text at the foot. Raises `NotVisible`."""
    _, digest, kept = _minutes(house, asking, "meetings.paper", meeting_id)
    return File(paper.pdf(minutes.again(kept, digest)), paper.PDF, digest)


def written(house: House, meeting_id: int | None) -> tuple[str, bytes, str]:
    """The minutes of a meeting, or of the last one that closed, for whoever runs the system: text, PDF, hash.

    Raises `NotVisible`.
    """
    with house.transaction() as session:
        found = meetings.written(session, meeting_id)
    if found is None:
        raise NotVisible("There is no closed meeting of that number.")
    said, digest, kept = found
    return said, paper.pdf(minutes.again(kept, digest)), digest


def _minutes(
    house: House, asking: Asking, action: str, meeting_id: int
) -> tuple[str, str, Mapping[str, Any]]:
    with house.transaction() as session:
        bearer = bearer_of(session, asking.token)
        found = None
        if access_rules.grant(bearer.role, action).scope != "none":
            found = meetings.minutes(session, bearer.office_id, meeting_id)
        if found is None:
            raise NotVisible(NOT_HERE)
        return found


def _held(asked: Asked, meeting_id: int) -> Meeting:
    """A meeting that is not over, held."""
    meeting = meetings.hold(asked.session, asked.bearer.office_id, meeting_id)
    if meeting is None:
        raise NotVisible(NOT_HERE)
    if meeting.closed_at is not None:
        raise CommitteeRefused(
            "This meeting is closed, and its minutes are written. Record what is left at the next one.",
            code="already_closed",
        )
    return meeting


def _open(asked: Asked, meeting_id: int) -> Meeting:
    meeting = _held(asked, meeting_id)
    if meeting.opened_at is None:
        raise CommitteeRefused("This meeting is not open. Open it first.", code="not_open")
    return meeting
