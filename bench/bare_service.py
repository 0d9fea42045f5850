"""The floor for P2 and P3: a bare Flask service with one SQL statement a request and nothing else.

Served by the same gunicorn settings as the product (`bench.bare_service:app`). No sign-in, no scope, no
check, no history that anybody could trust: what a request costs when it is given away.
"""

import os
import threading
from typing import Any

import psycopg
from flask import Flask, Response, request

QUEUE = """
    SELECT coalesce(json_agg(json_build_object('id', r.id, 'kind', r.kind, 'role', r.role, 'due_at', r.due_at,
        'opened_at', r.opened_at, 'case_ref', c.ref, 'stage', c.stage, 'station', s.code) ORDER BY r.due_at, r.id),
        '[]')::text
    FROM (SELECT * FROM task WHERE office_id = %(office)s AND role = 'saps_liaison' AND done_at IS NULL
          ORDER BY due_at, id LIMIT 50) r
    JOIN "case" c ON c.id = r.case_id LEFT JOIN office s ON s.id = c.station_id
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

app = Flask("bare")
_here = threading.local()


def one(statement: str, values: dict[str, Any]) -> Any:
    """The first value of a statement that commits itself, on a connection of this thread."""
    if not hasattr(_here, "connection"):
        _here.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    row = _here.connection.execute(statement, values, prepare=True).fetchone()
    return None if row is None else row[0]


@app.get("/healthz")
def health() -> str:
    """It runs."""
    return "ok"


@app.get("/queue/<int:office>")
def queue(office: int) -> Response:
    """Fifty tasks of an office, due first."""
    return Response(one(QUEUE, {"office": office}), mimetype="application/json")


@app.post("/cases/<int:case_id>/steps")
def step(case_id: int) -> Response | tuple[Response, int]:
    """One step of a case."""
    done = one(STEP, {"id": case_id, "step": request.get_json()["step"]})
    if done is None:
        return Response("{}", mimetype="application/json"), 409
    return Response(f'{{"step": {done}}}', mimetype="application/json")
