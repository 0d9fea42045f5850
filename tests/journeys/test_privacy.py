"""Five hundred planted names, numbers and words go in with messages; none may be read anywhere but in the vault."""

import base64
import hashlib
import io
import json
import logging
import random
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import pytest
import structlog
from sqlalchemy import Engine, text

from config.settings import Settings
from hectis_flow.domain.casework import Actor
from hectis_flow.feeds.mllp import Arrival
from hectis_flow.services import answers, casework, inbox, sealing, work
from hectis_flow.services.house import House
from hectis_flow.storage.vault import IDENTITY, PRIVATE
from tests.segments import CODED, LEFT, REGISTERED, TRIAGED, adt, oru, segment
from tests.tables import PEER, dump, receive, rows, tables_of, take_in, work_off
from workers.handover import hand_over
from workers.local_services import LocalServices

if TYPE_CHECKING:
    from redis import Redis

PATIENTS = 25
# What the vault may keep, because people need it to act.
LOCKED_AWAY = (
    "family",
    "given",
    "folder",
    "identity_number",
    "street",
    "suburb",
    "visit",
    "complaint",
    "place",
    "scene_street",
    "brought_by",
)
# What stays in the raw message alone and is read by nobody.
NEVER_READ = (
    "maiden",
    "phone",
    "race",
    "religion",
    "kin",
    "kin_phone",
    "kin_street",
    "insurer",
    "policy",
    "note",
    "doctor",
    "finding",
)
KINDS = LOCKED_AWAY + NEVER_READ
DIGITS = {"folder", "identity_number", "phone", "kin_phone", "policy", "visit"}

Canaries = dict[str, str]


def planted() -> list[Canaries]:
    """For each patient one word or number of each kind, none of them like another."""
    chance = random.Random(20260301)  # noqa: S311  (canaries, not keys)
    letters = "bcdfghjklmnpqrstvwxz"
    return [
        {
            kind: "".join(chance.choices("0123456789", k=13))
            if kind in DIGITS
            else "Q" + "".join(chance.choices(letters, k=11))
            for kind in KINDS
        }
        for _ in range(PATIENTS)
    ]


def visit(number: int, bird: Canaries) -> list[bytes]:
    """A whole visit of one patient that carries every canary."""
    folder = f"{bird['folder']}^^^KH^MR~{bird['identity_number']}^^^ZA^NI"
    home = f"{bird['street']}^{bird['suburb']}^Cape Town^WC^7784^ZA^H"
    person = {
        3: folder,
        5: f"{bird['family']}^{bird['given']}",
        6: bird["maiden"],
        10: bird["race"],
        11: home,
        13: bird["phone"],
        17: bird["religion"],
    }
    more = [
        segment("PV2", {3: f"^{bird['complaint']}"}),
        segment("NK1", {1: "1", 2: bird["kin"], 4: bird["kin_street"], 5: bird["kin_phone"]}),
        segment("IN1", {1: "1", 4: bird["insurer"], 36: bird["policy"]}),
        segment("NTE", {1: "1", 3: bird["note"]}),
    ]
    scene = {
        1: "20260301193000",
        3: bird["place"],
        9: bird["brought_by"],
        10: "N",
        11: f"{bird['scene_street']}^^Khayelitsha",
    }
    own = {"folder": "", "visit": bird["visit"], "pid": person, "pv1": {7: f"1^{bird['doctor']}"}}
    return [
        adt("A04", f"p{number}-1", REGISTERED, more=more, **own),
        oru(
            f"p{number}-2",
            TRIAGED,
            {"SATS": "Red", "REMARK": bird["finding"]},
            folder=bird["folder"],
            visit=bird["visit"],
        ),
        adt("A08", f"p{number}-3", CODED, codes=["S21.1", "X99.4"], accident=scene, more=more, **own),
        adt("A03", f"p{number}-4", LEFT, more=more, **own),
    ]


