"""The one door, what the database refuses at every other, and what the ledger proves."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from threading import Barrier, Thread

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from hectis_flow.commands import ledger as ledger_command
from hectis_flow.domain import workflow_rules
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.errors import NotVisible, TransitionRefused
from hectis_flow.services import casework, sealing
from hectis_flow.services.house import House
from tests.segments import CODED, adt
from tests.tables import dump, lapse, one, rows, take_in, work_off

LIAISON = Actor("facility_liaison", None, "kh-liaison-1")
RULE = Actor("rule", None, "clock")
REFUSED = {"reason": "consent_refused"}
CONSENT = {"disclosure_basis": "consent_written"}


def opened(house: House, engine: Engine, how_many: int = 1) -> list[str]:
    """Cases that wait for a legal basis, each with three moves; their numbers."""
    take_in(
        house,
        *(adt("A08", f"c-{n}", CODED, folder=f"F{n}", codes=["X99.4"]) for n in range(how_many)),
    )
    return [row[0] for row in rows(engine, 'SELECT ref FROM "case" ORDER BY id')]


@contextmanager
def as_owner(engine: Engine) -> Iterator[Connection]:
    """What somebody who owns the database can do: no trigger and no foreign key speaks."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        yield connection


def tamper(engine: Engine, *deeds: str) -> None:
    """What a forger does: SQL in which `@2/3` names entry 3 of case 2, or `rewrite 2 from 3`."""
    with as_owner(engine) as connection:
        for deed in deeds:
            if deed.startswith("rewrite"):
                _, case, _, since = deed.split()
                connection.execute(text(REWRITE), {"case": int(case), "since": int(since)})
            else:
                statement = re.sub(r"@(-?\d+)/(-?\d+)", r"case_id = \1 AND seq = \2", deed)
                assert connection.execute(text(statement)).rowcount > 0


def found(house: House, witnesses: dict[int, bytes] | None = None) -> set[str]:
    return {fault.code for fault in sealing.verify(house, witnesses)}


# --- whole or not at all ---------------------------------------------------------------------------


def test_a_move_writes_case_history_ledger_and_event(house: House, clean: Engine) -> None:
    (ref,) = opened(house, clean)

    moved = casework.move(house, ref, "keep_anonymous", LIAISON, REFUSED)

    assert (moved.ref, moved.stage, moved.version) == (ref, "anonymous_only", 4)
    assert rows(clean, 'SELECT stage, phase, version, ledger_seq FROM "case"') == [
        ("anonymous_only", "hospital", 4, 4)
    ]
    newest = """
        SELECT t.transition, t.from_stage, t.to_stage, t.actor_role, t.actor, t.details, l.kind, l.actor,
               o.event, t.at = l.at AND t.at = o.at AND t.at = c.stage_entered_at, l.hash = c.ledger_head
        FROM "case" c JOIN stage_transition t ON t.case_id = c.id AND t.version = c.version
        JOIN ledger_entry l ON l.case_id = c.id AND l.seq = c.ledger_seq
        JOIN outbox o ON o.subject_id = t.id
    """
    assert rows(clean, newest) == [
        (
            "keep_anonymous",
            "awaiting_basis",
            "anonymous_only",
            "facility_liaison",
            "kh-liaison-1",
            REFUSED,
            "stage",
            "facility_liaison:kh-liaison-1",
            "case.stage_entered",
            True,
            True,
        )
    ]
    assert found(house) == set()


@contextmanager
def refusing(engine: Engine, table: str, moment: str) -> Iterator[None]:
    """The database refuses to write this table, as a full disk or a broken index would."""
    with engine.begin() as connection:
        connection.execute(
            text(
                f"""
                CREATE FUNCTION provoke() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'provoked' USING ERRCODE = 'disk_full'; END $$;
                CREATE TRIGGER provoked AFTER {moment} ON "{table}" FOR EACH ROW EXECUTE FUNCTION provoke()
                """
            )
        )
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(text(f'DROP TRIGGER provoked ON "{table}"; DROP FUNCTION provoke()'))


