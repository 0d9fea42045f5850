"""Which job hears of which event: a kind of job for each, or `None` where nobody listens yet.

The clock closes what has no listener. Checked at import against `domain.events`: an event that is
missing here, or that nobody declared, stops the start instead of waiting in the outbox for ever.
"""

from collections.abc import Iterable, Mapping

from hectis_flow.domain.errors import DeclarationError
from hectis_flow.domain.events import (
    CASE_ESCALATED,
    CASE_OPENED,
    CASE_STAGE_ENTERED,
    DELIVERY_GAVE_UP,
    DIGEST_DUE,
    EVENT_TYPES,
    ROTA_GAP_FOUND,
    TASK_OPENED,
)
from workers.queues import COMPOSE_DIGESTS, JOB_KINDS, PLAN_NOTICES, JobKind

ROUTES: Mapping[str, JobKind | None] = {
    CASE_OPENED: None,
    CASE_STAGE_ENTERED: PLAN_NOTICES,
    CASE_ESCALATED: PLAN_NOTICES,
    TASK_OPENED: PLAN_NOTICES,
    ROTA_GAP_FOUND: PLAN_NOTICES,
    DELIVERY_GAVE_UP: None,
    DIGEST_DUE: COMPOSE_DIGESTS,
}


def check(routes: Mapping[str, JobKind | None], events: Iterable[str], kinds: Iterable[JobKind]) -> None:
    """Raise `DeclarationError` unless every event has its line and every job named is one of ours."""
    declared = set(events)
    if missing := declared - set(routes):
        raise DeclarationError(f"No route for {', '.join(sorted(missing))}: name its job, or None.")
    if unknown := set(routes) - declared:
        raise DeclarationError(f"A route for {', '.join(sorted(unknown))}, which no event is called.")
    if strange := {kind for kind in routes.values() if kind is not None} - set(kinds):
        names = ", ".join(sorted(kind.name for kind in strange))
        raise DeclarationError(f"A route to {names}, which is not among the kinds of job.")


check(ROUTES, (kind.name for kind in EVENT_TYPES), JOB_KINDS)

UNROUTED = tuple(sorted(event for event, kind in ROUTES.items() if kind is None))
