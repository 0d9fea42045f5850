"""Cases walked at random along the road, and what must hold of them whatever was tried (R13).

What may follow what is written down here a second time, from the table of the state machine itself, so that a
slip in the declaration does not judge itself.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.casework import Actor, needs_second
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.domain.standing import Made, rebuild
from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.domain.workflow_shapes import Transition
from hectis_flow.services import casework, undo
from hectis_flow.services.house import House
from hectis_flow.services.items import settle_all
from hectis_flow.storage import cases
from hectis_flow.storage.cases import Locked
from tests.road import BY_ROLE, COURT, OTHER_COURT, Road

REMOVED: Final = ("withdrawn_6a", "struck_informal", "struck_342a")
FINAL: Final = ("acquitted", "discharged_174", "stopped_6b", "abated", "special_verdict")
CLOSED: Final = ("closed_undetected", "closed_unfounded", "closed_complainant_withdrew")
#: From where to where, row by row of the state machine (rows 8 to 25); every charge and uncharged case keeps to it.
ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(after.split())
    for name, after in {
        "case_opened": "under_investigation",
        "under_investigation": f"under_investigation to_prosecutor {' '.join(CLOSED)}",
        "closed_undetected": "closed_undetected under_investigation",
        "closed_unfounded": "closed_unfounded under_investigation",
        "closed_complainant_withdrew": "closed_complainant_withdrew under_investigation",
        "to_prosecutor": "returned_to_saps enrolled nolle_prosequi diverted abated",
        "returned_to_saps": "to_prosecutor abated",
        "enrolled": "on_roll abated",
        "on_roll": f"postponed pleaded {' '.join(REMOVED)} transferred warrant_j50 s77_78 diverted abated",
        "postponed": "on_roll pleaded trial judgment abated",
        "pleaded": "trial convicted postponed stopped_6b closed_342a3d warrant_j50 s77_78 abated",
        "trial": "judgment discharged_174 stopped_6b postponed warrant_j50 abated",
        "judgment": "convicted acquitted postponed abated",
        "closed_342a3d": "acquitted abated",
        "convicted": "sentenced appeal abated",
        "sentenced": "appeal",
        "appeal": "convicted acquitted on_roll abated",
        **{
            name: f"{name} under_investigation reenrolment_requested lapsed finalised_elsewhere abated"
            for name in REMOVED
        },
        "reenrolment_requested": "reenrolled refused abated",
        "reenrolled": "on_roll abated",
        "refused": "reenrolment_requested lapsed finalised_elsewhere abated",
        "nolle_prosequi": "to_prosecutor lapsed finalised_elsewhere abated",
        "diverted": "to_prosecutor on_roll diversion_completed abated",
        "transferred": "on_roll abated",
        "warrant_j50": "on_roll pleaded trial abated",
        "s77_78": "on_roll pleaded special_verdict abated",
        "lapsed": "under_investigation",
    }.items()
}
MOVES: Final = tuple(
    move
    for move in DECLARATION.transitions
    if set(move.sources) & set(ALLOWED) and set(move.roles) & set(BY_ROLE)
)
SECOND: Final = "kh-second-1"
# How often what is tried could be, a docket gets what it lacks, and the newest move is taken back.
MOSTLY, CURING, UNDOING = 0.9, 0.3, 0.08


@dataclass
class Walk:
    """Some cases, walked step by step by one seed."""

    house: House
    engine: Engine
    roads: Sequence[Road]
    seed: int
    made: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311  (a walk, no secret)
        self.today = date.fromisoformat(self.roads[0].day(0))

    def steps(self, how_many: int) -> None:
        """Try so many moves, in one transaction: a refused one leaves nothing to roll back."""
        with self.house.transaction() as session:
            for _ in range(how_many):
                self._step(session, self.chance.choice(self.roads))

    def _step(self, session: Session, road: Road) -> None:
        """Try one move of one case, most often one that could be made."""
        case = cases.lock_by_ref(session, road.ref)
        assert case is not None
        if self.chance.random() < CURING:
            settle_all(session, case, ("outstanding_item",), "detective_commander:kh-det-1", "cured")
        if self.chance.random() < UNDOING:
            self._undo(session, case)
            return
        at = set(session.scalars(STAGES, {"id": case.id})) or {case.stage}
        move = self._move(at)
        actor, details = self._actor(move), self._details(move, at)
        second = SECOND if needs_second(move.id, actor, details) and self.chance.random() < MOSTLY else None
        try:
            after = casework.apply(self.house, session, case, move.id, actor, details, second=second)
        except TransitionRefused as refusal:
            self.refused[refusal.code] += 1
            stands = session.execute(STANDS, {"id": case.id}).one()
            assert tuple(stands) == (case.version, case.stage), "A refused move left something behind."
        else:
            self.made[move.id, case.stage, after.stage] += 1

    def _undo(self, session: Session, case: Locked) -> None:
        """Try to take the newest move back, now and then as somebody who did not make it."""
        role, name = session.execute(NEWEST, {"id": case.id}).one()
        actor = (
            Actor(role, None, name)
            if self.chance.random() < MOSTLY
            else self.chance.choice(list(BY_ROLE.values()))
        )
        try:
            after = undo.take_back(self.house, session, case, actor, "undo", {})
        except TransitionRefused as refusal:
            self.refused[refusal.code] += 1
        else:
            self.made["undo", case.stage, after.stage] += 1

    def _move(self, at: set[str]) -> Transition:
        fitting = [move for move in MOVES if set(move.sources) & at]
        if fitting and self.chance.random() < MOSTLY:
            weights = [
                0.05 if move.id == "abate" or set(move.targets) & set(FINAL) else 1.0 for move in fitting
            ]
            return self.chance.choices(fitting, weights)[0]
        return self.chance.choice(MOVES)

    def _actor(self, move: Transition) -> Actor:
        if self.chance.random() < 0.05:
            return self.chance.choice(list(BY_ROLE.values()))
        return BY_ROLE[self.chance.choice([role for role in move.roles if role in BY_ROLE])]

    def _details(self, move: Transition, at: set[str]) -> dict[str, str]:
        given = {name: self._value(move, name, at) for name in move.needs}
        for name in move.may:
            if self.chance.random() < (0.15 if name == "of" else 0.4):
                given[name] = self._value(move, name, at)
        if move.id == "enrol" and self.chance.random() < 0.8:
            given["charges"] = self._value(move, "charges", at)
        if given and self.chance.random() < 0.03:
            del given[self.chance.choice(list(given))]
        return given

    def _value(self, move: Transition, name: str, at: set[str]) -> str:
        codes = workflow_rules.codes(move, name)
        if name == "charges":
            return self.chance.choice(["1=murder", "1=murder,firearm_possession;2=murder", "3=assault_gbh"])
        if name == "items":
            return self.chance.choice(["ballistic_report", "witness_statement:2027-01-15,j88"])
        if name == "verdict_on":
            return "trial" if "judgment" in at else self.chance.choice(["s112", "s105A"])
        if codes:
            return self.chance.choice(codes)
        return self._formed(name)

    def _formed(self, name: str) -> str:
        day = (self.today + timedelta(days=self.chance.randrange(-1, 60))).isoformat()
        values = {
            "court": self.chance.choice([COURT, OTHER_COURT]),
            "court_case_no": f"B{self.chance.randrange(1000)}/2026",
            "next_date": day,
            "dpp_date": (self.today - timedelta(days=self.chance.randrange(-1, 30))).isoformat(),
            "dpp_ref": "DPP/1/2026",
            "document_ref": "REF-1",
            "officer": "kh-io-2",
            "months": "24",
            "children": self.chance.choice(["1", "1,3"]),
            "of": self.chance.choice(["1", "1.1", "2", "1,2", "3"]),
        }
        return values[name]


STAGES = text("SELECT DISTINCT stage FROM charge WHERE case_id = :id AND voided_at IS NULL")
NEWEST = text(
    "SELECT actor_role, actor FROM stage_transition WHERE case_id = :id ORDER BY version DESC LIMIT 1"
)
STANDS = text('SELECT version, stage FROM "case" WHERE id = :id')
OPEN_REMOVALS = """
    SELECT r.id, (SELECT count(*) FROM item i JOIN clock k ON k.item_id = i.id AND k.stopped_at IS NULL
                  JOIN task t ON t.item_id = i.id AND t.done_at IS NULL
                  WHERE i.removal_id = r.id AND i.settled_at IS NULL
                    AND i.kind IN ('removal_saps', 'removal_npa', 'reenrolment', 'refusal'))
    FROM removal r WHERE r.ended_at IS NULL