@pytest.mark.parametrize(
    ("table", "moment"),
    [
        ("case", "UPDATE"),
        ("stage_transition", "INSERT"),
        ("ledger_entry", "INSERT"),
        ("outbox", "INSERT"),
    ],
)
def test_a_move_that_fails_anywhere_leaves_nothing(
    table: str, moment: str, house: House, clean: Engine
) -> None:
    (ref,) = opened(house, clean)
    before = dump(clean)

    with refusing(clean, table, moment), pytest.raises(DBAPIError):
        casework.move(house, ref, "keep_anonymous", LIAISON, REFUSED)

    assert dump(clean) == before
    assert casework.move(house, ref, "keep_anonymous", LIAISON, REFUSED).version == 4


@pytest.mark.parametrize("table", ["case", "stage_transition", "ledger_entry", "outbox"])
def test_an_opening_that_fails_anywhere_leaves_no_case_and_no_incident(
    table: str, house: House, clean: Engine
) -> None:
    with refusing(clean, table, "INSERT"):
        opened(house, clean)

    filled = {name for name, its_rows in dump(clean).items() if its_rows}
    assert filled == {
        "inbound_message",
        "alembic_version",
        "deployment",
        "office",
        "office_alias",
        "office_parent",
        "reference_version",
        "workflow_edge",
        "charge_edge",
    }
    assert one(clean, "SELECT state FROM inbound_message") == "received"


def test_a_database_without_offices_opens_no_case_and_says_what_to_do(house: House, clean: Engine) -> None:
    def open_without() -> None:
        with house.transaction() as session:
            session.execute(text("UPDATE office SET code = 'away' WHERE code = 'wc-health-data'"))
            casework.open_case(session, 1, None, None, Actor("feed", None, "intake"), {})

    with pytest.raises(casework.NoReference):
        open_without()


@pytest.mark.parametrize(
    ("move", "actor", "details", "code"),
    [
        ("no_such_move", LIAISON, {}, "unknown_transition"),
        ("keep_anonymous", Actor("prosecutor", None, "p-1"), REFUSED, "role_not_allowed"),
        ("await_basis", LIAISON, {}, "already_there"),
        ("consent_withdrawn", LIAISON, CONSENT, "wrong_stage"),
        ("keep_anonymous", LIAISON, {}, "missing_detail"),
        ("keep_anonymous", LIAISON, REFUSED | {"note": "x"}, "unknown_detail"),
        ("keep_anonymous", LIAISON, {"reason": "tired"}, "unknown_reason"),
        ("basis_recorded", LIAISON, {"disclosure_basis": "none"}, "unknown_basis"),
        ("open", Actor("feed", None, "intake"), {}, "wrong_stage"),
    ],
)
def test_a_refused_move_changes_nothing(
    move: str, actor: Actor, details: dict[str, str], code: str, house: House, clean: Engine
) -> None:
    (ref,) = opened(house, clean)
    before = dump(clean)

    with pytest.raises(TransitionRefused) as refused:
        casework.move(house, ref, move, actor, details)

    assert refused.value.code == code
    assert dump(clean) == before


def test_a_case_that_does_not_exist_is_not_visible(house: House, clean: Engine) -> None:
    with pytest.raises(NotVisible):
        casework.move(house, "WC-2026-999999", "keep_anonymous", LIAISON, REFUSED)


def test_an_ended_case_keeps_its_owner(house: House, clean: Engine) -> None:
    (ref,) = opened(house, clean)
    steward = Actor("health_data_steward", None, "steward-1")
    owner = one(clean, 'SELECT owner_office_id FROM "case"')

    ended = casework.move(house, ref, "close_no_violence", steward, {"reason": "found_no_violence"})

    assert (ended.stage, ended.owner_office_id) == ("closed_no_violence", owner)


