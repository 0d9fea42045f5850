"""The register of staff: taken in whole or not at all, again without change, with history; locked; by code only."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, event, text

from hectis_flow.commands import staff as command
from hectis_flow.commands.staff import read_lines
from hectis_flow.domain.duty import Post
from hectis_flow.domain.errors import NotVisible
from hectis_flow.domain.notification import OnDuty
from hectis_flow.domain.staffing import StaffLine
from hectis_flow.practice.staff import staff_the_province
from hectis_flow.services import staff
from hectis_flow.services.house import House
from hectis_flow.services.staff import LeaveRefused
from hectis_flow.services.staff_import import StaffRefused, take
from hectis_flow.storage import offices
from hectis_flow.storage.staff import on_duty
from hectis_flow.storage.vault import CONTACT
from tests.tables import dump, one, rows

STATION = "khayelitsha-saps"
EVER = date(1900, 1, 1)


def line(code: str = "kh-1", **said: object) -> StaffLine:
    values: dict[str, object] = {
        "name": "Alfa Voorbeeld",
        "language": "en",
        "office": STATION,
        "role": "saps_liaison",
        "email": f"{code}@practice.invalid",
    }
    return StaffLine(code=code, **{**values, **said})  # type: ignore[arg-type]


def duty(house: House, office: str = STATION, role: str = "saps_liaison") -> tuple[OnDuty, ...]:
    with house.transaction() as session:
        office_id = offices.id_of(session, office)
        assert office_id is not None
        post: Post = (office_id, role)
        return on_duty(session, [post])[post]


def codes_on_duty(house: House) -> list[str]:
    return [found.code for found in duty(house)]


def away(house: House, code: str) -> None:
    now = datetime.now(UTC)
    staff.leave(house, code, now - timedelta(days=1), now + timedelta(days=1))


def test_a_table_taken_twice_changes_nothing_the_second_time(house: House, clean: Engine) -> None:
    table = [line(deputies=("kh-2",)), line("kh-2", role="station_commander", webhook="https://a.invalid/x")]
    assert take(house, table).changed == 2
    before = dump(clean)

    again = take(house, table)

    assert (again.people, again.changed) == (2, 0)
    assert dump(clean) == before


def test_names_and_addresses_are_stored_locked_and_only_so(house: House, clean: Engine) -> None:
    take(house, [line(name="Zebrafink Nergensman", email="zebrafink@practice.invalid")])

    stored = str(dump(clean)).lower()
    assert "zebrafink" not in stored
    assert b"zebrafink".hex() not in stored
    ((key_id, sealed),) = rows(clean, "SELECT key_id, address_enc FROM contact_point")
    assert house.vault.open(CONTACT, key_id, sealed) == b"zebrafink@practice.invalid"


def test_a_post_that_the_table_leaves_out_ends_and_stays_on_record(house: House, clean: Engine) -> None:
    take(house, [line()])
    take(house, [line(role="station_commander")])

    today = one(clean, "SELECT (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date")
    found = rows(clean, "SELECT role, valid_from, valid_to FROM staff_post ORDER BY id")
    assert [tuple(row) for row in found] == [
        ("saps_liaison", EVER, today),
        ("station_commander", today, None),
    ]
    assert codes_on_duty(house) == []


def test_a_post_given_and_taken_back_on_one_day_leaves_nothing(house: House, clean: Engine) -> None:
    take(house, [line()])
    second = line(role="station_commander")
    take(house, [line(), second])
    assert [found.code for found in duty(house, role="station_commander")] == ["kh-1"]

    assert take(house, [line()]).changed == 1

    assert rows(clean, "SELECT role FROM staff_post") == [("saps_liaison",)]
    assert duty(house, role="station_commander") == ()


def test_an_address_that_changes_ends_and_may_come_back(house: House, clean: Engine) -> None:
    def going() -> list[tuple[str, bool]]:
        found = rows(clean, "SELECT channel, valid_to IS NULL FROM contact_point ORDER BY id")
        return [(channel, still) for channel, still in found]

    take(house, [line()])
    assert take(house, [line(email="other@practice.invalid")]).changed == 1
    assert going() == [("email", False), ("email", True)]
    assert take(house, [line(webhook="https://a.invalid/x")]).changed == 1
    assert going() == [("email", True), ("email", False), ("webhook", True)]
    assert [contact.channel for contact in duty(house)[0].ways] == ["email", "webhook"]


def test_every_way_to_somebody_is_taken_in_its_order(house: House, clean: Engine) -> None:
    ways = {
        "webhook": "https://a.invalid/x",
        "slack": "U012AB3CD",
        "teams": "https://flows.invalid/x",
        "sms": "+27821234567",
        "whatsapp": "+27821234567",
    }
    take(house, [line(), line(role="station_commander", **ways)])

    assert [contact.channel for contact in duty(house)[0].ways] == ["email", *ways]
    assert take(house, [line(**ways)]).changed == 1  # the second post, no address
    assert [contact.channel for contact in duty(house)[0].ways] == ["email", *ways]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"code": "Kh 1"}, "code must be"),
        ({"language": "zu"}, "language must be one of"),
        ({"office": "no-such-office"}, "no office of this code"),
        ({"role": "rule"}, "no such role for staff"),
        ({"role": "facility_liaison"}, "no role at a station"),
        ({"email": "not an address"}, "email is no address"),
        ({"webhook": "http://example.org/hook"}, "webhook must be an https address"),
        (
            {"webhook": "https://user:pw@example.org/"},  # pragma: allowlist secret
            "webhook must be an https address",
        ),
        ({"webhook": "https://"}, "webhook must be an https address"),
        ({"slack": "@somebody"}, "slack must be a member or conversation id"),
        ({"teams": "http://flows.invalid/x"}, "teams must be the https address of a workflow"),
        ({"sms": "0821234567"}, r"sms must be a number as \+27821234567"),
        ({"whatsapp": "+27 82"}, r"whatsapp must be a number as \+27821234567"),
        ({"email": ""}, "gives an address"),
        ({"name": ""}, "a name and a language"),
        ({"deputies": ("nobody",)}, "1 of the deputies of kh-1 are not on the staff"),
        ({"deputies": ("kh-1",)}, "stands in for themselves"),
        ({"start": date(2026, 2, 1), "end": date(2026, 2, 1)}, "to is not after from"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_at_all_is_taken(
    house: House, clean: Engine, said: dict[str, object], sentence: str
) -> None:
    code = said.get("code", "kh-1")

    with pytest.raises(StaffRefused, match=sentence) as refused:
        take(house, [line("kh-9"), line(**{"code": code, **said})])  # type: ignore[arg-type]

    assert list(refused.value.lines) == [1]
    assert "Voorbeeld" not in str(refused.value)
    assert one(clean, "SELECT count(*) FROM staff") == 0


def test_every_wrong_line_is_named_not_only_the_first(house: House, clean: Engine) -> None:
    table = [line(), line(name="Bravola Denkbeeld", role="station_commander"), line(), line("kh-2", role="x")]

    with pytest.raises(StaffRefused) as refused:
        take(house, table)

    assert sorted(refused.value.lines) == [1, 2, 3]


def test_somebody_may_hold_several_posts_and_need_not_be_told_of_twice(house: House, clean: Engine) -> None:
    second = line(name="", language="", email="", office="harare-saps")

    assert take(house, [line(), second]).people == 1
    assert [found.code for found in duty(house, "harare-saps")] == ["kh-1"]


def test_while_somebody_is_away_their_deputy_answers_with_the_way_to_reach_them(
    house: House, clean: Engine
) -> None:
    take(house, [line(deputies=("kh-2",)), line("kh-2", role="station_commander", language="xh")])
    assert codes_on_duty(house) == ["kh-1"]
    away(house, "kh-1")

    (found,) = duty(house)

    assert found.code == "kh-2"
    assert [contact.channel for contact in found.ways] == ["email"]
    away(house, "kh-2")
    assert codes_on_duty(house) == []


@pytest.mark.target("R12")
def test_deputies_in_a_circle_end_the_search(house: House, clean: Engine) -> None:
    commander = line("kh-2", role="station_commander", deputies=("kh-1",))
    take(house, [line(deputies=("kh-2",)), commander])
    away(house, "kh-1")
    away(house, "kh-2")

    assert codes_on_duty(house) == []


def test_leave_noted_twice_is_one_and_a_new_end_replaces_the_old(house: House, clean: Engine) -> None:
    take(house, [line()])
    start = datetime(2026, 12, 1, tzinfo=UTC)

    noted = [staff.leave(house, "kh-1", start, start + timedelta(days=days)) for days in (3, 3, 5)]

    assert noted == [True, False, True]
    assert one(clean, "SELECT ends_at - starts_at FROM staff_leave") == timedelta(days=5)


def test_what_cannot_be_noted_is_refused_with_a_sentence(house: House, clean: Engine) -> None:
    take(house, [line()])
    now = datetime.now(UTC)

    with pytest.raises(NotVisible, match="Nobody on the staff"):
        staff.leave(house, "kh-7", now, now + timedelta(days=1))
    with pytest.raises(LeaveRefused, match="ends after it begins"):
        staff.leave(house, "kh-1", now, now)
    with pytest.raises(LeaveRefused, match="reason is one of"):
        staff.leave(house, "kh-1", now, now + timedelta(days=1), "operation")
    with pytest.raises(LeaveRefused, match="stands in for themselves"):
        staff.deputy(house, "kh-1", "kh-1")
    with pytest.raises(NotVisible, match="no office"):
        staff.listing(house, "no-such-office")


def test_a_deputy_may_be_named_and_taken_back_by_hand(house: House, clean: Engine) -> None:
    take(house, [line(), line("kh-2", role="station_commander")])
    assert [staff.deputy(house, "kh-1", "kh-2") for _ in range(2)] == [True, False]
    away(house, "kh-1")
    assert codes_on_duty(house) == ["kh-2"]
    assert [staff.no_deputy(house, "kh-1", "kh-2") for _ in range(2)] == [True, False]
    assert codes_on_duty(house) == []


def test_the_list_of_an_office_shows_codes_and_a_name_only_when_asked(house: House, clean: Engine) -> None:
    take(house, [line(), line("kh-2", role="station_commander")])
    away(house, "kh-1")

    desk = staff.listing(house, STATION)

    assert [(one.code, one.role, one.answers, one.name) for one in desk.posts] == [
        ("kh-1", "saps_liaison", False, None),
        ("kh-2", "station_commander", True, None),
    ]
    assert desk.answering == {"saps_liaison": (), "station_commander": ("kh-2",)}
    assert staff.listing(house, STATION, names=True).posts[0].name == "Alfa Voorbeeld"


def test_hundreds_of_posts_are_answered_in_a_handful_of_statements(house: House, clean: Engine) -> None:
    staff_the_province(house)
    with house.transaction() as session:
        posts = {
            (row.office_id, row.role)
            for row in session.execute(text("SELECT DISTINCT office_id, role FROM staff_post"))
        }
        statements: list[str] = []

        def note(_: object, __: object, statement: str, *___: object) -> None:
            statements.append(statement)

        event.listen(session.get_bind(), "before_cursor_execute", note)
        found = on_duty(session, posts)
        event.remove(session.get_bind(), "before_cursor_execute", note)

    assert len(found) == len(posts) > 600
    assert len(statements) <= 6
    assert all(found.values())


HEAD = "code,name,language,office,role,email,webhook,deputy,from,to\n"


def test_a_table_from_a_spreadsheet_is_read_and_its_faults_are_named_by_line(tmp_path: Path) -> None:
    path = tmp_path / "staff.csv"
    path.write_text(
        "\ufeff" + HEAD + "kh-1,Alfa,en,khayelitsha-saps,saps_liaison,a@b.invalid,,kh-2 kh-3,2026-01-01,\n",
        encoding="utf-8",
    )

    ((number, read),) = read_lines(path).items()

    assert number == 2
    assert (read.code, read.deputies, read.start, read.end) == (
        "kh-1",
        ("kh-2", "kh-3"),
        date(2026, 1, 1),
        None,
    )
    path.write_text(HEAD + "kh-1,A,en,k,r,,,,soon,\n", encoding="utf-8")
    with pytest.raises(click.ClickException, match="line 2: from must be a date"):
        read_lines(path)
    path.write_text("code,name\n", encoding="utf-8")
    with pytest.raises(click.ClickException, match="no column language, office"):
        read_lines(path)


def test_the_commands_say_what_they_did_in_codes_only(
    house: House, clean: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hectis(*words: str) -> str:
        done = CliRunner().invoke(command.staff, words)
        assert done.exit_code == 0, done.output
        assert "Zebrafink" not in done.output or "--names" in words
        return done.output

    monkeypatch.setattr(command, "house", lambda: house)
    staff_the_province(house)
    path = tmp_path / "staff.csv"
    path.write_text(
        HEAD + f"kh-1,Zebrafink,en,{STATION},prosecutor,zebrafink@a.invalid,,,,\n", encoding="utf-8"
    )
    refused = CliRunner().invoke(command.staff, ["import", str(path)])
    assert (refused.exit_code, "Zebrafink" in refused.output) == (1, False)
    assert "line 2: prosecutor is no role at a station" in refused.output
    path.write_text(path.read_text().replace("prosecutor", "saps_liaison"), encoding="utf-8")

    assert "1 people read, 1 new or changed" in hectis("import", str(path))
    more = tmp_path / "more.csv"
    more.write_text(
        HEAD.replace("webhook", "webhook,slack,sms")
        + f"kh-8,Zebrafink,en,{STATION},station_commander,,,U012AB3CD,+27821234567,,,\n",
        encoding="utf-8",
    )
    assert "1 people read, 1 new or changed" in hectis("import", str(more))
    assert rows(clean, "SELECT channel FROM contact_point WHERE channel <> 'email' ORDER BY id") == [
        ("slack",),
        ("sms",),
    ]
    assert "1 people read, 0 new or changed" in hectis("import", str(path))
    assert "saps_liaison  kh-1  answers now" in hectis("list", "--office", STATION)
    assert "saps_liaison  kh-1  Zebrafink  answers now" in hectis("list", "--office", STATION, "--names")
    assert "every post is answered for" in hectis("gaps")
    hectis("deputy", "kh-1", "khayelitsha-saps.commander")
    hectis("deputy", "kh-1", "khayelitsha-saps.commander", "--remove")
    today = str(one(clean, "SELECT (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date"))
    for code in ("kh-1", *(f"{STATION}.{desk}" for desk in ("liaison", "commander", "detectives"))):
        said = hectis("leave", code, "--from", today, "--to", today)
    assert "2 new gaps" in said  # nobody leads the desks, and nobody the detectives
    assert "saps_liaison: nobody answers now" in hectis("list", "--office", STATION)
    gaps = hectis("gaps")
    assert f"{STATION}: since" in gaps
    assert "nobody answers as saps_liaison; cape-town-saps-district (cluster_commander)" in gaps
