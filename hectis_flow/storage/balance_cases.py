"""The balance of the cases: each with its history, its ledger, its clock and its task; and the seals over all."""

from collections.abc import Mapping
from typing import Final

from hectis_flow.storage.balance_sides import GRACE, LATE, Side

CASES: Final[Mapping[str, Side]] = {
    "cases": Side(
        ("open", "disputed", "closed", "voided"),
        """
        SELECT c.id, CASE
            WHEN i.id IS NULL THEN 'case_without_incident'
            WHEN o.id IS NULL THEN 'case_without_owner'
            WHEN h.case_id IS NULL THEN 'history_gone'
            WHEN h.moves <> h.newest OR h.newest <> c.version THEN 'history_broken'
            WHEN t.to_stage IS DISTINCT FROM c.stage THEN 'stage_without_move'
            WHEN w.phase IS DISTINCT FROM c.phase THEN 'stage_of_another_phase'
            WHEN l.entries IS DISTINCT FROM c.ledger_seq THEN 'ledger_broken'
            WHEN l.head IS DISTINCT FROM c.ledger_head THEN 'ledger_head_differs'
            WHEN l.moves <> h.moves THEN 'ledger_tells_otherwise'
            WHEN coalesce(z.sealed, 0) <> c.sealed_seq THEN 'seal_tells_otherwise'
            WHEN w.clocked AND k.case_id IS NULL THEN 'clock_missing'
            WHEN w.task IS NOT NULL AND a.case_id IS NULL AND (w.unless = 'station' AND c.station_id IS NOT NULL) IS NOT TRUE
                THEN 'task_missing'
            WHEN c.stage = 'voided' THEN 'voided'
            WHEN w.ends THEN 'closed'
            WHEN x.case_id IS NOT NULL THEN 'disputed'
            ELSE 'open' END AS verdict
        FROM "case" c
        LEFT JOIN incident i ON i.id = c.incident_id
        LEFT JOIN office o ON o.id = c.owner_office_id
        LEFT JOIN unnest(CAST(:stages AS text[]), CAST(:phases AS text[]), CAST(:are_ends AS boolean[]),
                         CAST(:clocked AS boolean[]), CAST(:tasks AS text[]), CAST(:unless AS text[]))
            AS w (stage, phase, ends, clocked, task, unless) ON w.stage = c.stage
        LEFT JOIN (SELECT case_id, count(*) AS moves, max(version) AS newest FROM stage_transition GROUP BY 1) h
            ON h.case_id = c.id
        LEFT JOIN stage_transition t ON t.case_id = c.id AND t.version = c.version
        LEFT JOIN (SELECT case_id, count(*) AS entries, count(*) FILTER (WHERE kind = 'stage') AS moves,
                          (array_agg(hash ORDER BY seq DESC))[1] AS head
                   FROM ledger_entry GROUP BY 1) l ON l.case_id = c.id
        LEFT JOIN (SELECT case_id, max(seq) AS sealed FROM ledger_seal_head GROUP BY 1) z ON z.case_id = c.id
        LEFT JOIN clock k ON k.case_id = c.id AND k.stopped_at IS NULL AND k.item_id IS NULL
        LEFT JOIN (SELECT DISTINCT case_id, kind FROM task WHERE done_at IS NULL) a
            ON a.case_id = c.id AND a.kind = w.task
        LEFT JOIN (SELECT DISTINCT case_id FROM case_conflict WHERE resolved_at IS NULL) x ON x.case_id = c.id
        """,
    ),
    "moves": Side(
        ("made",),
        """
        SELECT t.id, CASE
            WHEN c.id IS NULL THEN 'move_of_no_case'
            WHEN w.transition IS NULL THEN 'move_undeclared'
            WHEN t.version > 1 AND b.case_id IS NULL THEN 'move_before_gone'
            WHEN t.version > 1 AND b.to_stage <> t.from_stage THEN 'road_broken'
            WHEN l.case_id IS NULL THEN 'move_without_entry'
            WHEN t.version = 1 AND o.subject_id IS NULL THEN 'opening_not_said'
            WHEN t.version > 1 AND t.version = c.version AND s.subject_id IS NULL THEN 'move_not_said'
            ELSE 'made' END AS verdict
        FROM stage_transition t
        LEFT JOIN "case" c ON c.id = t.case_id
        LEFT JOIN workflow_edge w
            ON w.transition = t.transition AND w.from_stage = t.from_stage AND w.to_stage = t.to_stage
        LEFT JOIN stage_transition b ON b.case_id = t.case_id AND b.version = t.version - 1
        LEFT JOIN (SELECT case_id, at, actor FROM ledger_entry WHERE kind = 'stage' GROUP BY 1, 2, 3) l
            ON l.case_id = t.case_id AND l.at = t.at AND l.actor = t.actor_role || ':' || t.actor
        LEFT JOIN outbox o ON o.event = 'case.opened' AND o.subject_id = t.id
        LEFT JOIN outbox s ON s.event = 'case.stage_entered' AND s.subject_id = t.id
        """,
    ),
    "entries": Side(
        ("sealed", "not_yet_sealed"),
        f"""
        SELECT l.id, CASE
            WHEN c.id IS NULL THEN 'entry_of_no_case'
            WHEN l.seq > c.ledger_seq THEN 'entry_past_the_head'
            WHEN l.seq > 1 AND b.case_id IS NULL THEN 'entry_before_gone'
            WHEN l.seq <= c.sealed_seq THEN 'sealed'
            WHEN {LATE} AND l.at + {GRACE} < hectis_now() THEN 'entry_left_unsealed'
            ELSE 'not_yet_sealed' END AS verdict
        FROM ledger_entry l
        LEFT JOIN "case" c ON c.id = l.case_id
        LEFT JOIN ledger_entry b ON b.case_id = l.case_id AND b.seq = l.seq - 1
        """,  # noqa: S608  (constants)
    ),
    "seals": Side(
        ("standing",),
        """
        SELECT s.number AS id, CASE
            WHEN s.number > 1 AND b.number IS NULL THEN 'seal_before_gone'
            WHEN h.number IS NULL AND s.balance_number IS NULL THEN 'seal_of_nothing'
            WHEN s.balance_number IS NOT NULL AND d.number IS NULL THEN 'sealed_balance_gone'
            WHEN d.hash <> s.balance_hash THEN 'sealed_balance_differs'
            ELSE 'standing' END AS verdict
        FROM ledger_seal s
        LEFT JOIN ledger_seal b ON b.number = s.number - 1
        LEFT JOIN (SELECT DISTINCT number FROM ledger_seal_head) h ON h.number = s.number
        LEFT JOIN balance d ON d.number = s.balance_number
        """,
    ),
    "disclosures": Side(
        ("lawful",),
        """
        SELECT d.id, CASE
            WHEN t.case_id IS NULL THEN 'disclosure_of_no_move'
            WHEN t.to_stage <> 'referred' THEN 'disclosure_without_referral'
            WHEN o.id IS NULL THEN 'disclosure_to_nobody'
            ELSE 'lawful' END AS verdict
        FROM disclosure d
        LEFT JOIN stage_transition t ON t.case_id = d.case_id AND t.version = d.version
        LEFT JOIN office o ON o.id = d.office_id
        """,
    ),
    "acknowledgements": Side(
        ("answered", "answered_beside", "doubted"),
        """
        SELECT k.id, CASE
            WHEN k.link_id IS NOT NULL AND l.id IS NULL THEN 'acknowledged_by_no_link'
            WHEN k.grade = 'C' THEN 'doubted'
            WHEN k.item_id IS NOT NULL AND i.settled_at IS NULL THEN 'acknowledged_and_still_awaited'
            WHEN coalesce(k.item_id, k.step_id) IS NOT NULL THEN 'answered_beside'
            WHEN t.case_id IS NULL THEN 'acknowledged_without_move'
            ELSE 'answered' END AS verdict
        FROM acknowledgement k
        LEFT JOIN item i ON i.id = k.item_id
        LEFT JOIN stage_transition t ON t.case_id = k.case_id AND t.version = k.version
        LEFT JOIN action_link l ON l.id = k.link_id
        """,
    ),
}