# --- what the database refuses ---------------------------------------------------------------------

A_MOVE = """
    INSERT INTO stage_transition (case_id, version, transition, from_stage, to_stage, actor_role, actor)
    SELECT id, {version}, '{transition}', '{source}', '{target}', 'rule', 'somebody' FROM "case"
"""
TO_ANONYMOUS = A_MOVE.format(
    version=4, transition="keep_anonymous", source="awaiting_basis", target="anonymous_only"
)


FIXED = "are never changed or removed"
# What somebody tries, which rule stops it, and how.
REFUSED_BY_THE_DATABASE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "a stage without history",
        "fk_case_newest_transition",
        ("UPDATE \"case\" SET stage = 'referral_ready'",),
    ),
    (
        "a version without history",
        "fk_case_newest_transition",
        ("UPDATE \"case\" SET stage = 'anonymous_only', version = 4",),
    ),
    ("the way back", "never back", ("UPDATE \"case\" SET version = 1, stage = 'recorded'",)),
    ("history without its case", "only together with its case", (TO_ANONYMOUS,)),
    (
        "a skipped version",
        "never past one",
        (
            "UPDATE \"case\" SET stage = 'anonymous_only', version = 5",
            A_MOVE.format(
                version=5, transition="keep_anonymous", source="awaiting_basis", target="anonymous_only"
            ),
        ),
    ),
    (
        "a move that nobody declared",
        "fk_stage_transition_edge",
        (
            "UPDATE \"case\" SET stage = 'referral_ready', version = 4",
            A_MOVE.format(
                version=4, transition="close_anonymous", source="awaiting_basis", target="referral_ready"
            ),
        ),
    ),
    (
        "a declared move from where the case does not stand",
        "fk_stage_transition_previous",
        (
            "UPDATE \"case\" SET stage = 'closed_anonymous', version = 4",
            A_MOVE.format(
                version=4,
                transition="close_anonymous",
                source="anonymous_only",
                target="closed_anonymous",
            ),
        ),
    ),
    (
        "a second opening",
        "ck_stage_transition_first",
        (
            "UPDATE \"case\" SET stage = 'recorded', version = 4",
            A_MOVE.format(version=4, transition="open", source="", target="recorded"),
        ),
    ),
    (
        "a forked history",
        "uq_stage_transition_case_id_version",
        (
            "UPDATE \"case\" SET stage = 'anonymous_only', version = 4",
            TO_ANONYMOUS,
            TO_ANONYMOUS,
        ),
    ),
    ("an edited history", FIXED, ("UPDATE stage_transition SET actor = 'x'",)),
    ("a deleted history", FIXED, ("DELETE FROM stage_transition",)),
    ("a truncated history", FIXED, ("TRUNCATE stage_transition CASCADE",)),
    ("an edited ledger", FIXED, ("UPDATE ledger_entry SET body = '{}'",)),
    ("a deleted ledger", FIXED, ("DELETE FROM ledger_entry",)),
    ("a truncated ledger", FIXED, ("TRUNCATE ledger_entry",)),
    ("an edited seal", FIXED, ("UPDATE ledger_seal SET hash = ''",)),
    ("a deleted seal", FIXED, ("DELETE FROM ledger_seal",)),
    ("truncated seals", FIXED, ("TRUNCATE ledger_seal CASCADE",)),
    ("an edited sealed head", FIXED, ("UPDATE ledger_seal_head SET seq = 9",)),
    ("a deleted sealed head", FIXED, ("DELETE FROM ledger_seal_head",)),
    ("truncated sealed heads", FIXED, ("TRUNCATE ledger_seal_head",)),
    ("another kind of database", FIXED, ("UPDATE deployment SET practice = NOT practice",)),
    ("no kind of database", FIXED, ("DELETE FROM deployment",)),
    ("a forgotten kind of database", FIXED, ("TRUNCATE deployment",)),
    (
        "a deleted case",
        "fk_stage_transition_case_id_case|fk_ledger_entry_case_id_case|fk_outbox_case_id_case",
        ('DELETE FROM "case"',),
    ),
    (
        "a doubled ledger entry",
        "uq_ledger_entry_case_id_seq",
        (
            """
            INSERT INTO ledger_entry (case_id, seq, at, kind, actor, body, hash)
            SELECT case_id, seq, at, kind, actor, body, hash FROM ledger_entry LIMIT 1
            """,
        ),
    ),
    (
        "a ledger entry with a separator in its actor",
        "ck_ledger_entry_words",
        (
            """
            INSERT INTO ledger_entry (case_id, seq, at, kind, actor, body, hash)
            SELECT case_id, 9, at, 'stage', E'rule:a\\x1fb', body, hash FROM ledger_entry LIMIT 1
            """,
        ),
    ),
    (
        "a doubled event",
        "uq_outbox_event_subject_id",
        (
            """
            INSERT INTO outbox (event, case_id, subject_id)
            SELECT event, case_id, subject_id FROM outbox LIMIT 1
            """,
        ),
    ),
    (
        "a second case of one incident",
        "uq_case_incident_id",
        (
            """
            INSERT INTO "case" (ref, incident_id, stage, phase, version, workflow_version, owner_office_id)
            SELECT 'WC-2026-900000', incident_id, stage, phase, version, workflow_version, owner_office_id
            FROM "case"
            """,
        ),
    ),
)


