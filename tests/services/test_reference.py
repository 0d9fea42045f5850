"""Offices: loaded twice as once, named by code and name, a wrong file named by its line."""

from pathlib import Path

import click
import pytest
from sqlalchemy import Engine, text

from hectis_flow.commands.reference import OFFICES, read_offices
from hectis_flow.services.house import House
from hectis_flow.services.reference import load_offices
from hectis_flow.storage import offices
from tests.tables import dump

HEAD = "code,kind,name,sub_district,town,latitude,longitude\n"
ONE = "a-hospital,facility,A Hospital,,,,\n"


def written(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "offices.csv"
    path.write_text(content, encoding="utf-8")
    return path


def test_loading_the_same_offices_again_changes_nothing(house: House, clean: Engine) -> None:
    before = dump(clean)

    assert load_offices(house, read_offices(OFFICES)) == 0
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
        (HEAD + ONE + ",facility,B,,,,\n", "line 3: code and name"),
        (HEAD + ONE + "b,facility\n", "line 3: code and name"),
        (HEAD + ONE + ONE, "line 3: this code stands in an earlier line"),
        (HEAD + "a,facility,A,,,north,\n", "line 2: could not convert"),
        ("code,name\na,A\n", "no column 'kind'"),
    ],
)
def test_a_wrong_file_is_named_by_its_line(content: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(click.ClickException, match=says):
        read_offices(written(tmp_path, content))
