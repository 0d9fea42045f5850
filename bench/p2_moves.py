"""P2: a case through its stage moves over HTTP, beside a bare Flask + SQL service and django-viewflow.

`python -m bench.p2_moves` (`make target ID=P2`; BENCH_CASES=200 and BENCH_STORED=10000 for small). Eight
requests a case, from the recorded basis to the plea in court; ours makes nine moves of them, for a rule refers
the case at once, and keeps everything: token, scope, checks, history, ledger, clocks, tasks, disclosure,
docket, charges, events. The bare service has one statement a step and nothing else; django-viewflow has eight steps of its
public API in a virtual environment that this bench makes (BENCH_PEER=0 leaves it out). "our rows" is the bare
service with the product's own statement of a move: what the rows of design.md 4 cost when nothing decides,
checks or knows who asks. All are served by
the same gunicorn settings, on one PostgreSQL with fsync on; ours on an empty database and on a filled one.
Ends with one line of JSON.
"""

import json
import os
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from sqlalchemy import NullPool, create_engine

from bench import waiting_cases
from bench.bare_service import TABLES
from bench.clock_rows import load
from bench.http_load import Request, fire
from bench.web_servers import ROOT, found, product_environ, served
from config.settings import _psycopg
from config.settings import load as load_settings
from hectis_flow.app import create_app, house_of
from hectis_flow.services import tokens
from hectis_flow.services.house import House
from hectis_flow.storage.base import db
from workers.local_services import LocalServices, temporary_services

