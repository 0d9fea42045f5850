"""What waits before it is said: quiet hours, further ways, bundles; and what is newer in place of what was not sent.

`services.notification` calls `settle` for what it has planned; the clock calls `keep` at each tick, which lets come due what
was reckoned then. It must not decide who is told.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from hectis_flow.domain import reach
from hectis_flow.domain.calendar import ALWAYS, add
from hectis_flow.domain.notification import OnDuty
from hectis_flow.domain.reach import Arranged, Reach
from hectis_flow.services.house import House
from hectis_flow.storage import database, pacing

#: Further ways that are taken at once; a backlog is worked off tick by tick, oldest first.
AT_ONCE = 500


def settle(
    session: Session,
    ids: Sequence[int],
    arranged: Sequence[Arranged],
    people: Mapping[int, OnDuty],
    rules: Reach,
    at: datetime,
) -> None:
    """What follows from fresh deliveries: older ones that they stand for, further ways, bundles."""
    if not ids:
        return
    pacing.replace(session, ids)
    pacing.further(session, ids, [way for each in arranged for way in each.further])
    told = {notice.staff_id for each in arranged for notice in each.notices}
    dues = {staff: reach.bundle_due(people[staff], rules, at) for staff in sorted(told)}
    _gather(session, ids, dues, rules, at)


def keep(house: House) -> int:
    """Let come due what waited for its time; gives how many notices that are new or no longer held."""
    with house.transaction() as session:
        at = database.now(session)
        edition = house.policy.in_force(at)
        life = add(ALWAYS, at, edition.link_lives) - at
        freed = [*pacing.release(session), *pacing.fire(session, AT_ONCE, life)]
        # What a night has held back is said at once, but as one message where it is much.
        _gather(session, [id_ for id_, _ in freed], _now(freed, at), edition.reach, at)
        pacing.close_bundles(session)
    return len(freed)


def regather(house: House, session: Session, made: Sequence[tuple[int, int]]) -> None:
    """Bundle what goes another way (deliveries with their people), where that is much at once."""
    at = database.now(session)
    _gather(session, [id_ for id_, _ in made], _now(made, at), house.policy.in_force(at).reach, at)


def _now(freed: Collection[tuple[int, int]], at: datetime) -> dict[int, datetime]:
    return {staff: at for _, staff in sorted(freed)}


def _gather(
    session: Session, ids: Sequence[int], dues: Mapping[int, datetime], rules: Reach, at: datetime
) -> None:
    within: timedelta = add(ALWAYS, at, rules.bundle_within) - at
    pacing.gather(session, ids, dues, sorted(rules.personal), rules.bundle_over, within)
