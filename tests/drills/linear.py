"""Checks that what happened to each case can be told as one story: one thing after the other, nothing twice.

Reads a database in which moves and sweeps raced; used by `races`. A case's ledger is the order in which
things happened to it. In that order no step may fire after the move that stopped its clock, each step that is
done must have fired exactly once, and what people are told must be what the ledger holds.
"""

from sqlalchemy import Engine

from tests.tables import rows

ENTRIES = """
    SELECT l.case_id, l.seq, l.kind, l.at, l.body::jsonb AS body FROM ledger_entry l ORDER BY l.case_id, l.seq
"""
STEPS = """
    SELECT s.id, s.case_id, s.step, k.name AS clock, s.done_at, s.cancelled_at, s.parked_at, k.stopped_at,
           (SELECT count(*) FROM outbox o WHERE o.event = 'case.escalated' AND o.subject_id = s.id) AS told
    FROM clock_step s JOIN clock k ON k.id = s.clock_id WHERE s.level IS NOT NULL
"""


def faults(engine: Engine) -> list[str]:
    """Every place where the story breaks, in words; nothing when it holds."""
    entries = rows(engine, ENTRIES)
    steps = rows(engine, STEPS)
    return [*_entries_out_of_order(entries), *_steps_untrue(steps, entries), *_open_after_the_end(engine)]


def _entries_out_of_order(entries: list) -> list[str]:
    found, stage, before = [], {}, {}
    for one in entries:
        if one.at < before.get(one.case_id, one.at):
            found.append(f"case {one.case_id}: entry {one.seq} is earlier than the one before it")
        before[one.case_id] = one.at
        if one.kind == "stage":
            if one.body["from"] != stage.get(one.case_id, ""):
                found.append(f"case {one.case_id}: entry {one.seq} moves from where the case did not stand")
            stage[one.case_id] = one.body["to"]
        elif one.kind == "escalation" and CLOCK_OF[one.body["clock"]] != stage.get(one.case_id):
            found.append(f"case {one.case_id}: {one.body['clock']} fired after the case had left its stage")
    return found


def _steps_untrue(steps: list, entries: list) -> list[str]:
    fired: dict[tuple[int, str, int], int] = {}
    for one in entries:
        if one.kind == "escalation":
            key = (one.case_id, one.body["clock"], one.body["step"])
            fired[key] = fired.get(key, 0) + 1
    found = []
    for step in steps:
        times = fired.pop((step.case_id, step.clock, step.step), 0)
        done = int(step.done_at is not None)
        if not times == step.told == done:
            found.append(f"step {step.id}: done {done}, in the ledger {times}, told {step.told} times")
        if done and step.cancelled_at is not None:
            found.append(f"step {step.id}: both done and cancelled")
        if done and step.stopped_at is not None and step.done_at > step.stopped_at:
            found.append(f"step {step.id}: fired after its clock had stopped")
        if not done and step.stopped_at is not None and step.cancelled_at is None:
            found.append(f"step {step.id}: left waiting on a stopped clock")
    return found + [f"{key}: in the ledger, but no such step" for key in fired]


def _open_after_the_end(engine: Engine) -> list[str]:
    left = "SELECT e.id FROM escalation e JOIN clock k ON k.id = e.clock_id WHERE (e.cleared_at IS NULL) <> (k.stopped_at IS NULL)"
    return [f"escalation {one.id}: open or cleared other than its clock" for one in rows(engine, left)]


CLOCK_OF = {"referral_decision": "awaiting_basis", "saps_acknowledge": "referred"}