CASES = int(os.environ.get("BENCH_CASES", "1000"))
STORED = int(os.environ.get("BENCH_STORED", "1000000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
PEER = os.environ.get("BENCH_PEER", "1") == "1"
CLIENTS = 8
PEER_SHARE = 10  # the peer is slow: a tenth of the cases is enough to see how slow
RATE = 120.0
RATIO = 0.55
FLAT = 1.2
PEER_PACKAGES = ("django-viewflow>=2.4,<3", "psycopg[binary]>=3.3", "gunicorn>=25")
AHEAD = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
# Who makes which move, with what. A CAS number and a number at court are each case's own.
STEPS = (
    ("facility_liaison", "basis_recorded", {"disclosure_basis": "consent_written"}),
    ("saps_liaison", "acknowledge", {}),
    ("saps_liaison", "open_cas", {}),
    ("detective_commander", "investigate", {"officer": "bench-io"}),
    ("detective_commander", "submit_docket", {"court": waiting_cases.COURT}),
    (
        "prosecutor",
        "enrol",
        {"court": waiting_cases.COURT, "next_date": AHEAD, "charges": "1=attempted_murder"},
    ),
    ("prosecutor", "place_on_roll", {"next_date": AHEAD}),
    ("prosecutor", "plead", {"plea": "not_guilty", "next_date": AHEAD}),
)
OFFICES = {
    "facility_liaison": waiting_cases.FACILITY,
    "saps_liaison": waiting_cases.STATION,
    "detective_commander": waiting_cases.STATION,
    "prosecutor": waiting_cases.PROSECUTORS,
}
Walks = list[list[Request]]
Runner = Callable[[int], dict[str, float]]


def main() -> int:
    """Measure, print a table and the verdict; 0 where the target holds."""
    with temporary_services() as (services, addresses):
        seen = measure(services, addresses.redis_url)
    rates = {name: statistics.median(run["walks"] for run in runs) for name, runs in seen.items()}
    for name, rate in rates.items():
        p95 = statistics.median(run["p95_ms"] for run in seen[name])
        print(f"{name:<22} {rate:>8,.1f} cases/s   p95 of a request {p95:>7.2f} ms")
    ratio = rates["ours, filled"] / rates["bare"]
    flat = rates["ours, empty"] / rates["ours, filled"]
    holds = ratio >= RATIO and flat <= FLAT  # the ratio decides, the absolute figure is reported
    report = {
        "target": "P2",
        "ours": {name: round(rate, 1) for name, rate in rates.items() if name.startswith("ours")},
        "peer": {"django-viewflow": round(rates["django-viewflow"], 1)} if PEER else None,
        "floor": {
            "bare Flask + SQL": round(rates["bare"], 1),
            "bare Flask + our rows": round(rates["our rows"], 1),
        },
        "bar": {"to_bare": RATIO, "flat": FLAT},
        "absolute": {"cases_s": RATE},
        "ratios": {
            "to bare": round(ratio, 2),
            "to our rows": round(rates["ours, filled"] / rates["our rows"], 2),
            "our rows to bare": round(rates["our rows"] / rates["bare"], 2),
            "empty to filled": round(flat, 2),
        },
        "stored_cases": STORED,
        "load_of_the_machine": round(os.getloadavg()[1], 1),
        "verdict": "holds" if holds else "misses",
    }
    print(json.dumps(report))
    return 0 if holds else 1


def measure(services: LocalServices, redis_url: str) -> dict[str, list[dict[str, float]]]:
    """Every service in turn, round by round."""
    with ExitStack() as stack:
        runners: dict[str, Runner] = {
            "bare": stack.enter_context(bare(services, redis_url)),
            "our rows": stack.enter_context(our_rows(services, redis_url)),
            "ours, empty": stack.enter_context(ours(services, redis_url, "p2_empty", 0)),
            "ours, filled": stack.enter_context(ours(services, redis_url, "p2_filled", STORED)),
        }
        if PEER:
            runners["django-viewflow"] = stack.enter_context(viewflow(services))
        seen: dict[str, list[dict[str, float]]] = {name: [] for name in runners}
        for round_ in range(ROUNDS + 1):
            for name, run in runners.items():
                figures = run(round_)
                if round_:  # the first round only warms up
                    seen[name].append(figures)
    return seen


@contextmanager
def ours(services: LocalServices, redis_url: str, name: str, stored: int) -> Iterator[Runner]:
    """The product's web process, on a database with so many cases before."""
    url = services.create_database(name)
    environ = product_environ(url, redis_url)
    found(environ)
    if stored:
        load(create_engine(_psycopg(url), poolclass=NullPool), stored)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SELECT setval('case_number', %s)", (stored,))
    app = create_app(load_settings(environ))
    house = house_of(app)
    secrets = {role: tokens.create(house, role, office, "b", 1).secret for role, office in OFFICES.items()}
    with served("wsgi:app", environ) as port:
        yield lambda round_: fire(port, _walks(house, secrets, round_), CLIENTS)
    with app.app_context():
        db.engine.dispose()


def _walks(house: House, secrets: dict[str, str], round_: int) -> Walks:
    refs = waiting_cases.make(house, CASES, str(round_))
    return [
        [
            (
                "POST",
                f"/api/v1/cases/{ref}/moves",
                {"move": move, "details": _details(move, details, ref)},
                secrets[who],
            )
            for who, move, details in STEPS
        ]
        for ref in refs
    ]


def _details(move: str, details: dict[str, str], ref: str) -> dict[str, str]:
    """What a move is given; the numbers are made of the case's own."""
    number = int(ref.rpartition("-")[2])
    if move == "open_cas":
        return {"cas_number": f"KHAYELITSHA {1 + number % 99_999}/{1 + number // 99_999 % 12}/2026"}
    return details | {"court_case_no": f"B{number}/2026"} if move == "enrol" else details


@contextmanager
def bare(services: LocalServices, redis_url: str) -> Iterator[Runner]:
    """One statement a step."""
    url = services.create_database("p2_bare")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLES)

        def run(round_: int) -> dict[str, float]:
            ids = range(round_ * CASES, (round_ + 1) * CASES)
            with connection.cursor() as cursor:
                cursor.executemany("INSERT INTO bare_case (id) VALUES (%s)", [(one,) for one in ids])
            walks: Walks = [
                [("POST", f"/cases/{one}/steps", {"step": step}, "") for step in range(len(STEPS))]
                for one in ids
            ]
            return fire(port, walks, CLIENTS)

        with served("bench.bare_service:app", product_environ(url, redis_url)) as port:
            yield run


@contextmanager
def our_rows(services: LocalServices, redis_url: str) -> Iterator[Runner]:
    """One statement a move too, but the one that the product writes a move with."""
    url = services.create_database("p2_rows")
    environ = product_environ(url, redis_url)
    found(environ)
    load(create_engine(_psycopg(url), poolclass=NullPool), CASES * (ROUNDS + 1))

    def run(round_: int) -> dict[str, float]:
        ids = range(round_ * CASES + 1, (round_ + 1) * CASES + 1)
        walks: Walks = [
            [("POST", f"/moves/{one}", {"version": 1 + step}, "") for step in range(len(STEPS))]
            for one in ids
        ]
        return fire(port, walks, CLIENTS)

    with served("bench.bare_service:app", environ) as port:
        yield run


@contextmanager
def viewflow(services: LocalServices) -> Iterator[Runner]:
    """Eight steps of a process, in a virtual environment of their own."""
    python = peer_python()
    address = urlsplit(services.create_database("p2_viewflow"))
    environ = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PEER_HOST": address.hostname or "",
        "PEER_PORT": str(address.port),
        "PEER_NAME": address.path.removeprefix("/"),
        "PEER_USER": address.username or "",
        "PEER_PASSWORD": address.password or "",
    }

    def run(_: int) -> dict[str, float]:
        ids = begin(python, environ, max(1, CASES // PEER_SHARE))
        walks: Walks = [[("POST", f"/cases/{one}/steps", {}, "")] * len(STEPS) for one in ids]
        return fire(port, walks, CLIENTS)

    begin(python, environ, 1)
    with served("viewflow_peer.service:application", environ, str(python), ROOT / "bench") as port:
        yield run


def peer_python() -> Path:
    """The interpreter of the peer's virtual environment, made where it is not there yet."""
    home = ROOT / ".cache" / "bench-viewflow"
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PEER_PACKAGES], check=True)
    return python


def begin(python: Path, environ: dict[str, str], cases: int) -> list[int]:
    """Let the peer make cases that wait for their first step; their ids."""
    command = [str(python), "-c", "import viewflow_peer.service"]
    done = subprocess.run(
        command,
        cwd=ROOT / "bench",
        env={**environ, "PEER_BEGIN": str(cases)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"the peer did not start: {done.stderr[-800:]}")
    ids: list[int] = json.loads(done.stdout.splitlines()[-1])
    return ids


if __name__ == "__main__":
    began = time.monotonic()
    code = main()
    print(f"took {time.monotonic() - began:.0f} s", file=sys.stderr)
    sys.exit(code)
