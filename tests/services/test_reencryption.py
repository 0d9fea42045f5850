"""Everything locked with an older key comes to the active one, whatever happens on the way."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import Engine, text

from hectis_flow.domain.staffing import StaffLine
from hectis_flow.feeds.hl7v2_facts import facts
from hectis_flow.services import reencryption, work
from hectis_flow.services.house import House
from hectis_flow.services.reencryption import KeyInUse
from hectis_flow.services.staff_import import take
from hectis_flow.storage import reencryption as stored
from hectis_flow.storage.vault import CARD, CONTACT, IDENTITY, PRIVATE, RAW, STAFF, TOTP, KeyTable, Vault
from tests.hospital import coded, sent, visits
from tests.tables import one, receive, rows, take_in, work_off

INDEX = bytes(range(32, 64))
OPENED = {
    "inbound_message": RAW,
    "patient": IDENTITY,
    "encounter": PRIVATE,
    "staff": STAFF,
    "contact_point": CONTACT,
    "credential": TOTP,
    "enrolment": TOTP,
    "chat_card": CARD,
}


@dataclass
class Ring:
    """Keys that a test turns; a vault made of them looks when it is told to."""

    keys: dict[str, bytes] = field(default_factory=lambda: {"k1": bytes(range(32))})
    active: str = "k1"

    def table(self) -> KeyTable:
        return dict(self.keys), self.active, INDEX

    def rotate(self) -> None:
        self.active = f"k{len(self.keys) + 1}"
        self.keys[self.active] = bytes([len(self.keys)] * 32)

    def vault(self) -> Vault:
        return Vault(self.table(), self.table)


@pytest.fixture
def ring() -> Ring:
    return Ring()


@pytest.fixture
def keyed(house: House, ring: Ring, clean: Engine) -> House:
    """A house on turnable keys, whose leases lapse at once."""
    return replace(house, vault=ring.vault(), lease_seconds=0.01)


def fill(house: House, count: int = 4) -> None:
    take_in(replace(house, lease_seconds=60.0), *sent(visits(count)))
    take(house, [somebody(number) for number in range(count)])


def somebody(number: int) -> StaffLine:
    name, address = f"Alfa Voorbeeld {number}", f"desk-{number}@practice.invalid"
    return StaffLine(f"kh-{number}", name, "en", "khayelitsha-saps", "saps_liaison", address)


def rotate(ring: Ring, house: House) -> None:
    ring.rotate()
    house.vault.refresh()
    reencryption.begin(house)


def walk_to_the_end(house: House) -> None:
    """As the clock and a worker do, until nothing is left."""
    for _ in range(2000):
        reencryption.reencrypt(house, reencryption.lease(house))
        if reencryption.share_done(reencryption.progress(house)) == 1:
            return
    raise AssertionError(reencryption.progress(house))


def keys_in_use(engine: Engine) -> set[str]:
    return {
        key
        for name in OPENED
        for (key,) in rows(engine, f"SELECT DISTINCT key_id FROM {name}")  # noqa: S608
    }


def opened(engine: Engine, house: House) -> dict[str, list[bytes]]:
    """Everything that is locked, opened, in order."""
    return {
        name: [
            house.vault.open(purpose, key_id, value)
            for key_id, value in rows(
                engine,
                f"SELECT key_id, {stored.SUBJECTS[name].column} FROM {name} ORDER BY id",  # noqa: S608
            )
        ]
        for name, purpose in OPENED.items()
    }


def write_patient(house: House, number: int) -> None:
    """As a process does that writes with the key its vault knows."""
    key_id, sealed = house.vault.seal_json(IDENTITY, {})
    with house.transaction() as session:
        statement = text("UPDATE patient SET key_id = :key_id, identity_enc = :sealed WHERE id = :id")
        session.execute(statement, {"key_id": key_id, "sealed": sealed, "id": number})


@contextmanager
def row_locked(engine: Engine, table: str, number: int) -> Iterator[None]:
    with engine.begin() as connection:
        connection.execute(text(f"SELECT 1 FROM {table} WHERE id = {number} FOR UPDATE"))  # noqa: S608
        yield


def test_every_locked_column_of_the_schema_is_walked(clean: Engine) -> None:
    locked = rows(
        clean,
        """
        SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND (column_name LIKE '%_enc' OR column_name = 'key_id')
          AND table_name <> 'reencryption'
        """,
    )

    wanted = {(one.table, name) for one in stored.SUBJECTS.values() for name in (one.column, "key_id")}
    assert {tuple(row) for row in locked} == wanted


def test_after_a_rotation_everything_comes_to_the_new_key_and_opens_as_before(
    keyed: House, ring: Ring, clean: Engine
) -> None:
    fill(keyed)
    before = opened(clean, keyed)
    rotate(ring, keyed)

    walk_to_the_end(keyed)

    assert keys_in_use(clean) == {"k2"}
    assert opened(clean, keyed) == before
    assert facts(before["inbound_message"][0]).control_id == "T-1-A04"
    assert take(keyed, [somebody(number) for number in range(4)]).changed == 0


@pytest.mark.parametrize("most_rows", [1, 3])
def test_small_batches_and_windows_leave_nothing_out(
    keyed: House, ring: Ring, clean: Engine, most_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MOST_ROWS", most_rows)
    monkeypatch.setattr(stored, "WINDOW", 2)
    fill(keyed)
    rotate(ring, keyed)

    walk_to_the_end(keyed)

    assert keys_in_use(clean) == {"k2"}
    assert sum(walk.moved for walk in reencryption.progress(keyed)) == 24


def test_long_messages_are_moved_few_at_a_time(
    keyed: House, ring: Ring, clean: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MOST_BYTES", 500)
    fill(keyed)
    rotate(ring, keyed)
    with keyed.transaction() as session:
        walk = stored.hold(session, one(clean, "SELECT min(id) FROM reencryption"), "k2")
        assert walk is not None
        assert len(stored.window(session, walk).rows) == 1

    walk_to_the_end(keyed)

    assert keys_in_use(clean) == {"k2"}


def test_a_row_that_somebody_works_on_is_passed_over_and_come_back_to(
    keyed: House, ring: Ring, clean: Engine
) -> None:
    fill(keyed)
    rotate(ring, keyed)
    with row_locked(clean, "patient", 2):
        for _ in range(20):
            reencryption.reencrypt(keyed, reencryption.lease(keyed))
        left = rows(clean, "SELECT id FROM patient WHERE key_id = 'k1'")
        assert left == [(2,)]
        assert not any(walk.done for walk in reencryption.progress(keyed) if walk.subject == "patient")

    walk_to_the_end(keyed)

    assert keys_in_use(clean) == {"k2"}


def test_a_message_that_waits_for_work_is_left_to_its_worker(keyed: House, ring: Ring, clean: Engine) -> None:
    receive(keyed, *sent(visits(1)))
    rotate(ring, keyed)
    reencryption.reencrypt(keyed, reencryption.lease(keyed))
    assert keys_in_use(clean) == {"k1"}

    work_off(replace(keyed, lease_seconds=60.0))
    walk_to_the_end(keyed)

    assert keys_in_use(clean) == {"k2"}


def test_what_a_sleepy_process_still_writes_with_the_old_key_is_found_in_a_later_round(
    keyed: House, ring: Ring, clean: Engine
) -> None:
    fill(keyed)
    sleepy = replace(keyed, vault=Vault(ring.table()))
    rotate(ring, keyed)
    reencryption.reencrypt(keyed, reencryption.lease(keyed))
    receive(sleepy, coded(visits(1)[0], "X95.4"))
    write_patient(sleepy, 1)
    work_off(replace(keyed, lease_seconds=60.0))
    write_patient(sleepy, 2)
    assert keys_in_use(clean) == {"k1", "k2"}

    walk_to_the_end(keyed)

    assert keys_in_use(clean) == {"k2"}


def test_a_worker_that_slept_through_the_rotation_moves_nothing_to_the_old_key(
    keyed: House, ring: Ring, clean: Engine
) -> None:
    fill(keyed)
    rotate(ring, keyed)
    blind = replace(keyed, vault=Vault(({"k1": bytes(range(32))}, "k1", INDEX)))

    assert reencryption.reencrypt(blind, reencryption.lease(keyed)) == 0
    assert all(walk.done_to == 0 for walk in reencryption.progress(keyed))


def test_a_second_rotation_on_the_way_ends_with_the_newest_key(
    keyed: House, ring: Ring, clean: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MOST_ROWS", 1)
    monkeypatch.setattr(reencryption, "BATCHES", 1)
    fill(keyed)
    rotate(ring, keyed)
    reencryption.reencrypt(keyed, reencryption.lease(keyed))
    assert keys_in_use(clean) == {"k1", "k2"}
    rotate(ring, keyed)

    walk_to_the_end(keyed)

    assert keys_in_use(clean) == {"k3"}


def test_a_batch_that_fails_half_way_leaves_rows_and_walk_as_they_were(
    keyed: House, ring: Ring, clean: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(keyed)
    rotate(ring, keyed)
    ids = reencryption.lease(keyed)

    def broken(*_: object) -> bool:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(stored, "advance", broken)
        with pytest.raises(ConnectionError):
            reencryption.reencrypt(keyed, ids)
    assert keys_in_use(clean) == {"k1"}

    walk_to_the_end(keyed)

    assert keys_in_use(clean) == {"k2"}


def test_a_row_that_does_not_open_holds_up_no_other_and_is_told(
    keyed: House, ring: Ring, clean: Engine
) -> None:
    fill(keyed)
    with clean.begin() as connection:
        connection.execute(text("UPDATE patient SET identity_enc = 'broken beyond repair' WHERE id = 1"))
    rotate(ring, keyed)

    walk_to_the_end(keyed)

    assert rows(clean, "SELECT id FROM patient WHERE key_id = 'k1'") == [(1,)]
    assert {walk.subject: walk.unopened for walk in reencryption.progress(keyed)} == {
        "inbound_message": 0,
        "patient": 1,
        "encounter": 0,
        "staff": 0,
        "contact_point": 0,
        "credential": 0,
        "enrolment": 0,
        "chat_card": 0,
    }
    with pytest.raises(KeyInUse, match="still locks rows"):
        reencryption.require_unused(keyed, "k1")


def test_a_walk_belongs_to_one_worker_at_a_time(keyed: House, ring: Ring, clean: Engine) -> None:
    fill(keyed)
    rotate(ring, keyed)
    (first, *_) = reencryption.lease(keyed)
    with row_locked(clean, "reencryption", first):
        assert reencryption.reencrypt(keyed, [first]) == 0
        assert first not in reencryption.lease(keyed)


def test_beginning_twice_begins_one_walk_a_table(keyed: House, ring: Ring, clean: Engine) -> None:
    rotate(ring, keyed)
    reencryption.begin(keyed)

    assert one(clean, "SELECT count(*) FROM reencryption") == len(OPENED)


class TestRetiring:
    def test_the_key_that_encrypts_stays(self, keyed: House) -> None:
        with pytest.raises(KeyInUse, match="rotate first"):
            reencryption.require_unused(keyed, "k1")

    def test_a_key_stays_while_the_walk_is_on(self, keyed: House, ring: Ring) -> None:
        fill(keyed)
        rotate(ring, keyed)

        with pytest.raises(KeyInUse, match="is being moved"):
            reencryption.require_unused(keyed, "k1")

    def test_a_key_stays_while_a_running_process_writes_with_it(self, keyed: House, ring: Ring) -> None:
        rotate(ring, keyed)
        walk_to_the_end(keyed)
        work.beat(keyed, "mllp", "here-1", {"key": "k1"})

        with pytest.raises(KeyInUse, match="a running mllp still writes with"):
            reencryption.require_unused(replace(keyed, lease_seconds=60.0), "k1")

    def test_rows_that_turn_up_after_the_walk_make_it_begin_again(
        self, keyed: House, ring: Ring, clean: Engine
    ) -> None:
        sleepy = replace(keyed, vault=Vault(ring.table()))
        rotate(ring, keyed)
        walk_to_the_end(keyed)
        fill(sleepy, 1)

        with pytest.raises(KeyInUse, match=r"2 in inbound_message, 1 in patient, 1 in encounter, 1 in staff"):
            reencryption.require_unused(keyed, "k1")
        walk_to_the_end(keyed)

        reencryption.require_unused(keyed, "k1")
        assert keys_in_use(clean) == {"k2"}
