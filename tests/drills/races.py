"""Acknowledge, escalate and a hospital's A11 let loose on the same case at the same moment, case after case.

Half of the cases are with a station, where a cancelled visit raises a conflict; half wait for a legal basis,
where it voids them. For each, three threads start from one barrier: the answer of the office, the sweep,
the cancellation. As an answer returns, the steps of the clock it stopped are looked at from outside.
"""

from collections import Counter
from collections.abc import Callable
from threading import Barrier, Thread

from sqlalchemy import Connection, Engine, text

from bench.clock_rows import load
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.domain.history_proof import move_body
from hectis_flow.services import casework, escalation, following, sealing
from hectis_flow.services.house import House
from tests.drills.linear import faults
from tests.ladders import make_due
from tests.segments import REGISTERED, adt
from tests.tables import rows, take_in

LIAISON = Actor("facility_liaison", None, "kh-liaison-1")
STATION = Actor("saps_liaison", None, "kh-saps-1")
# Every second case still waits for a basis; its ledger says so too.
HALF_BACK = (
    """
    UPDATE "case" SET stage = 'awaiting_basis', phase = 'hospital',
        ledger_head = ledger_hash(decode(repeat('00', 32), 'hex'), id, 1, opened_at, 'stage', 'rule:bench', :body)
    WHERE id % 2 = 0
    """,
    "UPDATE stage_transition SET to_stage = 'awaiting_basis' WHERE case_id % 2 = 0",
    """
    UPDATE ledger_entry l SET body = :body, hash = c.ledger_head FROM "case" c
    WHERE c.id = l.case_id AND c.id % 2 = 0
    """,
    "UPDATE clock SET stage = 'awaiting_basis', name = 'referral_decision' WHERE case_id % 2 = 0",
)
# Ladders of two steps, so that the sweep may fire one, or both, or none before the answer.
SHORT = "UPDATE clock SET ladder = jsonb_path_query_array(ladder, '$[0 to 1]')"
# So that each of the three comes first now and then: the sweep looks before it begins and would often be last.
HEAD_STARTS = ((0, 0, 0), (6, 0, 6), (0, 0, 6), (6, 0, 0), (12, 0, 12), (3, 0, 3))
LATE = "SELECT count(*) FROM clock_step WHERE case_id = :case AND done_at IS NOT NULL"


def race(house: House, engine: Engine, races: int) -> Counter[str]:
    """Run so many races; how they ended. Raises AssertionError where one of them broke the story."""
    refs = waiting(house, engine, races)
    outcomes: Counter[str] = Counter()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as look:
        for case_id, ref in refs.items():
            make_due(engine, 2, where="case_id = :case", case=case_id)
            outcomes[_one(house, look, case_id, ref)] += 1
    while escalation.sweep(house):
        pass
    found = faults(engine)
    assert found == [], found[:5]
    assert list(sealing.verify(house)) == []
    return outcomes


def waiting(house: House, engine: Engine, how_many: int) -> dict[int, str]:
    """So many cases that wait for somebody, by their ids; none of their steps is due."""
    take_in(house, adt("A04", "c-1", REGISTERED))
    load(engine, how_many)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        body = {"body": move_body("open", "", "awaiting_basis", 1, {})}
        for statement in (*HALF_BACK, SHORT):
            connection.execute(text(statement), body if ":body" in statement else {})
    return {case_id: ref for case_id, ref in rows(engine, 'SELECT id, ref FROM "case" ORDER BY id')}  # noqa: C416


def answer(house: House, case_id: int, ref: str) -> None:
    """What the case waits for: the station acknowledges, or the hospital keeps it anonymous."""
    if case_id % 2:
        casework.move(house, ref, "acknowledge", STATION, {})
    else:
        casework.move(house, ref, "keep_anonymous", LIAISON, {"reason": "consent_refused"})


def _one(house: House, look: Connection, case_id: int, ref: str) -> str:
    answered: list[str] = []
    seen: list[int] = []

    def act() -> None:
        try:
            answer(house, case_id, ref)
        except TransitionRefused:
            answered.append("voided first")
            return
        seen.append(_fired(look, case_id))
        answered.append("answered")

    def cancel() -> None:
        with house.transaction() as session:
            following.end(house, session, case_id, "visit_cancelled", 1)

    start = HEAD_STARTS[case_id // 2 % len(HEAD_STARTS)]
    _together(house, (act, start[0]), (lambda: escalation.sweep(house), start[1]), (cancel, start[2]))
    fired = _fired(look, case_id)
    if seen:
        assert fired == seen[0], f"case {case_id}: a step fired after the answer had been committed"
    return f"{answered[0]}, {fired} fired before"


def _fired(look: Connection, case_id: int) -> int:
    return int(look.execute(text(LATE), {"case": case_id}).scalar_one())


def _together(house: House, *acts: tuple[Callable[[], object], int]) -> None:
    """Let all begin at one moment; the number beside each is how many questions it asks the database first."""
    start, troubles = Barrier(len(acts)), []

    def run(act: Callable[[], object], dawdle: int) -> None:
        start.wait()
        try:
            for _ in range(dawdle):
                house.direct.rows(b"SELECT 1", {})
            act()
        except Exception as fault:  # noqa: BLE001
            troubles.append(fault)

    threads = [Thread(target=run, args=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == [], troubles
