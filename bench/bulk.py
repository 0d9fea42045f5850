"""Two hundred writes in one request beside two hundred single ones: rows a second, over HTTP's own app.

`python -m bench.bulk`. On a PostgreSQL with fsync on, cases wait at a station, and one person acknowledges 200 of
them: by single requests one after the other, each with a key, and by one `POST /api/v1/bulk` with a key. Both call
the same service; what one request spares is the way there and back, which no network is part of here. Ends with one
line of JSON.
"""

import json
import os
import statistics
import sys
import time
import uuid
from collections.abc import Sequence

from alembic import command
from flask.testing import FlaskClient
from sqlalchemy import create_engine

from bench.web_servers import product_environ
from config.settings import _psycopg
from config.settings import load as load_settings
from hectis_flow.app import create_app, house_of
from hectis_flow.commands.database import alembic_config, found_deployment
from hectis_flow.commands.reference import OFFICES, TREE, read_offices, read_tree
from hectis_flow.services.reference import load
from tests.api.people import STAFF, People, hire
from tests.road import roads
from workers.local_services import temporary_services

ROWS = int(os.environ.get("BENCH_ROWS", "200"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
ACKNOWLEDGE = {"move": "acknowledge", "details": {}}


def main() -> int:
    """Measure and print; there is no limit to hold."""
    with temporary_services() as (services, addresses):
        client, people, refs = _waiting(_psycopg(services.create_database("bulk")), addresses.redis_url)
        took = _measured(client, people, refs)
    rates = {name: round(ROWS / statistics.median(each)) for name, each in took.items()}
    print(
        json.dumps({"rows": ROWS, "rows_a_second": rates, "ratio": round(rates["bulk"] / rates["single"], 2)})
    )
    return 0


def _waiting(url: str, redis_url: str) -> tuple[FlaskClient, People, list[str]]:
    """The product on a database of its own, its people, and the cases that wait at their station."""
    command.upgrade(alembic_config(url), "head")
    found_deployment(url, practice=True)
    app = create_app(load_settings(product_environ(url, redis_url) | {"HECTIS_LOG_LEVEL": "error"}))
    house, engine = house_of(app), create_engine(url)
    load(house, read_offices(OFFICES), read_tree(TREE))
    people = hire(house, engine, STAFF)
    found = roads(house, engine, (ROUNDS + 1) * 2 * ROWS)
    for road in found:
        road.go("basis_recorded", disclosure_basis="consent_written")
    return app.test_client(), people, [road.ref for road in found]


def _measured(client: FlaskClient, people: People, refs: Sequence[str]) -> dict[str, list[float]]:
    """The seconds of each round, by the way of writing; the first round of each is not counted."""
    took: dict[str, list[float]] = {"single": [], "bulk": []}
    acts = {"single": singly, "bulk": at_once}
    for round_ in range(ROUNDS + 1):
        for place, (name, act) in enumerate(acts.items()):
            first = (2 * round_ + place) * ROWS
            begun = time.perf_counter()
            if act(client, people, refs[first : first + ROWS]) != ROWS:
                raise RuntimeError("a write was refused")
            if round_:
                took[name].append(time.perf_counter() - begun)
    return took


def singly(client: FlaskClient, people: People, refs: Sequence[str]) -> int:
    """One request a case; how many were done."""
    answers = [
        people.post(client, "ks-1", f"cases/{ref}/moves", ACKNOWLEDGE, str(uuid.uuid4())) for ref in refs
    ]
    return sum(answer.status_code == 200 for answer in answers)


def at_once(client: FlaskClient, people: People, refs: Sequence[str]) -> int:
    """One request for all; how many were done."""
    rows = [{"do": "move", "case": ref, "body": ACKNOWLEDGE} for ref in refs]
    return int(people.post(client, "ks-1", "bulk", {"rows": rows}, str(uuid.uuid4())).json["done"])


if __name__ == "__main__":
    sys.exit(main())
