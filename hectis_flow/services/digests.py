"""Somebody's own digests: listed, opened, acknowledged, on paper; and when they want theirs.

The API's views and the pages call it. A digest is its reader's alone: to anybody else it does not exist. To open one on a
page or to acknowledge it takes a signed-in person, so both count at once.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy.orm import Session

from hectis_flow.domain import access_rules
from hectis_flow.domain.digest import EVERY, LANGUAGES, Preference
from hectis_flow.domain.errors import HectisError, NotAllowed, NotVisible
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.render import digest_mail, due, paper
from hectis_flow.render.digest_mail import DigestMail
from hectis_flow.render.paper import File
from hectis_flow.services import once
from hectis_flow.services.digest_letters import PATH
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.reading import NOT_HERE, Asking
from hectis_flow.services.tokens import bearer_of
from hectis_flow.storage import digest_reading
from hectis_flow.storage.digest_reading import Opened
from hectis_flow.storage.tokens import Bearer

LIST, READ, PACK, ACKNOWLEDGE = "digests.list", "digests.read", "digests.pack", "digests.acknowledge"


class WishWrong(HectisError):
    """No digest can be wanted like that."""

    code = "wish_wrong"
    status = 422


def listing(house: House, asking: Asking, after: int | None, limit: int) -> list[dict[str, Any]]:
    """The bearer's own, newest first. Raises `NotAuthenticated` and `NotAllowed`."""
    with house.transaction() as session:
        bearer = bearer_of(session, asking.token)
        if access_rules.grant(bearer.role, LIST).scope == "none":
            raise NotAllowed(f"The role {bearer.role} gets no digests.")
        if bearer.staff_id is None:
            return []
        return [_line(one) for one in digest_reading.listing(session, bearer.staff_id, after, limit)]


def read(house: House, asking: Asking, digest_id: int) -> dict[str, Any]:
    """One of the bearer's own with all that it shows. Raises `NotAuthenticated` and `NotVisible`."""
    with house.transaction() as session:
        found = _own(session, bearer_of(session, asking.token), digest_id, READ)
        lines = digest_reading.listing(session, found.staff_id, digest_id + 1, 1)
        return _line(lines[0]) | {"content": found.content}


def opened(house: House, asking: Asking, digest_id: int) -> Opened:
    """The same for its page: from then on it counts as opened. Raises `NotAuthenticated` and `NotVisible`."""
    with house.transaction() as session:
        bearer = bearer_of(session, asking.token)
        found = _own(session, bearer, digest_id, READ)
        if found.opened_at is None:
            digest_reading.opened(session, digest_id, _actor(bearer), acknowledged=False)
        return found


def pack(house: House, asking: Asking, digest_id: int) -> File:
    """Its paper, with the hash that stands in the mail. Raises `NotAuthenticated` and `NotVisible`."""
    with house.transaction() as session:
        found = _own(session, bearer_of(session, asking.token), digest_id, PACK)
        kept = digest_reading.pack(session, digest_id, found.staff_id)
    if kept is None:
        raise NotVisible(NOT_HERE)
    return File(kept[0], paper.PDF, kept[1])


def acknowledge(house: House, writing: Writing, digest_id: int) -> Answer:
    """Say that one has read it; said again it changes nothing. Raises `NotAuthenticated` and `NotVisible`."""

    def effect(session: Session, bearer: Bearer) -> Mapping[str, Any]:
        found = _own(session, bearer, digest_id, ACKNOWLEDGE)
        digest_reading.opened(session, digest_id, _actor(bearer), acknowledged=True)
        return _line(digest_reading.listing(session, found.staff_id, digest_id + 1, 1)[0])

    return once.run(house, writing, effect)


def wish(house: House, staff_id: int) -> tuple[Preference, str]:
    """When somebody wants theirs, and in which language."""
    with house.transaction() as session:
        return digest_reading.preference(session, staff_id), digest_reading.language(session, staff_id)


def prefer(house: House, staff_id: int, at: str, every: str, language: str) -> None:
    """When, how often and in which language somebody wants theirs from now on. Raises `WishWrong`."""
    try:
        clock = time.fromisoformat(at)
    except ValueError:
        clock = None
    if clock is None or clock.tzinfo or every not in EVERY or language not in LANGUAGES:
        raise WishWrong(
            "A digest comes at a time such as 06:30, each day or each week, in a language of ours."
        )
    with house.transaction() as session:
        digest_reading.prefer(session, staff_id, clock.replace(second=0, microsecond=0), every, language)


def last(house: House, staff_code: str) -> DigestMail | None:
    """The mail of somebody's last digest, for whoever runs the system; None before the first."""
    with house.transaction() as session:
        lines = digest_reading.listing(session, staff_code, None, 1)
        found = digest_reading.read(session, lines[0]["id"], None) if lines else None
        by = digest_reading.open_by(session, found.id) if found else None
    if found is None:
        return None
    at = f"{house.outward.options.base_url}{PATH}{found.id}"
    told = due.moment(str(found.content["language"]), by) if by else ""
    return digest_mail.mail(found.content, at, found.pack_hash, told)


def newest(house: House, after: int | None, limit: int) -> Sequence[Mapping[str, Any]]:
    """Digests of everybody, newest first, for whoever runs the system."""
    with house.transaction() as session:
        return digest_reading.listing(session, None, after, limit)


def _own(session: Session, bearer: Bearer, digest_id: int, action: str) -> Opened:
    """A digest of the bearer's. Raises `NotVisible`."""
    given = access_rules.grant(bearer.role, action)
    found = None
    if given.scope != "none" and bearer.staff_id is not None:
        found = digest_reading.read(session, digest_id, bearer.staff_id)
    if found is None:
        raise NotVisible(NOT_HERE)
    return found


def _line(one: Mapping[str, Any]) -> dict[str, Any]:
    """A digest in a list, as JSON has it; whose it is need not be said to its reader."""
    told = {name: value for name, value in one.items() if name != "staff"}
    return {
        name: value.isoformat() if isinstance(value, date | datetime) else value
        for name, value in told.items()
    }


def _actor(bearer: Bearer) -> str:
    return move_actor(bearer.role, bearer.staff_code or "")