@cache
def disguises(word: str) -> frozenset[str]:
    """A word as it stands, backwards, as hex, as base64 at any place in a longer text, and digested."""
    found = {word[::-1]}
    for form in {word, word.lower(), word.upper()}:
        raw = form.encode()
        # A digest without a key is a name for whoever can guess.
        found |= {form, raw.hex(), hashlib.sha256(raw).hexdigest()}
        found |= {
            base64.b64encode(raw[skip : skip + (len(raw) - skip) // 3 * 3]).decode() for skip in range(3)
        }
    return frozenset(found)


def seen(birds: list[Canaries], haystack: str) -> list[str]:
    """Kinds of canaries that can be read in a text."""
    return [
        kind
        for bird in birds
        for kind, word in bird.items()
        if any(form in haystack for form in disguises(word))
    ]


def everything_stored(engine: Engine) -> str:
    """Every row of every table, as PostgreSQL writes it and with its bytes read as text and as base64."""
    with engine.connect() as connection:
        bytes_too = """
            SELECT format('SELECT concat_ws('' '', encode(%1$I, ''escape''), encode(%1$I, ''base64'')) FROM %2$I',
                column_name, table_name)
            FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'bytea'
        """
        queries = connection.scalars(text(bytes_too)).all()
        found = [str(value) for query in queries for value in connection.scalars(text(query))]
        assert set(tables_of(connection)) >= {"inbound_message", "patient", "patient_number", "ledger_entry"}
    return "\n".join([*found, json.dumps(dump(engine), ensure_ascii=False)])


def everything_in(redis: "Redis") -> str:
    """Every key of Redis with its value, in whatever type it is kept."""
    readers = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"set": redis.smembers,
        b"zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
    }
    return "\n".join(f"{key!r} {readers[redis.type(key)](key)!r}" for key in redis.scan_iter())


@contextmanager
def everything_logged() -> Iterator[io.StringIO]:
    """All that is logged at any level, by us and by the libraries, as it is written."""
    heard = io.StringIO()
    before = structlog.get_config()
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(heard),
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
    )
    handler = logging.StreamHandler(heard)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield heard
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        structlog.configure(**before)


@contextmanager
def changed(engine: Engine, change: str, undo: str) -> Iterator[None]:
    """The schema changed for a moment, so that something fails."""
    with engine.begin() as connection:
        connection.execute(text(change))
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(text(undo))


TELLTALE = """
    CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'refused: %', NEW USING ERRCODE = 'unique_violation', DETAIL = NEW::text; END $$;
    CREATE TRIGGER tell BEFORE INSERT OR UPDATE ON encounter FOR EACH ROW EXECUTE FUNCTION tell()
"""


def provoked(house: House, engine: Engine, birds: list[Canaries]) -> str:
    """The text of every failure that these canaries can be made to cause."""
    told: list[str] = []

    def attempt(deed: object, *values: object, **more: object) -> None:
        with pytest.raises(Exception) as fault:  # noqa: PT011  (whatever it is, its text is looked at)
            deed(house, *values, **more)  # type: ignore[operator]
        told.extend([repr(fault.value), *traceback.format_exception(fault.value)])

    raws = visit(90, birds[0])
    refuse = "ALTER TABLE inbound_message ADD CONSTRAINT provoked CHECK (size < 0) NOT VALID"
    with changed(engine, refuse, "ALTER TABLE inbound_message DROP CONSTRAINT provoked"):
        attempt(receive, *raws)
    told.extend(answers.storage_failed(Arrival(PEER, raw)).decode() for raw in raws)
    told.extend(answer.decode() for answer in receive(house, raws[0][40:], adt("A04", "", CODED)))

    actor = Actor("facility_liaison", None, "kh-liaison-1")
    (ref,) = rows(engine, 'SELECT ref FROM "case" LIMIT 1')[0]
    for kind in KINDS:
        word = birds[1][kind]
        attempt(casework.move, word, "keep_anonymous", actor, {"reason": "consent_refused"})
        attempt(casework.move, ref, word, actor)
        attempt(casework.move, ref, "keep_anonymous", actor, {"reason": word})
        attempt(casework.move, ref, "keep_anonymous", actor, {word: word, "reason": "consent_refused"})
        attempt(casework.move, ref, "keep_anonymous", Actor(word, None, word), {"reason": word})

    receive(house, *(raw for raw in visit(91, birds[2])))
    with changed(engine, TELLTALE, "DROP TRIGGER tell ON encounter; DROP FUNCTION tell()"):
        work_off(house)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE inbound_message SET raw_enc = raw_enc || raw_enc, lease_until = NULL WHERE done_at IS NULL"
            )
        )
    work_off(house)
    return "\n".join(told)