"""
FAULTS: Final[Mapping[str, str]] = {
    "a stage that waits has one running clock of its own, an end none": """
        SELECT c.ref FROM "case" c LEFT JOIN clock k
            ON k.case_id = c.id AND k.stopped_at IS NULL AND k.item_id IS NULL
        GROUP BY c.id HAVING count(k.id) <> (c.stage = ANY(:clocked))::int
    """,
    "a stage that asks something has one open task, any other none": """
        SELECT c.ref FROM "case" c LEFT JOIN task t ON t.case_id = c.id AND t.by_stage AND t.done_at IS NULL
        GROUP BY c.id HAVING count(t.id) <> (c.stage = ANY(:tasked))::int
    """,
    "every stop has a coded reason": """
        SELECT c.ref FROM stage_transition t JOIN "case" c ON c.id = t.case_id
        WHERE t.transition = ANY(:stops) AND coalesce(t.details ->> 'reason', '') = ''
    """,
    "a running clock has a step to come, and an owner": """
        SELECT c.ref FROM clock k JOIN "case" c ON c.id = k.case_id WHERE k.stopped_at IS NULL AND NOT EXISTS (
            SELECT FROM clock_step s WHERE s.clock_id = k.id AND s.cancelled_at IS NULL AND s.done_at IS NULL)
    """,
    "an item that is settled has nothing that runs": """
        SELECT c.ref FROM item i JOIN "case" c ON c.id = i.case_id
        WHERE i.settled_at IS NOT NULL AND (
            EXISTS (SELECT FROM clock k WHERE k.item_id = i.id AND k.stopped_at IS NULL)
            OR EXISTS (SELECT FROM task t WHERE t.item_id = i.id AND t.done_at IS NULL))
    """,
    "a charge that was pleaded to is at no removal": """
        SELECT c.ref FROM charge h JOIN "case" c ON c.id = h.case_id
        WHERE h.pleaded_at IS NOT NULL AND h.stage IN ('withdrawn_6a', 'struck_informal', 'struck_342a')
    """,
    "a removed charge has an open removal, and only such a one": """
        SELECT c.ref FROM charge h JOIN "case" c ON c.id = h.case_id LEFT JOIN removal r ON r.id = h.removal_id
        WHERE (h.stage IN ('withdrawn_6a', 'struck_informal', 'struck_342a', 'reenrolment_requested', 'refused')
               AND r.id IS NULL) OR r.ended_at IS NOT NULL
    """,
}


def faults(engine: Engine) -> list[str]:
    """Whatever does not hold of the stored cases, in a sentence with the case's number."""
    values = {
        "clocked": [one.name for one in DECLARATION.stages if one.clock],
        "tasked": [one.name for one in DECLARATION.stages if one.task and one.task.unless is None],
        "stops": [
            one.id
            for one in DECLARATION.transitions
            if one.removes or any(workflow_rules.stage(name).end for name in one.targets)
        ],
    }
    found: list[str] = []
    with engine.connect() as connection:
        for rule, query in FAULTS.items():
            found += [f"{rule}: {row[0]}" for row in connection.execute(text(query), values)]
        owned = connection.execute(text(OPEN_REMOVALS)).all()
    found += [f"removal {id_}: awaited {count} times" for id_, count in owned if count != 1]
    return found + unlike(engine)


