"""No row that was sealed is changed unseen, by whatever hand; and what one mail still says betrays all the rest."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from hectis_flow.commands import ledger as command
from hectis_flow.services import balance, sealing
from hectis_flow.services.house import House
from hectis_flow.services.sealing import Witness
from hectis_flow.storage import ledger
from tests import owner
from tests.road import Road, roads
from tests.tables import one, rows

pytestmark = pytest.mark.target("S10")
WRITERS, APPENDS = 8, 12


@pytest.fixture
def sealed(house: House, clean: Engine) -> list[Road]:
    """Three cases on the road, sealed and counted more than once."""
    made = roads(house, clean, 3)
    sealing.seal(house)
    made[0].investigated()
    made[1].go("keep_anonymous", reason="consent_refused")
    balance.draw(house)
    made[2].go("basis_recorded", disclosure_basis="consent_written")
    sealing.seal(house)
    assert list(sealing.verify(house)) == []
    return made


def tampered(house: House, hand: owner.Hand, seed: object) -> set[str]:
    """What the verifier says of one tampering, which is undone again."""
    with house.sessions() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        hand(session, random.Random(str(seed)))  # noqa: S311  (the same hands each time)
        found = {fault.code for fault in sealing.faults_in(session)}
        session.rollback()
    return found


@pytest.mark.parametrize("hand", owner.HANDS)
def test_whatever_an_owner_does_to_sealed_rows_is_found(house: House, sealed: list[Road], hand: str) -> None:
    for seed in range(8):
        assert tampered(house, owner.HANDS[hand], f"{hand} {seed}"), (hand, seed)


def witness(house: House) -> Witness:
    with house.transaction() as session:
        found = sealing.witness(session)
    assert found is not None
    return found


def test_the_newest_seal_is_what_a_mail_prints(house: House, clean: Engine) -> None:
    with house.transaction() as session:
        assert sealing.witness(session) is None
    balance.draw(house)
    printed = witness(house)
    assert rows(clean, "SELECT number, encode(hash, 'hex'), at FROM ledger_seal") == [
        (printed.number, printed.digest, printed.sealed_at)
    ]
    assert len(printed.words) == 12


def letter(folder: Path, printed: Witness, *, what: str) -> Path:
    """An old digest as somebody saved it: with the hash, or with the words alone."""
    made = EmailMessage()
    made["From"], made["To"] = "hectis@practice.invalid", "chair@practice.invalid"
    said = printed.digest if what == "hash" else " ".join(printed.words)
    made.set_content(f"Good morning.\n\nSeal {printed.number}: {said}\n", cte="base64")
    path = folder / f"{what}.eml"
    path.write_bytes(made.as_bytes())
    return path


def verified(house: House, monkeypatch: pytest.MonkeyPatch, *arguments: object) -> Result:
    monkeypatch.setattr(command, "house", lambda: house)
    return CliRunner().invoke(command.ledger, ["verify", *map(str, arguments)])


@pytest.mark.parametrize("what", ["hash", "words"])
def test_one_old_mail_tells_a_whole_ledger_from_one_that_was_written_anew(
    house: House, sealed: list[Road], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    mail = letter(tmp_path, witness(house), what=what)
    sealed[2].go("acknowledge")
    sealing.seal(house)
    whole = verified(house, monkeypatch, "--from-mail", mail)
    assert (whole.exit_code, "The mail agrees: nothing up to seal 4 was changed" in whole.output) == (0, True)

    with owning(house) as session:
        owner.rewrite(session, one_case(session, sealed[0]))
    alone, beside_mail = verified(house, monkeypatch), verified(house, monkeypatch, "--from-mail", mail)
    assert alone.exit_code == 0, "Nothing in the database itself tells of a thorough owner."
    assert beside_mail.exit_code == 1
    assert "witness_differs: A seal is not the one that was printed. (seal 4)" in beside_mail.output
    assert "NOT WHOLE" in beside_mail.output


def test_a_tail_that_was_cut_off_is_told_by_the_mail_alone(
    house: House, sealed: list[Road], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = letter(tmp_path, witness(house), what="hash")
    with owning(house) as session:
        owner.cut_seals(session, 4)
    assert verified(house, monkeypatch).exit_code == 0
    told = verified(house, monkeypatch, "--from-mail", mail)
    assert (told.exit_code, "seal_missing: A seal that was printed is gone. (seal 4)" in told.output) == (
        1,
        True,
    )


def test_a_mail_without_a_seal_and_words_that_were_changed_prove_nothing(
    house: House, sealed: list[Road], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = witness(house)
    path = tmp_path / "note.txt"
    path.write_text("Good morning.")
    assert verified(house, monkeypatch, "--from-mail", path).exit_code == 2
    changed = ("badu" if printed.words[0] != "badu" else "bidu", *printed.words[1:])
    path.write_text(f"Seal {printed.number}: {' '.join(changed)}")
    told = verified(house, monkeypatch, "--from-mail", path)
    assert (told.exit_code, "some of its twelve words were changed" in told.output) == (2, True)
    path.write_text(" ".join(printed.words))
    assert verified(house, monkeypatch, "--from-mail", path).exit_code == 0


def test_writers_at_once_never_fork_a_chain(house: House, sealed: list[Road], clean: Engine) -> None:
    before = one(clean, "SELECT count(*) FROM ledger_entry")
    append_at_once(house, clean, WRITERS, APPENDS)
    assert one(clean, "SELECT count(*) FROM ledger_entry") == before + WRITERS * APPENDS
    assert list(sealing.verify(house)) == []


def append_at_once(house: House, engine: Engine, writers: int, appends: int) -> None:
    """So many writers, each appending so many entries to cases that all of them write to, while others seal."""
    cases = [row[0] for row in rows(engine, 'SELECT id FROM "case" ORDER BY id')]
    own = create_engine(engine.url, pool_size=writers, connect_args={"options": "-c timezone=UTC"})
    crowd = replace(house, sessions=sessionmaker(own))
    faults: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for place in range(appends):
                with crowd.transaction() as session:
                    ledger.append(
                        session, cases[(number + place) % len(cases)], "note", f"writer:{number}", "{}"
                    )
                if place % 5 == number % 5:
                    sealing.seal(crowd)
        except BaseException as fault:  # noqa: BLE001  (told by the test)
            faults.append(fault)

    threads = [Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    own.dispose()
    assert faults == []


@contextmanager
def owning(house: House) -> Iterator[Session]:
    """A transaction of whoever owns the database; what is done in it stays."""
    with house.transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        yield session


def one_case(session: Session, road: Road) -> int:
    found: int = session.execute(
        text('SELECT id FROM "case" WHERE ref = :ref'), {"ref": road.ref}
    ).scalar_one()
    return found