def test_the_database_itself_refuses(house: House, clean: Engine, subtests: pytest.Subtests) -> None:
    opened(house, clean)
    sealing.seal(house)
    before = dump(clean)

    for name, rule, statements in REFUSED_BY_THE_DATABASE:
        with subtests.test(name):
            with pytest.raises(IntegrityError, match=rule):
                run_all(clean, statements)
            assert dump(clean) == before


def run_all(engine: Engine, statements: Sequence[str]) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_the_declared_moves_in_the_database_are_those_of_the_declaration(clean: Engine) -> None:
    def stored(table: str) -> list[tuple[str, str, str]]:
        query = f"SELECT transition, from_stage, to_stage FROM {table}"  # noqa: S608
        return sorted(tuple(row) for row in rows(clean, query))

    cases, charges = workflow_rules.case_edges(), workflow_rules.charge_edges()
    assert stored("workflow_edge") == sorted({*cases, *workflow_rules.reversal_edges(cases)})
    assert stored("charge_edge") == sorted({*charges, *workflow_rules.reversal_edges(charges)})


# --- what the ledger proves ------------------------------------------------------------------------


def grown(house: House, engine: Engine) -> list[str]:
    """Six cases of three to five entries, sealed three times, the last moves not yet sealed."""
    refs = opened(house, engine, 6)
    sealing.seal(house)
    for ref in refs[:4]:
        casework.move(house, ref, "basis_recorded", LIAISON, CONSENT)
    sealing.seal(house)
    for ref in refs[:3]:
        casework.move(house, ref, "consent_withdrawn", LIAISON, CONSENT)
    sealing.seal(house)
    casework.move(house, refs[0], "basis_recorded", LIAISON, CONSENT)
    casework.move(house, refs[5], "keep_anonymous", LIAISON, REFUSED)
    return refs


