"""A practice day over the real wire, by the command; its counts are the generator's own, and nothing repeats."""

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bench import practice_counts
from hectis_flow.commands.reference import OFFICES, read_offices
from hectis_flow.domain.intake import SUPPORTED
from hectis_flow.domain.moments import SAST
from hectis_flow.feeds.mllp_client import SendReport
from hectis_flow.practice.diary import Diary
from hectis_flow.practice.places import Places
from hectis_flow.practice.play import CannotPlay, Wish, play, score
from hectis_flow.services import practice
from hectis_flow.services.house import House
from tests.drills.fixtures import StackMaker
from tests.drills.stack import FAST, Stack
from tests.tables import one

ROOT = Path(__file__).resolve().parents[2]
SATURDAY = "2026-03-07"
PLACES = Places(read_offices(OFFICES))
UNDERSTOOD = frozenset().union(*SUPPORTED.values())


@pytest.fixture
def stack(make_stack: StackMaker) -> Stack:
    made = make_stack({**FAST, "HECTIS_JOB_SIZE": "100", "HECTIS_PROCESSING_IDS": "P,T"})
    for part in ("mllp", "worker", "clock"):
        made.start(part)
    return made


def hectis(stack: Stack, *arguments: str) -> str:
    """What `hectis practice …` printed."""
    environ = {**stack.environ(), "HECTIS_MLLP_PORT": str(stack.port())}
    done = subprocess.run(
        [sys.executable, "-m", "hectis_flow.cli", "practice", *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_played_day_counts_as_the_generator_recorded_it_and_is_never_played_twice(
    stack: Stack, clean: Engine, house: House
) -> None:
    said = hectis(
        stack, "play", "--days", "1", "--scale", "0.1", "--seed", "3", "--from", SATURDAY, "--hop", "6"
    )
    assert "in 4 of 4 hops" in said
    assert f"{one(clean, 'SELECT hectis_now()').astimezone(SAST):%Y-%m-%d %H}" == "2026-03-08 00"
    check_counts(stack, clean, at_least=500)
    stored = one(clean, "SELECT count(*) FROM inbound_message")

    # The same day again because it is asked for, which is all resends, and six hours more.
    assert "in 5 of 5 hops" in hectis(stack, "play", "--days", "1.25", "--from", SATURDAY, "--hop", "6")
    check_counts(stack, clean, at_least=600)
    assert one(clean, "SELECT count(*) FROM inbound_message") < 2 * stored

    assert "seed 3, scale 0.1, since 2026-03-07, played to Sun 08 Mar 2026, 06:00" in hectis(stack, "status")
    diary = Diary(stack.folder, practice.standing(house).created_at)
    goes_on = score(house, diary, Wish(days=1))
    assert f"{goes_on.start.astimezone(SAST):%Y-%m-%d %H}" == "2026-03-08 06"
    with pytest.raises(CannotPlay, match="leave --seed and --scale out"):
        score(house, diary, Wish(days=1, seed=4))


def check_counts(stack: Stack, engine: Engine, at_least: int) -> None:
    """The product's tables count what the generator meant, kind by kind."""
    (record,) = stack.folder.glob("practice/*/record.jsonl")
    with engine.connect() as connection:
        assert practice_counts.load(connection, record) > at_least
        for name, (meant, found) in practice_counts.compare(connection, UNDERSTOOD).items():
            assert found == meant, name


def test_it_stops_between_two_hops_and_says_who_does_not_listen(
    clean: Engine, house: House, tmp_path: Path
) -> None:
    diary = Diary(tmp_path, practice.standing(house).created_at)
    wish = Wish(days=1, scale=0.02, start=datetime(2026, 3, 7, tzinfo=SAST), hop=timedelta(hours=6))
    sent: list[int] = []

    def taken(raws: Sequence[bytes]) -> SendReport:
        sent.append(len(raws))
        return SendReport(codes=Counter(AA=len(raws)))

    whole = score(house, diary, wish)
    hops = list(play(house, diary, whole, PLACES, taken, stop=lambda: len(sent) == 2))
    assert [hop.messages for hop in hops] == sent
    played = diary.read()
    assert played is not None
    assert played.to == hops[-1].end == whole.start + timedelta(hours=12)

    def refused(raws: Sequence[bytes]) -> SendReport:
        return SendReport(codes=Counter(AR=len(raws)), reasons=Counter({"202 Unsupported": len(raws)}))

    with pytest.raises(CannotPlay, match="HECTIS_PROCESSING_IDS must hold T"):
        list(play(house, diary, score(house, diary, Wish(days=1)), PLACES, refused))
    assert diary.read() == played, "what was not taken is not played"
