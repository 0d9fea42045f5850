"""A practice day over the real wire, by the command; its counts are the generator's own, and nothing repeats."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bench import practice_counts
from hectis_flow.domain.intake import SUPPORTED
from hectis_flow.domain.moments import SAST
from tests.drills.fixtures import StackMaker
from tests.drills.stack import FAST, Stack
from tests.tables import one

ROOT = Path(__file__).resolve().parents[2]
SATURDAY = "2026-03-07"
UNDERSTOOD = frozenset().union(*SUPPORTED.values())


@pytest.fixture
def stack(make_stack: StackMaker) -> Stack:
    made = make_stack({**FAST, "HECTIS_JOB_SIZE": "100", "HECTIS_PROCESSING_IDS": "P,T"})
    for part in ("mllp", "worker", "clock"):
        made.start(part)
    return made


def hectis(stack: Stack, *arguments: str, code: int = 0) -> str:
    """What `hectis practice …` printed."""
    environ = {**stack.environ(), "HECTIS_MLLP_PORT": str(stack.port())}
    done = subprocess.run(
        [str(Path(sys.executable).parent / "hectis"), "practice", *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_played_day_counts_as_the_generator_recorded_it_and_is_never_played_twice(
    stack: Stack, clean: Engine
) -> None:
    said = hectis(
        stack, "play", "--days", "1", "--scale", "0.15", "--seed", "3", "--from", SATURDAY, "--hop", "6"
    )
    assert "in 4 of 4 hops" in said

    (record,) = stack.folder.glob("practice/*/record.jsonl")
    with clean.connect() as connection:
        assert practice_counts.load(connection, record) > 800
        for name, (meant, found) in practice_counts.compare(connection, UNDERSTOOD).items():
            assert found == meant, name
    clock = one(clean, "SELECT hectis_now()").astimezone(SAST)
    assert f"{clock:%Y-%m-%d %H}" == "2026-03-08 00"

    stored = one(clean, "SELECT count(*) FROM inbound_message")
    assert "in 4 of 4 hops" in hectis(stack, "play", "--from", SATURDAY, "--hop", "6")
    assert one(clean, "SELECT count(*) FROM inbound_message") == stored, "asked for again, it is all resends"

    assert "Sun 08 Mar 2026, 00:00 to Sun 08 Mar 2026, 06:00" in hectis(
        stack, "play", "--days", "0.25", "--hop", "6"
    )
    assert one(clean, "SELECT count(*) FROM inbound_message") > stored, "and otherwise it goes on"
    assert "seed 3, scale 0.15, since 2026-03-07, played to Sun 08 Mar 2026, 06:00" in hectis(stack, "status")
    assert "leave --seed and --scale out" in hectis(stack, "play", "--seed", "4", code=2)
