"""Offices and their tree: loaded twice as once, history closed and not rewritten, a wrong file named by its lines."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

from hectis_flow.commands import reference as command
from hectis_flow.commands.reference import OFFICES, TREE, read_offices, read_tree
from hectis_flow.services.house import House
from hectis_flow.services.reference import TreeRefused, load, load_offices, load_tree, tree
from hectis_flow.storage import offices
from tests.tables import dump, one, rows

HEAD = "code,kind,name,sub_district,town,latitude,longitude\n"
ONE = "a-hospital,facility,A Hospital,,,,\n"


def written(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "offices.csv"
    path.write_text(content, encoding="utf-8")
    return path


def test_loading_the_same_offices_again_changes_nothing(house: House, clean: Engine) -> None:
    before = dump(clean)

    assert load_offices(house, read_offices(OFFICES)) == 0
    assert load_tree(house, read_tree(TREE)) == 0
    assert dump(clean) == before


def office(code: str, name: str) -> dict[str, object]:
    places = dict.fromkeys(("sub_district", "town", "latitude", "longitude"))
    return {"code": code, "kind": "facility", "name": name} | places


def test_a_name_that_moves_or_comes_to_be_shared_never_names_the_wrong_office(house: House) -> None:
    def named(*them: tuple[str, str]) -> dict[str, str]:
        offices.upsert(session, [office(*one) for one in them])
        offices.add_aliases(session, "facility")
        codes = dict(session.execute(text("SELECT id, code FROM office")).all())
        words = offices.by_alias(session, "facility")
        return {word: codes[words[word]] for word in ("STMARY", "EASTWING") if word in words}

    with house.sessions() as session:  # never committed
        assert named(("t-one", "St Mary"), ("t-two", "East Wing")) == {"STMARY": "t-one", "EASTWING": "t-two"}
        assert named(("t-one", "East Wing"), ("t-two", "St Mary")) == {"STMARY": "t-two", "EASTWING": "t-one"}
        assert named(("t-one", "St. Mary"), ("t-two", "St Mary")) == {"EASTWING": "t-one"}


def test_a_file_from_a_spreadsheet_is_read(tmp_path: Path) -> None:
    (read,) = read_offices(written(tmp_path, "\ufeff" + HEAD + ONE))

    assert (read["code"], read["kind"], read["town"], read["latitude"]) == (
        "a-hospital",
        "facility",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (HEAD + "a-hospital,clinic,A Hospital,,,,\n", "line 2: kind must be one of"),
        (HEAD + "a-hospital,facility,A Hospital,,,nan,18.4\n", "line 2: a coordinate lies between -90"),
        (HEAD + "a-hospital,facility,A Hospital,,,-33.9,184\n", "line 2: a coordinate lies between -180"),
        (HEAD + ONE + ",facility,B,,,,\n", "line 3: code and name"),
        (HEAD + ONE + "b,facility\n", "line 3: code and name"),
        (HEAD + ONE + ONE, "line 3: this code stands in an earlier line"),
        (HEAD + "a,facility,A,,,north,\n", "line 2: could not convert"),
        ("code,name\na,A\n", "no column kind, sub_district"),
    ],
)
def test_a_wrong_file_is_named_by_its_line(content: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(click.ClickException, match=says):
        read_offices(written(tmp_path, content))


def test_every_faulty_line_is_named_and_not_only_the_first(tmp_path: Path) -> None:
    with pytest.raises(click.ClickException) as fault:
        read_offices(written(tmp_path, HEAD + "a,clinic,A,,,,\n" + ONE + ",facility,B,,,,\n"))

    assert "line 2: kind" in fault.value.message
    assert "line 4: code and name" in fault.value.message


def test_blank_lines_count_and_a_date_is_asked_for_in_words(tmp_path: Path) -> None:
    path = written(tmp_path, "code,parent,valid_from,valid_to\n\na,b,1.1.2026,\n")

    with pytest.raises(click.ClickException, match="line 3: valid_from must be a date such as"):
        read_tree(path)


def test_a_file_in_another_encoding_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "offices.csv"
    path.write_bytes((HEAD + "a,facility,Caf\xe9,,,,\n").encode("latin-1"))

    with pytest.raises(click.ClickException, match="is not UTF-8 text"):
        read_offices(path)


STATION = "khayelitsha-saps"
LINE = {"code": STATION, "parent": "blue-downs-cluster", "valid_from": None, "valid_to": None}
EVER = date(1900, 1, 1)


@pytest.fixture
def moved(house: House, clean: Engine) -> Iterator[Engine]:
    """For tests that change the tree: it is put back afterwards."""
    kept = rows(clean, "SELECT * FROM office_parent")
    yield clean
    with clean.begin() as connection:
        connection.execute(text("DELETE FROM office_parent"))
        for row in kept:
            values = dict(row._mapping)
            connection.execute(
                text("INSERT INTO office_parent VALUES (:office_id, :parent_id, :valid_from, :valid_to)"),
                values,
            )


def history(engine: Engine) -> list[tuple[str, date, date | None]]:
    query = """
        SELECT o.code, p.valid_from, p.valid_to FROM office_parent p JOIN office o ON o.id = p.parent_id
        WHERE p.office_id = (SELECT id FROM office WHERE code = :code) ORDER BY p.valid_from
    """
    return [(code, start, end) for code, start, end in rows(engine, query, code=STATION)]


def test_an_office_that_comes_under_another_one_keeps_its_history(house: House, moved: Engine) -> None:
    today = one(moved, "SELECT (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date")

    assert load_tree(house, [LINE]) == 1
    assert load_tree(house, [LINE]) == 0

    assert history(moved) == [
        ("cape-town-saps-district", EVER, today),
        ("blue-downs-cluster", today, None),
    ]


def test_a_change_may_be_dated_and_the_tree_then_depends_on_the_day(house: House, moved: Engine) -> None:
    load_tree(house, [{**LINE, "valid_from": date(2026, 6, 1)}])

    with house.transaction() as session:
        known = tree(house, session)
        station = offices.id_of(session, STATION)
        assert station is not None
        found = [known.climb(station, "cluster", date(2026, month, 1)) for month in (5, 6)]
    codes = [known.nodes[office].code for office in found if office is not None]
    assert codes == ["cape-town-saps-district", "blue-downs-cluster"]


def test_the_past_is_not_rewritten_and_a_refused_table_writes_nothing(house: House, moved: Engine) -> None:
    load_tree(house, [{**LINE, "valid_from": date(2026, 6, 1)}])
    before = dump(moved)
    other = {"code": "harare-saps", "parent": "blue-downs-cluster", "valid_from": None, "valid_to": None}
    early = {**LINE, "parent": "overberg-saps-district", "valid_from": date(2026, 3, 1)}

    with pytest.raises(TreeRefused, match="name a later valid_from") as refused:
        load_tree(house, [other, early])

    assert list(refused.value.lines) == [1]
    assert dump(moved) == before


def test_the_tree_is_read_again_only_when_it_has_changed(house: House, moved: Engine) -> None:
    def read() -> object:
        with house.transaction() as session:
            return tree(house, session)

    first = read()
    assert read() is first
    load_tree(house, [LINE])
    assert read() is not first


def test_from_every_office_of_the_project_each_ladder_finds_whom_it_tells(
    house: House, clean: Engine
) -> None:
    """L4 is the committee from every side, and no step of any clock is left without an office."""
    day = date(2026, 11, 22)
    with house.transaction() as session:
        known = tree(house, session)
    for office, node in known.nodes.items():
        committee = known.climb(office, "committee", day)
        assert committee is not None
        assert known.nodes[committee].code == "wc-committee"
        assert list(known.path(office, day))[-1] == committee, node.code
    owners = [office for office, node in known.nodes.items() if node.kind in ("facility", "station")]
    edition = house.policy.editions[-1]
    for office in owners:
        ladders = [ladder for ladder in edition.ladders.values() if ladder.owner == known.kind_of(office)]
        for rung in (rung for ladder in ladders for rung in ladder.rungs if rung.office_kind):
            found = known.climb(office, str(rung.office_kind), day)
            assert found is not None
            assert known.kind_of(found) == rung.office_kind


def test_the_command_loads_once_and_says_what_it_changed(
    house: House, clean: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "house", lambda: house)
    spellings = tmp_path / "spellings.csv"
    spellings.write_text("alias,code\n")  # the suite's offices have none
    monkeypatch.setattr(command, "SPELLINGS", spellings)
    before = dump(clean)

    done = CliRunner().invoke(command.reference, ["load"])

    assert done.exit_code == 0, done.output
    assert "offices read, 0 new or changed" in done.output
    assert "of the tree read, 0 new or changed" in done.output
    assert "10 seats of the committee read, 10 new or changed" in done.output
    loaded = dump(clean)
    assert {name for name in loaded if loaded[name] != before[name]} == {"committee_seat"}
    again = CliRunner().invoke(command.reference, ["load"])
    assert "10 seats of the committee read, 0 new or changed" in again.output
    assert dump(clean) == loaded
    seats = tmp_path / "seats.csv"
    seats.write_text(
        "code,agency,chairs,staff,source\nA B,x,,,\nok,x,perhaps,,\none,x,yes,,\ntwo,x,yes,,\nthree,,,,\n"
    )
    refused = CliRunner().invoke(command.reference, ["load", "--seats", str(seats)])
    assert refused.exit_code == 1
    assert [f"line {number}:" in refused.output for number in range(2, 7)] == [True, True, False, True, True]
    before = loaded
    path = tmp_path / "tree.csv"
    path.write_text(
        "code,parent,valid_from,valid_to,source\nnobody,wc-saps,,,x\nwc-saps,khayelitsha-saps,,,x\n"
    )
    refused = CliRunner().invoke(command.reference, ["load", "--tree", str(path)])
    assert refused.exit_code == 1
    assert "line 2: there is no office nobody" in refused.output
    assert "line 3: a station cannot stand above a saps_province" in refused.output
    assert dump(clean) == before


def test_an_office_that_closes_is_closed_in_the_table(house: House, clean: Engine) -> None:
    with house.sessions() as session:  # never committed
        new = {**office("t-old", "Old Hospital"), "valid_to": date(2027, 1, 1)}
        assert offices.upsert(session, [new]) == 1
        assert offices.upsert(session, [new]) == 0
        found = session.execute(text("SELECT valid_from, valid_to FROM office WHERE code = 't-old'")).one()
        assert tuple(found) == (EVER, date(2027, 1, 1))


def test_two_tables_are_taken_together_or_not_at_all(house: House, clean: Engine) -> None:
    before = dump(clean)
    wrong = {**LINE, "parent": "groote-schuur-hospital"}

    with pytest.raises(TreeRefused, match="cannot stand above a station"):
        load(house, [office("t-new", "New Hospital")], [wrong])

    assert dump(clean) == before