@pytest.mark.target("S9")
def test_five_hundred_planted_words_are_read_nowhere_but_in_the_vault(
    house: House, clean: Engine, broker: "Redis", services: LocalServices, settings: Settings
) -> None:
    birds = planted()
    assert sum(map(len, birds)) >= 500
    raws = [raw for number, bird in enumerate(birds) for raw in visit(number, bird)]
    # The search itself works: it finds every one of them in what is sent, in the clear and disguised.
    assert len(seen(birds, b"".join(raws).decode())) == PATIENTS * len(KINDS)
    assert len(seen(birds, b"".join(raws).hex())) == PATIENTS * len(KINDS)
    assert len(seen(birds, base64.b64encode(b"".join(raws)).decode())) == PATIENTS * len(KINDS)

    with everything_logged() as heard:
        said = receive(house, *raws)
        assert hand_over(house, broker, settings.job_size) == len(raws)
        carried = everything_in(broker)
        release(clean)
        work_off(house)
        sealing.seal(house)
        assert list(sealing.verify(house)) == []
        failures = provoked(house, clean, birds)
        figures = str(inbox.summary(house))
        work.measure_queues(house)

    assert rows(clean, 'SELECT count(*) FROM "case"')[0][0] == PATIENTS
    assert "person_failed" in heard.getvalue()
    assert "message_failed" in heard.getvalue()
    assert seen(birds, everything_stored(clean)) == []
    assert seen(birds, carried) == []
    assert seen(birds, heard.getvalue()) == []
    assert seen(birds, failures) == []
    assert seen(birds, figures + b"".join(said).decode(errors="replace")) == []
    assert services._postgres is not None
    assert seen(birds, services._postgres.log.read_text(errors="replace")) == []


def release(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE inbound_message SET lease_until = NULL"))


def test_the_vault_keeps_what_people_need_and_the_rest_is_read_by_nobody(house: House, clean: Engine) -> None:
    birds = planted()[:3]
    take_in(house, *(raw for number, bird in enumerate(birds) for raw in visit(number, bird)))

    opened = [
        house.vault.open_json(IDENTITY, *row)
        for row in rows(clean, "SELECT key_id, identity_enc FROM patient")
    ]
    opened += [
        house.vault.open_json(PRIVATE, *row)
        for row in rows(clean, "SELECT key_id, private_enc FROM encounter")
    ]

    assert sorted(set(seen(birds, json.dumps(opened)))) == sorted(LOCKED_AWAY)
    assert len(seen(birds, json.dumps(opened))) == len(birds) * len(LOCKED_AWAY)


def test_no_error_of_the_database_quotes_what_it_was_given(house: House, clean: Engine) -> None:
    receive(house, *visit(1, planted()[0]))
    refuse = "ALTER TABLE encounter ADD CONSTRAINT provoked CHECK (codes = '{}') NOT VALID"

    with (
        everything_logged() as heard,
        changed(clean, refuse, "ALTER TABLE encounter DROP CONSTRAINT provoked"),
    ):
        work_off(house)

    assert '"fault": "IntegrityError"' in heard.getvalue()
    assert "X99" not in heard.getvalue()
    assert "stab" not in heard.getvalue()
