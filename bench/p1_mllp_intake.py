"""P1: MLLP intake, each AA after its commit, beside a bare group-commit listener and python-hl7's.

`python -m bench.p1_mllp_intake` (`make target ID=P1`). Every round runs all listeners one after the
other on one PostgreSQL (fsync on), each in a process of its own, loaded by another process; the
medians of the rounds are compared. Ours is the product's process, `python -m workers.listen`, whole:
it reads the header, keeps the bytes encrypted, refuses doubles and answers from what is stored.
Ends with one line of JSON.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.web_servers import found, product_environ
from workers.local_services import LocalServices, temporary_services

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
# name, senders, unanswered messages of each, messages in all
LOADS = (("32 in flight", 8, 4, 16_000), ("256 in flight", 8, 32, 32_000), ("one by one", 1, 1, 1_500))
PYTHON_HL7_SHARE = 8  # python-hl7 is slow: an eighth of the messages is enough to see how slow
RATIO_PIPELINED = 0.6
RATIO_ONE_BY_ONE = 0.8
P95_MS = 10.0


def main() -> int:
    """Measure, print a table and the verdict; 0 where the target holds."""
    with temporary_services() as (services, addresses):
        figures = measure(services, addresses.redis_url)
    rates = {key: statistics.median(one["rate"] for one in runs) for key, runs in figures.items()}
    p95 = {key: statistics.median(one["p95_ms"] for one in runs) for key, runs in figures.items()}
    for key in sorted(rates):
        print(f"{key[0]:<18} {key[1]:<14} {rates[key]:>9,.0f} msg/s   p95 {p95[key]:>7.2f} ms")
    ratios = {load: rates["ours", load] / rates["bare", load] for load, *_ in LOADS}
    holds = (
        ratios["32 in flight"] >= RATIO_PIPELINED
        and ratios["256 in flight"] >= RATIO_PIPELINED
        and ratios["one by one"] >= RATIO_ONE_BY_ONE
        and p95["ours", "32 in flight"] <= P95_MS
    )
    report = {
        "target": "P1",
        "ours": {load: round(rates["ours", load]) for load, *_ in LOADS},
        "ours_p95_ms": {load: round(p95["ours", load], 2) for load, *_ in LOADS},
        "peer": {
            name: {load: round(rates[name, load]) for load, *_ in LOADS}
            for name in ("python-hl7", "python-hl7-commit")
        },
        "floor": {load: round(rates["bare", load]) for load, *_ in LOADS},
        "ratios": {load: round(ratio, 2) for load, ratio in ratios.items()},
        "verdict": "holds" if holds else "misses",
    }
    print(json.dumps(report))
    return 0 if holds else 1


def measure(services: LocalServices, redis_url: str) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """All rounds: (listener, load) -> what the senders saw."""
    figures: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for round_ in range(ROUNDS):
        for name in ("bare", "ours", "python-hl7", "python-hl7-commit"):
            database = f"p1_{round_}_{name.replace('-', '_')}"
            url = services.create_database(database)
            with listener(name, url, redis_url) as port:
                load(port, "warm", 8, 4, 1_600)
                for what, senders, window, messages in LOADS:
                    share = messages // (PYTHON_HL7_SHARE if name.startswith("python") else 1)
                    seen = load(port, what.replace(" ", ""), senders, window, share)
                    figures.setdefault((name, what), []).append(seen)
            services.drop_database(database)
        print(f"round {round_ + 1} of {ROUNDS} done", file=sys.stderr)
    return figures


def load(port: int, run: str, senders: int, window: int, messages: int) -> dict[str, Any]:
    """One load from a process of its own."""
    command = [sys.executable, "-m", "bench.hospital_load", str(port), "--run", run]
    command += ["--senders", str(senders), "--window", str(window), "--messages", str(messages)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    seen: dict[str, Any] = json.loads(done.stdout)
    if seen["accepted"] != seen["sent"]:
        raise RuntimeError(f"{seen['sent'] - seen['accepted']:.0f} messages were not accepted")
    return seen


@contextmanager
def listener(name: str, url: str, redis_url: str) -> Iterator[int]:
    """A listener process, and its port."""
    if name == "ours":
        with ours(url, redis_url) as port:
            yield port
        return
    command = [sys.executable, "-m", "bench.p1_listeners", name, url]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdin
    assert process.stdout
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(timeout=20)


@contextmanager
def ours(url: str, redis_url: str) -> Iterator[int]:
    """The product's own listener process on a migrated database."""
    environ = product_environ(url, redis_url) | {"HECTIS_MLLP_PORT": "0"}
    found(environ)
    process = subprocess.Popen(
        [sys.executable, "-m", "workers.listen"], cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr
    try:
        port = next(json.loads(line)["port"] for line in process.stderr if "mllp.listens" in line)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=40)


if __name__ == "__main__":
    sys.exit(main())
