"""The floor for P2 and P3: a bare Flask service with one SQL statement a request and nothing else.

Served by the same gunicorn settings as the product (`bench.bare_service:app`). No sign-in, no scope, no
check, no history that anybody could trust: what a request costs when it is given away. `/moves` writes the
rows that a move of the product writes, by the product's own statement, with values that nobody reckoned.
"""

import json
import os
import threading
from typing import Any

import psycopg
from flask import Flask, Response, request
from jinja2 import Environment

from hectis_flow.storage.cases import MOVE

QUEUE = """
    SELECT coalesce(json_agg(json_build_object('id', r.id, 'kind', r.kind, 'role', r.role, 'due_at', r.due_at,
        'opened_at', r.opened_at, 'case_ref', c.ref, 'stage', c.stage, 'station', s.code) ORDER BY r.due_at, r.id),
        '[]')::text
    FROM (SELECT * FROM task WHERE office_id = %(office)s AND role = 'saps_liaison' AND done_at IS NULL
          ORDER BY due_at, id LIMIT 50) r
    JOIN "case" c ON c.id = r.case_id LEFT JOIN office s ON s.id = c.station_id
"""
# The same tasks as rows, for a page of them.
ROWS = """
    SELECT r.id, r.kind, r.due_at, r.opened_at, c.ref, c.stage, s.name
    FROM (SELECT * FROM task WHERE office_id = %(office)s AND role = 'saps_liaison' AND done_at IS NULL
          ORDER BY due_at, id LIMIT %(limit)s) r
    JOIN "case" c ON c.id = r.case_id LEFT JOIN office s ON s.id = c.station_id
    ORDER BY r.due_at, r.id
"""
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Queue</title></head><body><h1>Queue</h1>
<ul>{% for id, kind, due_at, opened_at, ref, stage, station in rows %}
<li><a href="/cases/{{ ref }}">{{ kind }}</a> due {{ due_at }}, since {{ opened_at }} · {{ ref }} · {{ station }} ({{ stage }})</li>
{%- endfor %}</ul></body></html>
"""
STEP = """
    WITH moved AS (
        UPDATE bare_case SET step = step + 1 WHERE id = %(id)s AND step = %(step)s RETURNING id, step
    )
    INSERT INTO bare_history (case_id, step) SELECT id, step FROM moved RETURNING step
"""
TABLES = """
    CREATE TABLE bare_case (id bigint PRIMARY KEY, step integer NOT NULL DEFAULT 0);
    CREATE TABLE bare_history (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, case_id bigint NOT NULL,
                               step integer NOT NULL, at timestamptz NOT NULL DEFAULT now());
"""

# A case that goes to and fro between its station and its hospital: referred at odd versions, asked about at even.
RUNGS = [
    {"level": level, "role": "saps_liaison", "due_at": "2099-01-01T00:00:00+02:00"} for level in range(5)
]
ANY_MOVE = {
    "workflow_version": 4,
    "court_id": None,
    "charged": False,
    "actor_role": "saps_liaison",
    "actor": "bench",
    "details": "{}",
    "kind": "stage",
    "ledger_actor": "saps_liaison:bench",
    "body": '{"details":{},"from":"referred","to":"returned_for_info","transition":"return_for_info","version":2}',
    "events": "{case.stage_entered}",
    "urgent": False,
    "policy_version": "bench",
    "started_at": "2026-01-01T00:00:00+02:00",
    "due_at": "2099-01-01T00:00:00+02:00",
}
MOVES = (
    {
        "transition": "refer_again",
        "from_stage": "returned_for_info",
        "stage": "referred",
        "phase": "saps",
        "clock": "saps_acknowledge",
        "task": "acknowledge_referral",
        "task_role": "saps_liaison",
    },
    {
        "transition": "return_for_info",
        "from_stage": "referred",
        "stage": "returned_for_info",
        "phase": "saps",
        "clock": "info_return",
        "task": "answer_info",
        "task_role": "facility_liaison",
    },
)

app = Flask("bare")
_here = threading.local()
_TEMPLATE = Environment(autoescape=True).from_string(PAGE)


def one(statement: str | bytes, values: dict[str, Any]) -> Any:
    """The first value of a statement."""
    row = run(statement, values).fetchone()
    return None if row is None else row[0]


def run(statement: str | bytes, values: dict[str, Any]) -> Any:
    """Run a statement that commits itself, on a connection of this thread."""
    if not hasattr(_here, "connection"):
        _here.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    return _here.connection.execute(statement, values, prepare=True)


@app.get("/healthz")
def health() -> str:
    """It runs."""
    return "ok"


@app.get("/queue/<int:office>")
def queue(office: int) -> Response:
    """Fifty tasks of an office, due first."""
    return Response(one(QUEUE, {"office": office}), mimetype="application/json")


@app.get("/queue/<int:office>/page/<int:limit>")
def page(office: int, limit: int) -> str:
    """The tasks of an office that are due first, as a bare page."""
    return _TEMPLATE.render(rows=run(ROWS, {"office": office, "limit": limit}).fetchall())


@app.post("/moves/<int:case_id>")
def move(case_id: int) -> Response | tuple[Response, int]:
    """One move of a case, as the product writes it, whatever it may be."""
    version = request.get_json()["version"]
    if not hasattr(_here, "office"):
        _here.office = one("SELECT id FROM office WHERE code = 'khayelitsha-saps'", {})
        _here.ladder = json.dumps([{**rung, "office_id": _here.office} for rung in RUNGS])
    values = ANY_MOVE | MOVES[version % 2] | {"id": case_id, "version": version}
    done = one(MOVE.sent, values | {"owner_office_id": _here.office, "ladder": _here.ladder})
    return Response(f'{{"id": {done}}}', mimetype="application/json"), 200 if done else 409


@app.post("/cases/<int:case_id>/steps")
def step(case_id: int) -> Response | tuple[Response, int]:
    """One step of a case."""
    done = one(STEP, {"id": case_id, "step": request.get_json()["step"]})
    if done is None:
        return Response("{}", mimetype="application/json"), 409
    return Response(f'{{"step": {done}}}', mimetype="application/json")