# Every hash of a chain made anew from an entry on, and the case's head with it.
REWRITE = """
    WITH RECURSIVE made AS (
        SELECT seq, CASE WHEN seq < :since THEN hash ELSE
            ledger_hash(decode(repeat('00', 32), 'hex'), case_id, seq, at, kind, actor, body) END AS hash
        FROM ledger_entry WHERE case_id = :case AND seq = 1
        UNION ALL
        SELECT e.seq, CASE WHEN e.seq < :since THEN e.hash ELSE
            ledger_hash(made.hash, e.case_id, e.seq, e.at, e.kind, e.actor, e.body) END
        FROM made JOIN ledger_entry e ON e.case_id = :case AND e.seq = made.seq + 1
    ), chain AS (
        UPDATE ledger_entry e SET hash = made.hash FROM made WHERE e.case_id = :case AND e.seq = made.seq
    )
    UPDATE "case" SET ledger_seq = last.seq, ledger_head = last.hash
    FROM (SELECT seq, hash FROM made ORDER BY seq DESC LIMIT 1) last WHERE id = :case
"""
# What somebody does who owns the database, and what of it the ledger alone must say.
FORGERIES: tuple[tuple[str, set[str], tuple[str, ...]], ...] = (
    ("body", {"edited"}, ("UPDATE ledger_entry SET body = '{}' WHERE @2/2",)),
    ("actor", {"edited"}, ("UPDATE ledger_entry SET actor = 'rule:other' WHERE @2/2",)),
    ("kind", {"edited"}, ("UPDATE ledger_entry SET kind = 'note' WHERE @2/2",)),
    ("time", {"edited"}, ("UPDATE ledger_entry SET at = at + interval '1 microsecond' WHERE @2/2",)),
    ("hash", {"edited"}, ("UPDATE ledger_entry SET hash = sha256(hash) WHERE @2/2",)),
    ("deleted", {"missing"}, ("DELETE FROM ledger_entry WHERE @2/2",)),
    ("tail cut", {"tail_cut"}, ("DELETE FROM ledger_entry WHERE @1/6",)),
    ("chain gone", {"tail_cut", "sealed_missing"}, ("DELETE FROM ledger_entry WHERE case_id = 3",)),
    (
        "swapped in a case",
        {"edited"},
        (
            "UPDATE ledger_entry SET seq = -2 WHERE @2/2",
            "UPDATE ledger_entry SET seq = 2 WHERE @2/3",
            "UPDATE ledger_entry SET seq = 3 WHERE @2/-2",
        ),
    ),
    (
        "swapped between cases",
        {"edited"},
        (
            "UPDATE ledger_entry SET case_id = -1 WHERE @2/2",
            "UPDATE ledger_entry SET case_id = 2 WHERE @3/2",
            "UPDATE ledger_entry SET case_id = 3 WHERE @-1/2",
        ),
    ),
    ("head", {"head_differs"}, ('UPDATE "case" SET ledger_head = sha256(ledger_head) WHERE id = 2',)),
    ("case gone", {"no_head"}, ('DELETE FROM "case" WHERE id = 2',)),
    (
        "rewritten after a seal",
        {"sealed_differs"},
        ("UPDATE ledger_entry SET actor = 'rule:other' WHERE @2/2", "rewrite 2 from 2"),
    ),
    (
        "tail cut after a seal, head mended",
        {"sealed_missing"},
        ("DELETE FROM ledger_entry WHERE @3/5", "rewrite 3 from 9"),
    ),
    (
        "tail cut before a seal, head mended",
        {"history_differs"},
        ("DELETE FROM ledger_entry WHERE @1/6", "rewrite 1 from 9"),
    ),
    ("seal", {"seal_edited"}, ("UPDATE ledger_seal SET hash = sha256(hash) WHERE number = 2",)),
    (
        "time of a seal",
        {"seal_edited"},
        ("UPDATE ledger_seal SET at = at + interval '1 second' WHERE number = 2",),
    ),
    ("seal gone", {"seal_missing"}, ("DELETE FROM ledger_seal WHERE number = 2",)),
    (
        "newest seal gone: only a witness outside knows of it",
        set(),
        ("DELETE FROM ledger_seal WHERE number = 3", "DELETE FROM ledger_seal_head WHERE number = 3"),
    ),
    (
        "sealed head gone",
        {"seal_edited"},
        ("DELETE FROM ledger_seal_head WHERE number = 2 AND case_id = 1",),
    ),
    (
        "sealed head",
        {"seal_edited"},
        ("UPDATE ledger_seal_head SET seq = 3 WHERE number = 2 AND case_id = 1",),
    ),
    (
        "history, actor",
        {"history_differs"},
        ("UPDATE stage_transition SET actor = 'other' WHERE case_id = 2 AND version = 2",),
    ),
    (
        "history, time",
        {"history_differs"},
        ("UPDATE stage_transition SET at = at - interval '1 day' WHERE case_id = 2",),
    ),
    (
        "history, details",
        {"history_differs"},
        ("UPDATE stage_transition SET details = '{\"x\": 1.5}' WHERE case_id = 2",),
    ),
    (
        "history gone",
        {"history_differs"},
        ("DELETE FROM stage_transition WHERE case_id = 2 AND version = 2",),
    ),
    ("stage", {"stage_differs"}, ("UPDATE \"case\" SET stage = 'closed_anonymous' WHERE id = 2",)),
    (
        "way back",
        {"stage_differs"},
        ("UPDATE \"case\" SET version = 2, stage = 'classified' WHERE id = 2",),
    ),
)
PROVEN = ("case", "stage_transition", "ledger_entry", "ledger_seal", "ledger_seal_head")
COLUMNS = """
    SELECT string_agg(format('%I', column_name), ', ') FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = :table AND is_generated = 'NEVER'
"""


