"""A grave answer that came through a link is confirmed by somebody signed in, or its own clock climbs.

`services.acknowledgement` asks for it with the answer, where the policy calls the clock grave; `services.moves` ends it
with whatever somebody of that post does next about the case, signed in, and `services.item_notes` where it is said by
itself. The referral stays answered meanwhile: two clocks for one silence would tell the same people twice.
"""

from sqlalchemy.orm import Session

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.acknowledgement import Evidence, Floors, Grade, grade
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.services import items
from hectis_flow.services.house import House
from hectis_flow.storage import acknowledgements
from hectis_flow.storage.acknowledgements import Answer
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.tokens import Bearer

KIND = "grave_answer"
ENDING = "confirmed"


def asked(house: House, session: Session, before: Locked, after: Locked, given: Grade) -> bool:
    """Await a confirmation of an answer that a case, as it was held `before`, was just given; whether it is awaited."""
    clock = workflow_rules.stage(before.stage).clock
    if given.letter == "A" or clock is None or not house.policy.in_force(before.now).clocks[clock].grave:
        return False
    return items.expect(house, session, after, KIND) is not None


def by_move(house: House, session: Session, case: Locked, bearer: Bearer) -> None:
    """End it where somebody of its post makes a move of the case, signed in."""
    if bearer.staff_id is None or not house.policy.has_grave:
        return
    if bearer.role != workflow_rules.awaited(KIND).task.role:
        return
    by = move_actor(bearer.role, bearer.name)
    for one in items.settle_all(session, case, (KIND,), by, ENDING):
        said(session, case.id, bearer, one.id)


def said(session: Session, case_id: int, bearer: Bearer, item_id: int) -> None:
    """Write down the answer of somebody signed in that ended it."""
    proved = grade(Evidence("signed_in", own=bearer.staff_id is not None), Floors(0, 0))
    acknowledgements.add(session, Answer(case_id, bearer.staff_id, item_id=item_id), proved)
