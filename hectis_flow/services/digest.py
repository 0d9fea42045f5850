"""Digests are planned, composed, and told of where nobody opens them; they go out as notices do.

The clock calls `plan` and `climb`, a job `compose`; each may run twice and beside itself, and may be killed at any
instruction. One a person and window is the database's own rule. What is composed is kept as it was shown, with its paper;
its words are put when it is sent (`services.digest_letters`).
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from hectis_flow.domain import digest as rules
from hectis_flow.domain import notification
from hectis_flow.domain.calendar import ALWAYS, add
from hectis_flow.domain.digest import Window
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.notification import Errand, Occasion, OnDuty
from hectis_flow.domain.offices import OfficeTree
from hectis_flow.render import digest_paper, paper
from hectis_flow.services import digest_content, digest_letters, reference, sealing
from hectis_flow.services.house import House
from hectis_flow.services.notification import STEWARD_ROLE
from hectis_flow.storage import database, digests, notices, offices, staff
from hectis_flow.storage.digests import Due

log = structlog.get_logger(__name__)

AT_ONCE: Final = 200
#: A digest has no link that does anything.
NO_LIFE: Final = timedelta(0)


def plan(house: House, *, at_once: bool = False) -> list[int]:
    """Plan a digest for each reader whose window has come; ids of the events that ask for them.

    `at_once` lets the window of today come now for whom it is still to come.
    """
    with house.transaction() as session:
        at = database.now(session)
        posts = digests.posts(session, rules.READERS)
        on_duty = staff.on_duty(session, posts)
        readers = rules.readers({post: [one.staff_id for one in people] for post, people in on_duty.items()})
        known = digests.known(session, [one.staff_id for one in readers])
        due = []
        for reader in readers:
            wish, last = known[reader.staff_id]
            found = Window(at.astimezone(SAST).date(), at) if at_once else rules.window(wish, at)
            if rules.is_due(found, at, last):
                due.append((reader, found, rules.is_late(found, at, last)))
        return digests.plan(session, due)


def compose(house: House, event_ids: Sequence[int]) -> int:
    """Compose what is planned among these, each in its own transaction; how many were.

    What cannot be composed is put aside as any event that cannot be told, and holds up no other.
    """
    sealing.seal(house)  # what a digest prints of the ledger holds all that it tells of
    made = 0
    for event_id in event_ids:
        try:
            with house.transaction() as session:
                made += sum(_compose(house, session, one) for one in digests.take(session, [event_id]))
        except Exception as fault:
            _raise_if_gone(fault)
            log.warning("digest.cannot_be_composed", event_id=event_id, exc_info=fault)
            _put_aside(house, event_id)
    return made


def climb(house: House) -> int:
    """Ask somebody to see that a digest is opened which nobody has opened by its time, once; how many."""
    with house.transaction() as session:
        found = digests.unopened(session, AT_ONCE)
        if not found:
            return 0
        at, tree = database.now(session), reference.tree(house, session)
        due = add(ALWAYS, at, house.policy.in_force(at).errand_due)
        day = at.astimezone(SAST).date()
        for digest_id, office_id, role in found:
            digests.ask(session, digest_id, rules.chaser((office_id, role), _path(tree, office_id, day)), due)
        return len(found)


def _compose(house: House, session: Session, due: Due) -> bool:
    """One digest: its content, its paper, its lines, and the notice that carries it."""
    told = digest_content.gather(session, due)
    quiet = told.empty and not told.content["committee"]
    pack = paper.pdf(digest_paper.paper_of(told.content))
    by = None if told.empty else rules.open_by(Window(due.window_on, due.window_at), due.now)
    digests.compose(session, due, told.content, pack, by, quiet=quiet)
    digests.keep_lines(session, due.id, told.lines)
    if not quiet:
        _tell(house, session, due)
    notices.settle(session, [due.event_id])
    return True


def _tell(house: House, session: Session, due: Due) -> None:
    """The notice, as any other: by mail where the person has an address, and with a task where nobody can be reached."""
    post = (due.office_id, due.role)
    occasion = Occasion(due.event_id, digest_letters.KIND, None, due.id, post, None, None, None)
    told = notification.notices(occasion, [post], {post: _reader(session, due)})
    notices.write(session, told.notices, NO_LIFE)
    at = database.now(session)
    notices.ask(session, told.errands, add(ALWAYS, at, house.policy.in_force(at).errand_due))


def _reader(session: Session, due: Due) -> tuple[OnDuty, ...]:
    """The one person whom it is for, mail first: a whole digest fits nowhere else."""
    found = staff.reached(session, [due.staff_id], database.now(session))[due.staff_id]
    mail = tuple(way for way in found.ways if way.channel == "email")
    return (OnDuty(found.staff_id, found.code, mail or found.ways),)


def _put_aside(house: House, event_id: int) -> None:
    """What cannot be composed is for somebody to look at, and holds up no other."""
    with house.transaction() as session:
        notices.park(session, event_id, "composing_failed")
        office_id = offices.id_of(session, reference.FALLBACK_OFFICE)
        if office_id is not None:
            at = database.now(session)
            errand = Errand(notification.EVENT_PARKED, None, event_id, office_id, STEWARD_ROLE)
            notices.ask(session, [errand], add(ALWAYS, at, house.policy.in_force(at).errand_due))


def _path(tree: OfficeTree, office_id: int, day: date) -> list[tuple[int, str]]:
    """An office and those above it; an office that was closed has none."""
    try:
        return [(each, tree.kind_of(each)) for each in tree.path(office_id, day)]
    except KeyError:
        return []


def _raise_if_gone(fault: Exception) -> None:
    """A database that is away, or a lock that was not got, says nothing of the digest: it is composed later."""
    if isinstance(fault, OperationalError) or (
        isinstance(fault, DBAPIError) and fault.connection_invalidated
    ):
        raise fault