@contextmanager
def kept(engine: Engine) -> Iterator[Callable[[], None]]:
    """Keeps a copy of what the ledger proves; the function it gives puts it back."""
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA kept"))
        columns = {name: connection.scalar(text(COLUMNS), {"table": name}) for name in PROVEN}
        for name in PROVEN:
            connection.execute(text(f'CREATE TABLE kept."{name}" AS TABLE public."{name}"'))

    def put_back() -> None:
        with as_owner(engine) as connection:
            for name, its in columns.items():
                again = (
                    f'INSERT INTO "{name}" ({its}) OVERRIDING SYSTEM VALUE SELECT {its} FROM kept."{name}"'  # noqa: S608
                )
                connection.execute(text(f'DELETE FROM "{name}"'))  # noqa: S608
                connection.execute(text(again))

    try:
        yield put_back
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA kept CASCADE"))


@pytest.mark.target("S10")
def test_what_a_database_owner_changes_is_found(
    house: House, clean: Engine, subtests: pytest.Subtests
) -> None:
    grown(house, clean)
    newest = sealing.standing(house)
    witness = {newest.seal: newest.seal_hash}
    assert found(house, witness) == set()

    with kept(clean) as put_back:
        for name, codes, deeds in FORGERIES:
            with subtests.test(name):
                tamper(clean, *deeds)
                assert codes <= found(house)
                assert found(house, witness) != set()
            put_back()

    assert found(house, witness) == set()


@pytest.mark.target("S10")
def test_a_whole_history_made_anew_is_found_by_one_seal_written_down_elsewhere(
    house: House, clean: Engine
) -> None:
    grown(house, clean)
    newest = sealing.standing(house)

    tamper(
        clean,
        "UPDATE ledger_entry SET actor = 'rule:other' WHERE @2/3",
        "rewrite 2 from 3",
        "UPDATE stage_transition SET actor = 'other', actor_role = 'rule' WHERE case_id = 2 AND version = 3",
        "DELETE FROM ledger_seal",
        "DELETE FROM ledger_seal_head",
        'UPDATE "case" SET sealed_seq = 0',
    )
    sealing.seal(house)

    assert found(house) == set()
    assert found(house, {newest.seal: newest.seal_hash}) == {"seal_missing"}


