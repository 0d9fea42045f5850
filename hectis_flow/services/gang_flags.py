"""The gang flag of a case: set from a source, reviewed by a second person, lifted with a reason, or ended by its time.

The API's views call `put`, `renew` and `lift`, one call a request, always for a person of one of the three roles that
may; the clock calls `end_expired`. Nothing else writes a flag, and no message, rule or feed can come here. What is
written goes on the case's ledger in codes, in the same transaction.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

import structlog
from sqlalchemy.orm import Session

from hectis_flow.domain import access_rules, workflow_rules
from hectis_flow.domain.briefs import left_to_watch
from hectis_flow.domain.calendar import ALWAYS, add
from hectis_flow.domain.duty import Post
from hectis_flow.domain.escalation import schedule
from hectis_flow.domain.gang_flag import WITHDRAWN, FlagRefused, check_source, expiry, review_due
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.services import briefs, items, moves, named, notes, once
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.proposals import NoPerson
from hectis_flow.storage import cas_numbers, cases, dockets, gang_flags, reading
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.gang_flags import Flag
from hectis_flow.storage.reading import Wanted
from hectis_flow.storage.tokens import Bearer

log = structlog.get_logger(__name__)

KIND: Final = "gang_flag"  # what is awaited of whoever set it
PUT, RENEW, LIFT = "cases.flag_gang", "cases.renew_flag", "cases.lift_flag"
CLOCK: Final = "rule:clock"
AT_ONCE: Final = 200

Change = Callable[[Session, Bearer, Locked, str], None]


def put(
    house: House, writing: Writing, ref: str, source: str, officer: str | None, until: date | None
) -> Answer:
    """Set a flag. Raises `NotVisible`, `NoPerson`, and `FlagRefused`: `already_flagged` and what the domain refuses."""

    def change(session: Session, bearer: Bearer, case: Locked, by: str) -> None:
        check_source(bearer.role, source, officer, dockets.officer_of(session, case.id))
        if gang_flags.standing(session, case.id) is not None:
            raise FlagRefused(
                "The case is flagged already. Renew that flag, or have it lifted.", code="already_flagged"
            )
        ends = _expiry(house, case.now, until)
        owner = (bearer.office_id or 0, bearer.role)
        values = {"case_id": case.id, "source": source, "role": bearer.role, "office_id": owner[0]}
        values |= {"officer": officer, "by": by, "at": case.now, "expires_at": ends}
        _await_review(house, session, case, gang_flags.put(session, values), owner, ends)
        actor = move_actor(bearer.role, by)
        _note(session, case, actor, "set", source)
        if left_to_watch(case.stage):
            briefs.open_for(house, session, case, "gang_flag", actor, bearer.office_id)

    return _changed(house, writing, PUT, ref, change, 201)


def renew(house: House, writing: Writing, ref: str, until: date | None) -> Answer:
    """Review a flag and let it stand for another while, as a second person of the office that set it.

    Raises `NotVisible`, `NoPerson`, and `FlagRefused`: `not_flagged`, `not_your_flag`, `same_person` and as `put`.
    """

    def change(session: Session, bearer: Bearer, case: Locked, by: str) -> None:
        flag = _own(session, bearer, case)
        if flag.set_by == by:
            raise FlagRefused(
                "You set this flag. Somebody else of your office reviews it.", code="same_person"
            )
        ends = _expiry(house, case.now, until)
        gang_flags.renew(session, flag.id, by, ends)
        actor = move_actor(bearer.role, by)
        items.settle_all(session, case, (KIND,), actor, "renewed")
        _await_review(house, session, case, flag.id, (flag.office_id, flag.set_role), ends)
        _note(session, case, actor, "renewed", flag.source)

    return _changed(house, writing, RENEW, ref, change)


def lift(house: House, writing: Writing, ref: str, reason: str) -> Answer:
    """Lift a flag before its end, as somebody of the office that set it.

    Raises `NotVisible`, `NoPerson`, and `FlagRefused`: `not_flagged`, `not_your_flag`.
    """

    def change(session: Session, bearer: Bearer, case: Locked, by: str) -> None:
        _end(session, case, _own(session, bearer, case), move_actor(bearer.role, by), "lifted", reason)

    return _changed(house, writing, LIFT, ref, change)


def end_expired(house: House, limit: int = AT_ONCE) -> int:
    """End the flags whose time is over, or whose docket was taken back, each with its case held; how many."""
    with house.transaction() as session:
        over = gang_flags.run_out(session, limit)
    ended = sum(_ended(house, case_id) for case_id in over)
    if ended:
        log.info("gang_flags.expired", flags=ended)
    return ended


def _ended(house: House, case_id: int) -> bool:
    with house.transaction() as session:
        case = cases.lock(session, case_id)
        return case is not None and _run_out(session, case)


def _run_out(session: Session, case: Locked) -> bool:
    """End the flag of a case that is held, if its time is over, or the docket that it was set on was taken back."""
    flag = gang_flags.standing(session, case.id)
    if flag is None:
        return False
    if flag.expires_at <= case.now:
        _end(session, case, flag, CLOCK, "expired")
    elif not cas_numbers.is_given(session, case.id):
        _end(session, case, flag, CLOCK, "lifted", WITHDRAWN)
    else:
        return False
    return True


def _end(
    session: Session, case: Locked, flag: Flag, actor: str, ending: str, reason: str | None = None
) -> None:
    gang_flags.end(session, flag.id, actor, ending, reason)
    items.settle_all(session, case, (KIND,), actor, ending)
    _note(session, case, actor, ending, reason or flag.source)


def _changed(
    house: House, writing: Writing, action: str, ref: str, change: Change, status: int = 200
) -> Answer:
    """Change the flag of a case once; the answer is the case's number and its flag as it then stands."""

    def effect(session: Session, bearer: Bearer) -> Mapping[str, Any]:
        case = moves.held(session, bearer, action, ref)
        if bearer.staff_id is None or bearer.staff_code is None:
            raise NoPerson("A flag is a person's word: make a token with `hectis token create --staff CODE`.")
        _run_out(session, case)
        change(session, bearer, case, bearer.staff_code)
        wanted = Wanted(
            "case", ("ref", "gang_flag"), access_rules.grant(bearer.role, action).scope, bearer.office_id
        )
        found = reading.one(session, wanted, ref)
        return found[1] if found else {}

    return once.run(house, writing, effect, status)


def _own(session: Session, bearer: Bearer, case: Locked) -> Flag:
    flag = gang_flags.standing(session, case.id)
    if flag is None:
        raise FlagRefused(
            "The case is not flagged. Nothing is left to do; a new flag is set.", code="not_flagged"
        )
    if (flag.office_id, flag.set_role) != (bearer.office_id, bearer.role):
        raise FlagRefused("Another office set this flag: it renews or lifts it.", code="not_your_flag")
    return flag


def _expiry(house: House, now: datetime, until: date | None) -> datetime:
    return expiry(now, add(ALWAYS, now, house.policy.in_force(now).gang_flag_lasts), until)


def _await_review(
    house: House, session: Session, case: Locked, flag_id: int, owner: Post, ends: datetime
) -> None:
    """Ask the office that set a flag to review it, as long before its end as the policy has it for the longest."""
    latest = _expiry(house, case.now, None)
    usual = schedule(house.policy, workflow_rules.awaited(KIND).clock, case.now).due_at
    due = review_due(case.now, ends, latest - usual)
    named.expect(house, session, case, KIND, str(flag_id), owner, due)


def _note(session: Session, case: Locked, actor: str, state: str, code: str) -> None:
    notes.write(session, case.id, actor, KIND, {"state": state, "code": code})
