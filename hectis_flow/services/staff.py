"""The staff register as people use it: who works at an office, who is away, who stands in.

`hectis staff`, the API and the page of the account call it. A name is opened only where somebody asks for it by name of the use case
(`names=True`); everything else speaks of codes.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from hectis_flow.domain.errors import HectisError, NotVisible
from hectis_flow.domain.staffing import LANGUAGES
from hectis_flow.services.house import House
from hectis_flow.storage import offices, staff_register
from hectis_flow.storage.staff import on_duty
from hectis_flow.storage.vault import STAFF

REASONS = ("leave", "sick", "training", "court", "other")


class LeaveRefused(HectisError):
    """The leave or the deputy cannot be noted so; the sentence says why."""

    code = "staff_refused"


class LanguageUnknown(HectisError):
    """A language that nothing is said in."""

    code = "language_unknown"
    status = 422


@dataclass(frozen=True, slots=True)
class AtPost:
    """Somebody at a post of an office. `answers`: they answer for it now; `name` only where asked for."""

    code: str
    role: str
    language: str
    since: date
    until: date | None
    answers: bool
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """An office's posts, and who answers for each role now (a deputy may be from elsewhere)."""

    posts: tuple[AtPost, ...]
    answering: dict[str, tuple[str, ...]]


def listing(house: House, office_code: str, *, names: bool = False) -> Desk:
    """Everybody who holds a post at an office. Raises `NotVisible` for an unknown office."""
    with house.transaction() as session:
        office_id = offices.id_of(session, office_code)
        if office_id is None:
            raise NotVisible("There is no office of this code.")
        rows = staff_register.at_office(session, office_id)
        duty = on_duty(session, {(office_id, post.role) for post, _ in rows})
        answering = {role: tuple(one.code for one in found) for (_, role), found in duty.items()}
        posts = tuple(
            AtPost(
                staff.code,
                post.role,
                staff.language,
                post.valid_from,
                post.valid_to,
                staff.code in answering[post.role],
                house.vault.open_json(STAFF, staff.key_id, staff.person_enc)["name"] if names else None,
            )
            for post, staff in rows
        )
        return Desk(posts, answering)


def leave(house: House, code: str, start: datetime, until: datetime, reason: str = "leave") -> bool:
    """Note that somebody is away from `start` until `until`; False when it stood so already.

    Leave that begins at the same moment is brought to the new end. Raises `NotVisible`, `LeaveRefused`.
    """
    if reason not in REASONS:
        raise LeaveRefused(f"The reason is one of {', '.join(REASONS)}.")
    if until <= start:
        raise LeaveRefused("Leave ends after it begins.")
    with house.transaction() as session:
        return staff_register.put_leave(session, _id(session, code), start, until, reason)


def deputy(house: House, code: str, deputy_code: str, rank: int = 1) -> bool:
    """Let somebody stand in for another; False when they did so already. Raises `NotVisible`, `LeaveRefused`."""
    if code == deputy_code:
        raise LeaveRefused("Nobody stands in for themselves.")
    with house.transaction() as session:
        return staff_register.put_deputy(session, _id(session, code), _id(session, deputy_code), rank)


def no_deputy(house: House, code: str, deputy_code: str) -> bool:
    """Let somebody not stand in for another any more; False when they did not. Raises `NotVisible`."""
    with house.transaction() as session:
        return staff_register.remove_deputy(session, _id(session, code), _id(session, deputy_code))


def speak(house: House, staff_id: int, language: str) -> bool:
    """Let somebody read notices and pages in this language from now on; False when they did so already.

    Raises `LanguageUnknown`.
    """
    if language not in LANGUAGES:
        raise LanguageUnknown(f"The language is one of {', '.join(LANGUAGES)}.")
    with house.transaction() as session:
        return staff_register.put_language(session, staff_id, language)


def _id(session: Session, code: str) -> int:
    found = staff_register.id_of(session, code)
    if found is None:
        raise NotVisible("Nobody on the staff has this code.")
    return found