def test_the_verify_command_says_whole_or_where_it_is_not(
    house: House, clean: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_command, "house", lambda: house)
    grown(house, clean)
    newest = sealing.standing(house)
    said = f"{newest.seal}:{newest.seal_hash.hex()}"
    whole = CliRunner().invoke(ledger_command.verify, ["--seal", said])
    tamper(clean, "UPDATE ledger_entry SET body = '{}' WHERE @2/2")
    broken = CliRunner().invoke(ledger_command.verify)

    assert (whole.exit_code, broken.exit_code) == (0, 1)
    assert whole.output == f"6 cases, 27 entries, 3 seals\nwhole; newest seal {said}\n"
    assert "edited" in broken.output
    assert "case id 2, entry 2" in broken.output
    assert "NOT WHOLE" in broken.output


def test_work_that_goes_on_while_the_ledger_is_read_is_no_fault(house: House, clean: Engine) -> None:
    refs = grown(house, clean)
    tamper(clean, "UPDATE ledger_entry SET body = '{}' WHERE @1/2")
    reading = sealing.verify(house)
    assert next(reading).code == "edited"

    casework.move(house, refs[5], "basis_recorded", LIAISON, CONSENT)
    sealing.seal(house)

    assert {fault.code for fault in reading} == {"history_differs"}


# --- many at once ----------------------------------------------------------------------------------


def together(*jobs: Callable[[], object]) -> None:
    """Run these at the same time; any failure is ours."""
    begin = Barrier(len(jobs))
    failed: list[BaseException] = []

    def run(job: Callable[[], object]) -> None:
        begin.wait()
        try:
            job()
        except BaseException as fault:  # noqa: BLE001 - shown by the assertion below
            failed.append(fault)

    threads = [Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_of_many_who_make_the_same_move_one_makes_it(house: House, clean: Engine) -> None:
    (ref,) = opened(house, clean)
    made: list[int] = []
    refused: list[str] = []

    def attempt() -> None:
        try:
            made.append(casework.move(house, ref, "keep_anonymous", LIAISON, REFUSED).version)
        except TransitionRefused as refusal:
            refused.append(refusal.code)

    together(*[attempt] * 8)

    assert made == [4]
    assert refused == ["already_there"] * 7
    assert one(clean, "SELECT count(*) FROM outbox") == 4


@pytest.mark.target("S10")
def test_twenty_who_open_move_and_seal_at_once_leave_every_chain_whole(house: House, clean: Engine) -> None:
    refs = opened(house, clean, 6)
    names = count(100)

    def mover(start: int) -> None:
        for step in range(9):
            ref = refs[(start + step) % len(refs)]
            for move, details in (
                ("basis_recorded", CONSENT),
                ("consent_withdrawn", CONSENT),
                ("keep_anonymous", REFUSED),
            ):
                try:
                    casework.move(house, ref, move, LIAISON, details)
                except TransitionRefused:
                    continue

    def opener() -> None:
        for _ in range(3):
            number = next(names)
            take_in(house, adt("A08", f"c-{number}", CODED, folder=f"F{number}", codes=["X99.4"]))

    def sealer() -> None:
        for _ in range(12):
            sealing.seal(house)

    movers = [lambda start=start: mover(start) for start in range(12)]
    together(*movers, *[opener] * 4, *[sealer] * 4)
    lapse(clean)  # whatever could not have a lock in time is offered again
    work_off(house)
    sealing.seal(house)

    assert found(house) == set()
    assert sealing.seal(house) is None
    assert one(clean, 'SELECT count(*) FROM "case" WHERE sealed_seq <> ledger_seq') == 0
    assert one(clean, 'SELECT count(*) FROM "case"') == 6 + 4 * 3
    moves = one(clean, "SELECT count(*) FROM stage_transition")
    assert moves > 6 * 3 + 12 * 3
    assert one(clean, "SELECT count(*) FROM ledger_entry") == moves
    assert one(clean, "SELECT count(*) FROM outbox") == moves
    seals = [row[0] for row in rows(clean, "SELECT number FROM ledger_seal ORDER BY number")]
    assert seals == list(range(1, len(seals) + 1))