def unlike(engine: Engine) -> list[str]:
    """Cases whose stage or charges are not what their history makes of them, or that skipped a stage."""
    found: list[str] = []
    with engine.connect() as connection:
        for case_id, ref, stage in connection.execute(
            text('SELECT id, ref, stage FROM "case" ORDER BY id')
        ).all():
            history = connection.execute(HISTORY, {"id": case_id}).all()
            told = rebuild([Made(*row) for row in history])
            stored = connection.execute(CHARGES, {"id": case_id}).all()
            again = [(c.accused, c.count, c.stage, c.pleaded, c.locked, c.next_date) for c in told.charges]
            if told.stage != stage or [tuple(row) for row in stored] != sorted(
                again, key=lambda one: one[:2]
            ):
                found.append(f"history makes another state: {ref}: {told} is {stage}, {stored}")
        for ref, source, target in connection.execute(STEPS):
            if (source in ALLOWED and target not in ALLOWED[source]) or source in FINAL:
                found.append(f"skipped from {source} to {target}: {ref}")
    return found


HISTORY = text(
    "SELECT transition, to_stage, details, at FROM stage_transition WHERE case_id = :id ORDER BY version"
)
CHARGES = text(
    "SELECT accused, count, stage, pleaded_at IS NOT NULL, locked, next_date FROM charge WHERE case_id = :id "
    "AND voided_at IS NULL ORDER BY accused, count"
)
# Of a charged case the charges step; of any other the case itself.
STEPS = text(
    """
    SELECT c.ref, t.from_stage, t.to_stage FROM charge_transition t JOIN "case" c ON c.id = t.case_id
    WHERE t.transition NOT IN ('undo', 'correct')
    UNION ALL
    SELECT c.ref, t.from_stage, t.to_stage FROM stage_transition t JOIN "case" c ON c.id = t.case_id
    WHERE t.transition NOT IN ('undo', 'correct') AND NOT EXISTS (
        SELECT FROM charge_transition h WHERE h.case_id = t.case_id AND h.case_version = t.version)
    """
)
