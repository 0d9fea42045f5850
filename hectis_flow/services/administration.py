"""Looking after the system: how it stands, who works where, and the link by which somebody enrols; never a case.

The pages of the administrator call it. Every function asks the policy table first, as every read does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.orm import Session

from hectis_flow.domain import access_rules
from hectis_flow.domain.errors import NotVisible
from hectis_flow.domain.policy import Edition
from hectis_flow.services import enrolment, inbox, rota, staff
from hectis_flow.services.house import House
from hectis_flow.services.reading import NOT_HERE, Asking
from hectis_flow.services.rota import Gap
from hectis_flow.services.staff import Desk
from hectis_flow.services.tokens import bearer_of
from hectis_flow.storage import auditor, database, deliveries, directory, offices, work
from hectis_flow.storage.auditor import Standing
from hectis_flow.storage.deliveries import Channel
from hectis_flow.storage.directory import Beneath
from hectis_flow.storage.inbox import Overdue
from hectis_flow.storage.tokens import Bearer

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class System:
    """How the system stands: what waits, what does not go out, what the auditor found, by kind, and the gaps."""

    queues: list[tuple[str, int, int, float]]
    notices: list[Channel]
    audit: Standing
    findings: Mapping[str, int]
    gaps: list[Gap]
    overdue: list[Overdue]


@dataclass(frozen=True, slots=True)
class Place:
    """An office beside its own record: those right below it, who holds its posts and who answers."""

    below: list[Beneath]
    desk: Desk


def system(house: House, asking: Asking) -> System:
    """How the system stands. Raises `NotVisible` for whoever does not look after it."""
    with house.transaction() as session:
        _allowed(session, asking, "system.read")
        queues, notices = work.depths(session), deliveries.waiting(session)
        audit, findings = auditor.standing(session), auditor.open_kinds(session)
    return System(queues, notices, audit, findings, rota.gaps(house), inbox.overdue(house))


def gaps(house: House, asking: Asking) -> list[Gap]:
    """The posts that nobody answers for, now or soon, the soonest first. Raises `NotVisible`."""
    with house.transaction() as session:
        _allowed(session, asking, "system.read")
    return rota.gaps(house)


def messages(house: House, asking: Asking) -> list[tuple[str, str, int, str]]:
    """State, reason, how many, and what it means, of what is not simply accepted. Raises `NotVisible`."""
    with house.transaction() as session:
        _allowed(session, asking, "system.read")
    return [one for one in inbox.summary(house) if one[0] not in {"accepted", "received"}]


def policy(house: House, asking: Asking) -> Edition:
    """The edition of the policy that is in force. Raises `NotVisible`."""
    with house.transaction() as session:
        _allowed(session, asking, "system.read")
        return house.policy.in_force(database.now(session))


def allowed(house: House, asking: Asking) -> None:
    """Raises `NotVisible` for whoever does not keep the register of staff."""
    with house.transaction() as session:
        _allowed(session, asking, "staff.read")


def place(house: House, asking: Asking, office_code: str) -> Place:
    """Who works at an office, and what lies below it. Raises `NotVisible`."""
    with house.transaction() as session:
        _allowed(session, asking, "staff.read")
        office_id = offices.id_of(session, office_code)
        below = directory.below(session, office_id) if office_id is not None else []
    return Place(below, staff.listing(house, office_code))


def person(house: House, asking: Asking, staff_code: str) -> Mapping[str, Any]:
    """What is on record of somebody from today on, in codes and days. Raises `NotVisible`."""
    with house.transaction() as session:
        _allowed(session, asking, "staff.read")
        found = directory.profile(session, staff_code)
    if found is None:
        raise NotVisible(NOT_HERE)
    return found


def enrol(house: House, asking: Asking, staff_code: str) -> str:
    """Make a link by which somebody sets a password and a second factor; it is kept nowhere. Raises `NotVisible`."""
    with house.transaction() as session:
        bearer = _allowed(session, asking, "staff.enrol")
    link = enrolment.begin(house, staff_code)
    log.info("enrolment.link_made", by=bearer.name, staff=staff_code)
    return link


def _allowed(session: Session, asking: Asking, action: str) -> Bearer:
    """Who asks, where the policy table lets them. What it does not is not there at all."""
    bearer = bearer_of(session, asking.token)
    if access_rules.grant(bearer.role, action).scope == "none":
        raise NotVisible(NOT_HERE)
    return bearer
