"""The auditor: asks from the other side whether everybody was told who should have been.

The clock calls `audit` every minute and `beat_outside` only where nothing is open: silence is the alarm.
Written apart from the sweep, it shares no statement and no function with it. It must not mend what it
finds: a fault that mends itself unseen comes back.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, Final, TypeAlias

import requests
import structlog

from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.services.house import House
from hectis_flow.storage import auditor
from hectis_flow.storage.audit_checks import CHECKS
from hectis_flow.storage.auditor import OpenFinding, Standing

log = structlog.get_logger(__name__)

GRACE: Final = timedelta(seconds=30)  # a due step fires within a tick of the clock
PATIENCE: Final = timedelta(seconds=60)  # what a lost job needs to be offered again
HOUR: Final = timedelta(hours=1)
CASES_AT_ONCE: Final = 5_000
OUTSIDE_SECONDS: Final = 5.0

#: Kinds of finding to look for together, and the range to look through.
Look: TypeAlias = tuple[tuple[str, ...], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Findings:
    """What one look found: newly wrong, mended since, all that is open by its kind, and how long it took."""

    found: int
    cleared: int
    open: Mapping[str, int]
    took_ms: float

    @property
    def clean(self) -> bool:
        """Whether nothing is open."""
        return not self.open


def audit(house: House, grace: timedelta = GRACE, patience: timedelta = PATIENCE) -> Findings:
    """Look at everything once; each finding is written down once while it lasts, and closed when mended."""
    begun = perf_counter()
    with house.transaction() as session:
        last, days = auditor.largest_case(session), auditor.since(session)
        hops = auditor.hops(session, patience)
    values = {"grace": grace, "patience": patience, **_waiting()}
    looks = (*(() if hops else _late(*days)), *_by_case(last))
    found = sum(_find(house, kinds, values | scope) for kinds, scope in looks)
    with house.transaction() as session:
        cleared = sum(auditor.clear(session, kind, values) for kind in CHECKS)
        kinds = auditor.open_kinds(session)
        took = (perf_counter() - begun) * 1000
        auditor.record_run(session, took, sum(kinds.values()))
    if kinds:
        log.error("audit.open", found=found, **kinds)
    return Findings(found, cleared, kinds, took)


def standing(house: House) -> Standing:
    """How old the last look is and how much was open then, for `/readyz`."""
    with house.transaction() as session:
        return auditor.standing(session)


def listing(house: House, after: int | None = None, limit: int = 50) -> list[OpenFinding]:
    """Open findings, oldest first, beyond the id `after`."""
    with house.transaction() as session:
        return auditor.open_ones(session, after, limit)


def beat_outside(url: str) -> bool:
    """Tell a watcher outside that all is well; whether it heard. Only for a look that was clean."""
    try:
        answer = requests.get(url, timeout=OUTSIDE_SECONDS, allow_redirects=False)
    except requests.RequestException as fault:
        log.warning("audit.beat_unheard", cause=type(fault).__name__)  # its text would hold the address
        return False
    if answer.status_code >= 300:
        log.warning("audit.beat_unheard", cause=str(answer.status_code))
    return answer.status_code < 300


def _late(since: datetime, now: datetime) -> Iterator[Look]:
    """What is due and was not done; and of what fired, hour by hour, what did not follow.

    While the clock of a practice database hops, nothing of this can be called late.
    """
    fired = tuple(kind for kind, check in CHECKS.items() if ":since" in check.query)
    yield tuple(kind for kind, check in CHECKS.items() if check.case is None and kind not in fired), {}
    while since <= now:
        yield fired, {"since": since, "until": since + HOUR}
        since += HOUR


def _by_case(last: int) -> Iterator[Look]:
    """Every case, some at a time."""
    kinds = tuple(kind for kind, check in CHECKS.items() if check.case)
    for first in range(1, last + 1, CASES_AT_ONCE):
        yield kinds, {"first": first, "last": first + CASES_AT_ONCE - 1}


def _find(house: House, kinds: tuple[str, ...], values: Mapping[str, Any]) -> int:
    with house.transaction() as session:
        return sum(auditor.find(session, kind, values) for kind in kinds)


def _waiting() -> dict[str, list[str | None]]:
    """What the declaration says must be there: stages with a clock, and stages with a task of its kind."""
    tasked = [(stage.name, stage.task) for stage in DECLARATION.stages if stage.task]
    return {
        "clocked": [stage.name for stage in DECLARATION.stages if stage.clock],
        "tasked": [name for name, _ in tasked],
        "tasks": [duty.kind for _, duty in tasked],
        "unless": [duty.unless for _, duty in tasked],
    }
