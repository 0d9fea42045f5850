"""What can be read of a case beyond its hospital's and its station's data: docket, court, charges, removals, what is awaited.

Part of `reading_sources`: each is one JSON value made of a case `r`, by codes and days; no name of anybody is
kept in these tables. The numbers by which police and prosecutors look for a case are here as well.
"""

from hectis_flow.domain.workflow_hospital import HOSPITAL_STAGES
from hectis_flow.domain.workflow_saps import SAPS_STAGES
from hectis_flow.storage import reading_countdown
from hectis_flow.storage.reading_briefs import OF_CASE, ON_DATE
from hectis_flow.storage.reversals import taken_back
from hectis_flow.storage.snoozes import HOLDS


def _words(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


# Where a charge waits for its day in court.
# The hospital's part of the road, up to an opened CAS.
OPENING = _words([stage.name for stage in (*HOSPITAL_STAGES, *SAPS_STAGES)])

DOCKET = """(
    SELECT json_build_object('cas_number', concat_ws('/', n.serial, lpad(n.month::text, 2, '0'), n.year),
        'cas_station', w.code, 'verified_by_saps', n.verified_by_saps, 'officer', d.officer,
        'assigned_at', d.assigned_at, 'noted_at', d.noted_at,
        'arrests', (SELECT count(*) FROM arrest a WHERE a.case_id = r.id))
    FROM cas_number n JOIN office w ON w.id = n.station_id LEFT JOIN docket d ON d.case_id = n.case_id
    WHERE n.case_id = r.id)"""
J88 = """(
    SELECT json_build_object('completed_at', d.j88_completed_at, 'collected_at', d.j88_collected_at,
        'collect_by', (SELECT k.due_at FROM item i JOIN clock k ON k.item_id = i.id
                       WHERE i.case_id = r.id AND i.kind = 'j88' AND i.settled_at IS NULL
                         AND k.stopped_at IS NULL))
    FROM docket d WHERE d.case_id = r.id)"""
COURT = f"""(
    SELECT json_build_object('court', w.code, 'court_case_no', m.number, 'next_date',
        (SELECT min(g.next_date) FROM charge g
         WHERE g.case_id = r.id AND g.voided_at IS NULL AND g.stage IN ({ON_DATE})))
    FROM office w LEFT JOIN court_matter m ON m.case_id = r.id AND m.closed_at IS NULL
    WHERE w.id = r.court_id)"""  # noqa: S608  (constants)
CHARGES = """(
    SELECT coalesce(json_agg(json_build_object(
        'accused', g.accused, 'count', g.count, 'offence', g.offence, 'stage', g.stage, 'plea', g.plea,
        'pleaded_at', g.pleaded_at, 'next_date', g.next_date) ORDER BY g.accused, g.count), '[]')
    FROM charge g WHERE g.case_id = r.id AND g.voided_at IS NULL)"""
REMOVALS = """(
    SELECT coalesce(json_agg(json_build_object(
        'way_out', m.way_out, 'cause', m.cause, 'more_causes', m.more_causes,
        'attributable_to', m.attributable_to, 'removed_at', m.removed_at, 'stage', m.stage,
        'awaits', m.awaits, 'requests', m.requests, 'ended_at', m.ended_at, 'ending', m.ending)
        ORDER BY m.id), '[]')
    FROM removal m WHERE m.case_id = r.id)"""
# The J88 has a field of its own, which not everybody who sees these may see.
AWAITED = f"""(
    SELECT coalesce(json_agg(json_build_object(
        'id', i.id, 'kind', i.kind, 'code', i.code, 'office', w.code, 'role', i.role,
        'opened_at', i.opened_at, 'due_at', k.due_at, 'wanted_by', (
            SELECT t.due_at FROM task t WHERE t.item_id = i.id AND t.done_at IS NULL), 'snoozed_until', (
            SELECT z.until FROM snooze z WHERE z.clock_id = k.id AND {HOLDS})) ORDER BY k.due_at, i.id), '[]')
    FROM item i JOIN clock k ON k.item_id = i.id AND k.stopped_at IS NULL JOIN office w ON w.id = i.office_id
    WHERE i.case_id = r.id AND i.settled_at IS NULL AND i.kind <> 'j88')"""  # noqa: S608
# What was put off of the clocks that run, and how the climbs of those clocks read beside what their owners carry.
_SNOOZED = f"""(
    SELECT coalesce(json_agg(json_build_object(
        'clock', k.name, 'item', k.item_id, 'reason', z.reason, 'until', z.until, 'days', z.days,
        'number', z.number, 'role', z.role, 'put_at', z.put_at, 'ended_at', z.ended_at, 'holds', {HOLDS})
        ORDER BY z.id), '[]')
    FROM snooze z JOIN clock k ON k.id = z.clock_id AND k.stopped_at IS NULL LEFT JOIN item i ON i.id = k.item_id
    WHERE z.case_id = r.id AND {{which}})"""  # noqa: S608
SNOOZES = _SNOOZED.format(which="true")
# Of what is awaited beside the stage health sees its J88 alone: the names of the other clocks would tell of the docket.
PUT_OFF = _SNOOZED.format(which=f"(k.item_id IS NULL AND k.stage IN ({OPENING}) OR i.kind = 'j88')")
CLIMBED = """(
    SELECT coalesce(json_agg(json_build_object(
        'clock', k.name, 'item', k.item_id, 'level', e.level, 'office', w.code, 'role', e.role,
        'raised_at', e.raised_at, 'capacity', e.capacity, 'carries', e.carries, 'carried_by', e.carried_by,
        'benchmark', e.benchmark) ORDER BY e.id), '[]')
    FROM escalation e JOIN clock k ON k.id = e.clock_id JOIN office w ON w.id = e.office_id
    WHERE e.case_id = r.id AND e.cleared_at IS NULL)"""
# One that was taken back was none. Days lost are those from the hearing to the next.
POSTPONEMENTS = f"""(
    SELECT json_build_object('count', count(*), 'days_lost', coalesce(sum(p.days), 0),
        'causes', coalesce(json_agg(json_build_object(
            'cause', p.cause, 'asked_by', p.asked_by, 'at', p.at, 'next_date', p.next_date, 'days', p.days)
            ORDER BY p.version), '[]'))
    FROM (
        SELECT t.version, t.at, t.details ->> 'reason' AS cause, t.details ->> 'asked_by' AS asked_by,
               (t.details ->> 'next_date')::date AS next_date,
               (t.details ->> 'next_date')::date - (t.at AT TIME ZONE 'Africa/Johannesburg')::date AS days
        FROM stage_transition t
        WHERE t.case_id = r.id AND t.transition = 'postpone'
          AND (t.case_id, t.version) NOT IN ({taken_back("h.case_id = r.id")})
    ) p)"""  # noqa: S608  (constants)
# Health reads what it decided itself and what came of the referral; of docket and court the stages alone.
HISTORY = f"""(
    SELECT coalesce(json_agg(json_build_object(
        'version', h.version, 'transition', h.transition, 'from_stage', nullif(h.from_stage, ''),
        'to_stage', h.to_stage, 'actor_role', h.actor_role, 'actor', h.actor,
        'details', CASE WHEN h.from_stage IN ('', {OPENING}) THEN h.details ELSE '{{}}' END,
        'at', h.at, 'grade', g.grade, 'proof', g.reason) ORDER BY h.version), '[]')
    FROM stage_transition h LEFT JOIN acknowledgement g ON (g.case_id, g.version) = (h.case_id, h.version)
    WHERE h.case_id = r.id)"""  # noqa: S608

COLUMNS = {
    "brief": OF_CASE,
    "docket": DOCKET,
    "j88": J88,
    "court": COURT,
    "charges": CHARGES,
    "postponements": POSTPONEMENTS,
    "removals": REMOVALS,
    "awaited": AWAITED,
    "countdown": reading_countdown.OF_CASE,
    "snoozes": SNOOZES,
    "put_off": PUT_OFF,
    "climbed": CLIMBED,
    "history": HISTORY,
}
FILTERS = {
    "court": "r.court_id = (SELECT id FROM office WHERE code = :court)",
    # Serial, month and year; the same number may stand at several stations.
    "cas": """r.id IN (
        SELECT n.case_id FROM cas_number n
        WHERE (n.serial, n.month, n.year) = (split_part(:cas, '/', 1)::integer,
            split_part(:cas, '/', 2)::smallint, split_part(:cas, '/', 3)::integer))""",
    # The form of an open docket: still to be completed, or completed and not collected.
    "j88": """EXISTS (
        SELECT FROM docket d WHERE d.case_id = r.id AND d.j88_collected_at IS NULL
           AND (d.j88_completed_at IS NOT NULL) = (:j88 = 'ready'))""",
    # A matter that went to another court is found by either number.
    "court_case_no": "r.id IN (SELECT m.case_id FROM court_matter m WHERE m.number = :court_case_no)",
}
