"""The one statement by which due steps fire, and those beside it: parking a step, taking a rule's, looking for any.

`storage.escalations` runs them. Parts are put together by name; what a caller says is always bound. A case is held
with its step, and what another transaction holds is left for the next turn.
"""

from typing import Final

from sqlalchemy import text

from hectis_flow.storage.clocks import WAITING, next_step
from hectis_flow.storage.loads import WEIGHED

# At most one step of a clock waits, so a ladder is climbed rung by rung, however long nobody looked.
NEXT_DUE: Final = f"{WAITING} AND s.due_at <= hectis_now() ORDER BY s.due_at, s.id LIMIT :limit"
THIS_ONE: Final = f"{WAITING} AND s.due_at <= hectis_now() AND s.id = :step"
# A move holds the case's row and cancels the steps before it commits. So whatever this takes belongs to a
# clock that no committed move has stopped, and a move that comes now waits for us and then sees what fired.
HELD: Final = """
    SELECT s.id, s.clock_id, s.case_id, s.step, s.level, s.office_id, s.role, s.transition, s.due_at,
           k.name AS clock, k.started_at, k.office_id AS owner_id, k.ladder
    FROM clock_step s
    JOIN clock k ON k.id = s.clock_id AND k.stopped_at IS NULL
    JOIN "case" c ON c.id = s.case_id AND (c.stage = k.stage OR k.item_id IS NOT NULL)
    WHERE {which}
    FOR NO KEY UPDATE OF s, c SKIP LOCKED
"""
# The moment at which all cases are held: what another transaction wrote to their ledgers meanwhile is earlier.
NOW: Final = """
    now AS MATERIALIZED (
        SELECT hectis_now() + (clock_timestamp() - statement_timestamp()) AS at
        FROM (SELECT count(*) FROM due) AS held
    )
"""
# A person of the province mends what no step can: on the side whose clock it is.
PARKED: Final = """
    parked AS (
        UPDATE clock_step s SET parked_at = now.at FROM broken, now WHERE s.id = broken.id
        RETURNING s.id, s.case_id, broken.owner_id, now.at
    ),
    asked AS (
        INSERT INTO task (kind, case_id, subject_id, office_id, role, opened_at, due_at)
        SELECT 'mend_escalation', p.case_id, p.id, o.id,
               CASE o.kind WHEN 'saps_province' THEN 'provincial_saps' ELSE 'health_data_steward' END,
               p.at, p.at + interval '24 hours'
        FROM parked p JOIN office own ON own.id = p.owner_id, LATERAL (
            SELECT id, kind FROM office WHERE code = :fallback
                OR (kind = 'saps_province' AND own.kind IN ('station', 'cluster', 'anti_gang_unit', 'saps_province'))
            ORDER BY kind = 'saps_province' DESC, id LIMIT 1) o
        ON CONFLICT DO NOTHING
    )
"""
# The body is what `domain.ledger.canonical` would write: keys in their order, no spaces. Its words are our own.
# Of a case one step fires a round, the oldest: its ledger takes one entry a statement, and a case may have several
# clocks whose steps are due at one moment. The others fire in the next round.
FIRED: Final = f"""
    fired AS (
        SELECT DISTINCT ON (due.case_id) due.*,
                             format('{{"clock":"%s","level":%s,"office":"%s","role":"%s","step":%s}}',
                             due.clock, due.level, o.code, due.role, due.step) AS body
        FROM due JOIN office o ON o.id = due.office_id WHERE level IS NOT NULL AND role IS NOT NULL
        ORDER BY due.case_id, due.due_at, due.id
    ),
    marked AS (
        UPDATE clock_step s SET done_at = now.at FROM fired, now WHERE s.id = fired.id
    ),
    {WEIGHED},
    told AS (
        UPDATE "case" c SET ledger_seq = c.ledger_seq + 1,
            ledger_head = ledger_hash(c.ledger_head, c.id, c.ledger_seq + 1, now.at, 'escalation',
                                      'rule:clock', f.body)
        FROM weighed f, now WHERE c.id = f.case_id
        RETURNING c.ledger_seq, c.ledger_head, f.*, now.at
    ),
    entry AS (
        INSERT INTO ledger_entry (case_id, seq, at, kind, actor, body, hash)
        SELECT case_id, ledger_seq, at, 'escalation', 'rule:clock', body, ledger_head FROM told
    ),
    raised AS (
        INSERT INTO escalation AS e (case_id, clock_id, level, office_id, role, opened_at, raised_at,
                                     carries, carried_by, benchmark, capacity)
        SELECT case_id, clock_id, level, office_id, role, at, at, carries, carried_by, benchmark,
               CASE WHEN carries > benchmark THEN 'overload' WHEN carries IS NOT NULL THEN 'response' END
        FROM told
        ON CONFLICT (clock_id) DO UPDATE SET (level, office_id, role, raised_at, carries, carried_by, benchmark, capacity)
            = (excluded.level, excluded.office_id, excluded.role, excluded.raised_at, excluded.carries,
               excluded.carried_by, excluded.benchmark, excluded.capacity)
        WHERE excluded.level >= e.level AND e.cleared_at IS NULL
    ),
    said AS (
        INSERT INTO outbox (event, case_id, subject_id, at)
        SELECT 'case.escalated', case_id, id, at FROM told ORDER BY due_at, id
    )
"""  # noqa: S608  (a constant of storage.loads)


def firing(which: str) -> str:
    """The statement that lets steps fire, of those that `which` chooses among the waiting ones."""
    return f"""
        WITH due AS ({HELD.format(which=which)}),
        {NOW},
        {FIRED},
        broken AS (SELECT * FROM due WHERE level IS NOT NULL AND (office_id IS NULL OR role IS NULL)),
        {PARKED},
        settled AS (
            SELECT clock_id, case_id, ladder, step FROM fired
            UNION ALL SELECT clock_id, case_id, ladder, step FROM broken
        ),
        next AS ({next_step("settled")})
        SELECT (SELECT count(*) FROM told), (SELECT count(*) FROM parked),
               ARRAY(SELECT id FROM due WHERE transition IS NOT NULL ORDER BY due_at, id)
    """  # noqa: S608  (constants of this module)


SWEEP = text(firing(NEXT_DUE))
FIRE_ONE = text(firing(THIS_ONE))
PARK = text(
    f"""
    WITH now AS MATERIALIZED (SELECT hectis_now() AS at),
    broken AS (
        SELECT s.id, s.clock_id, s.case_id, s.step, k.ladder, k.office_id AS owner_id
        FROM clock_step s JOIN clock k ON k.id = s.clock_id JOIN "case" c ON c.id = s.case_id
        WHERE s.id = :step AND {WAITING} FOR NO KEY UPDATE OF s, c SKIP LOCKED
    ),
    {PARKED},
    next AS ({next_step("broken")})
    SELECT count(*) FROM parked
    """  # noqa: S608
)
TAKE_RULE = text(
    f"""
    WITH due AS ({HELD.format(which=THIS_ONE)})
    UPDATE clock_step s SET done_at = hectis_now() FROM due WHERE s.id = due.id
    RETURNING s.case_id, s.transition, due.clock, due.started_at
    """  # noqa: S608
)
OLDEST = text(f"SELECT id FROM ({HELD.format(which=NEXT_DUE)}) due")  # noqa: S608
ANY_DUE: Final = f"""
    SELECT EXISTS (SELECT FROM clock_step s WHERE {WAITING} AND s.due_at <= hectis_now())
""".encode()  # noqa: S608
