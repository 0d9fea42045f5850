"""No post that somebody waits for stands empty unseen: told a week ahead, once, with a task; closed by itself."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from hectis_flow.domain.duty import HEADS, ROLE_KINDS
from hectis_flow.domain.staffing import StaffLine
from hectis_flow.domain.workflow_shapes import HEAD, NAMED
from hectis_flow.practice.staff import MAIL_DOMAIN, lines, staff_the_province
from hectis_flow.services import reference, rota, staff
from hectis_flow.services.house import House
from hectis_flow.services.rota import OWNERS, Watched
from hectis_flow.services.staff_import import take
from tests.tables import dump, one, rows

LIAISON = "khayelitsha-saps.liaison"
COMMANDER = "khayelitsha-saps.commander"
DETECTIVES = "khayelitsha-saps.detectives"
NOW = datetime.now(UTC)


@pytest.fixture
def staffed(house: House, clean: Engine) -> Iterator[House]:
    staff_the_province(house)
    # A second detective, who stands in for nobody: these tests are about the liaison's post alone.
    take(
        house,
        [
            StaffLine(
                "kh-det-2", "Charlie Example", "en", "khayelitsha-saps", "detective_commander", "d@a.invalid"
            )
        ],
    )
    return house


def away(house: House, *codes: str, starts: float, days: float = 3) -> None:
    for code in codes:
        start = NOW + timedelta(days=starts)
        staff.leave(house, code, start, start + timedelta(days=days))


def told(engine: Engine) -> list[tuple[str, str]]:
    """Which gaps an event was written of."""
    return [
        (office, role)
        for office, role in rows(
            engine,
            """
            SELECT o.code, g.role FROM outbox x JOIN rota_gap g ON g.id = x.subject_id
            JOIN office o ON o.id = g.office_id
            WHERE x.event = 'rota.gap_found' AND x.case_id IS NULL ORDER BY x.id
            """,
        )
    ]


def tasks(engine: Engine) -> list[tuple[str, str, bool]]:
    return [
        (office, role, done)
        for office, role, done in rows(
            engine,
            """
            SELECT o.code, t.role, t.done_at IS NOT NULL FROM task t JOIN office o ON o.id = t.office_id
            WHERE t.kind = 'fill_rota' ORDER BY t.id
            """,
        )
    ]


def test_a_staffed_province_has_no_gap_and_looking_writes_nothing(staffed: House, clean: Engine) -> None:
    before = dump(clean)

    assert rota.watch(staffed) == Watched(0, 0)
    assert dump(clean) == before
    assert rota.gaps(staffed) == []


def test_a_gap_is_told_a_week_ahead_once_with_a_task_for_the_office_above(
    staffed: House, clean: Engine
) -> None:
    away(staffed, LIAISON, COMMANDER, DETECTIVES, starts=5)

    assert rota.watch(staffed) == Watched(1, 0)
    before = dump(clean)
    assert rota.watch(staffed) == Watched(0, 0)

    assert dump(clean) == before
    assert told(clean) == [("khayelitsha-saps", "saps_liaison")]
    assert tasks(clean) == [("cape-town-saps-district", "cluster_commander", False)]
    (gap,) = rota.gaps(staffed)
    assert (gap.office, gap.role, gap.filler) == (
        "khayelitsha-saps",
        "saps_liaison",
        "cape-town-saps-district",
    )
    assert gap.starts_at == NOW + timedelta(days=5)


def test_leave_that_is_further_off_or_has_a_deputy_is_no_gap(staffed: House, clean: Engine) -> None:
    away(staffed, LIAISON, starts=1)
    away(staffed, "harare-saps.liaison", "harare-saps.commander", "harare-saps.detectives", starts=8)

    assert rota.watch(staffed) == Watched(0, 0)
    assert rota.watch(staffed, timedelta(days=9)) == Watched(2, 0)  # the liaison and the detectives there


def test_a_gap_that_is_filled_closes_with_its_task_and_may_open_again(staffed: House, clean: Engine) -> None:
    away(staffed, LIAISON, COMMANDER, DETECTIVES, starts=-1)
    rota.watch(staffed)
    staff.deputy(staffed, LIAISON, "harare-saps.liaison", 9)

    assert rota.watch(staffed) == Watched(0, 1)
    assert tasks(clean) == [("cape-town-saps-district", "cluster_commander", True)]
    assert rota.gaps(staffed) == []

    staff.no_deputy(staffed, LIAISON, "harare-saps.liaison")
    assert rota.watch(staffed) == Watched(1, 0)
    assert len(told(clean)) == 2


def test_a_gap_that_begins_earlier_than_thought_is_moved_and_not_told_again(
    staffed: House, clean: Engine
) -> None:
    away(staffed, LIAISON, COMMANDER, DETECTIVES, starts=5)
    rota.watch(staffed)
    away(staffed, LIAISON, COMMANDER, DETECTIVES, starts=2, days=1)

    assert rota.watch(staffed) == Watched(0, 0)

    (gap,) = rota.gaps(staffed)
    assert gap.starts_at == NOW + timedelta(days=2)
    assert one(clean, "SELECT due_at FROM task") == NOW + timedelta(days=2)
    assert len(told(clean)) == 1


def test_a_gap_that_has_begun_keeps_its_beginning(staffed: House, clean: Engine) -> None:
    away(staffed, LIAISON, COMMANDER, DETECTIVES, starts=-1)
    rota.watch(staffed)
    before = dump(clean)

    rota.watch(staffed)

    assert dump(clean) == before


def test_where_the_office_above_is_empty_too_the_next_one_is_asked_in_the_same_look(
    staffed: House, clean: Engine
) -> None:
    district = ("cape-town-saps-district.commander", "cape-town-saps-district.second")
    away(staffed, LIAISON, COMMANDER, DETECTIVES, *district, starts=-1)

    assert rota.watch(staffed) == Watched(2, 0)

    assert [task[:2] for task in tasks(clean)] == [
        ("cape-town-saps-district", "cluster_commander"),
        ("wc-saps", "provincial_saps"),
    ]
    assert rota.watch(staffed) == Watched(0, 0)


def test_without_any_staff_every_owner_of_a_stage_is_a_gap_and_the_committee_ends_the_chain(
    house: House, clean: Engine
) -> None:
    owners = one(clean, "SELECT count(*) FROM office WHERE kind IN ('facility', 'station')")

    found = rota.watch(house).found

    assert rota.watch(house) == Watched(0, 0)
    assert found > owners
    gaps = {(gap.office, gap.role): gap.filler for gap in rota.gaps(house)}
    assert gaps["khayelitsha-saps", "saps_liaison"] == "cape-town-saps-district"
    assert gaps["delft-saps", "saps_liaison"] == "blue-downs-cluster"
    assert gaps["groote-schuur-hospital", "facility_liaison"] == "cape-town-health"
    assert gaps["wc-committee", "committee_secretary"] == "wc-committee"
    assert len(gaps) == found


def test_a_post_that_only_an_open_task_asks_for_is_watched_while_it_is_open(
    staffed: House, clean: Engine
) -> None:
    away(staffed, "leap.planner", starts=-1)
    assert rota.watch(staffed) == Watched(0, 0)
    with clean.begin() as connection:
        connection.execute(
            text(
                """
                INSERT INTO task (kind, subject_id, office_id, role, due_at)
                SELECT 'plan', 1, id, 'deployment_planner', hectis_now() FROM office WHERE code = 'leap'
                """
            )
        )
    assert rota.watch(staffed) == Watched(1, 0)
    with clean.begin() as connection:
        connection.execute(text("UPDATE task SET done_at = now(), done_by = 'x' WHERE kind = 'plan'"))
    assert rota.watch(staffed) == Watched(0, 1)


def test_the_owners_of_stages_are_those_that_the_workflow_names() -> None:
    assert ("facility", "facility_liaison") in OWNERS
    assert ("station", "saps_liaison") in OWNERS
    assert all(kind in ROLE_KINDS[role] for kind, role in OWNERS)


def test_practice_staff_are_made_up_and_again_the_same(staffed: House, clean: Engine) -> None:
    before = dump(clean)

    assert staff_the_province(staffed).changed == 0

    assert dump(clean) == before
    table = list(lines(reference.kinds(staffed)))
    assert all(line.email.endswith(f"@{MAIL_DOMAIN}") for line in table)
    assert table == list(lines(reference.kinds(staffed)))


def test_practice_staff_answer_wherever_a_ladder_of_the_policy_tells(staffed: House, clean: Engine) -> None:
    held = {
        (kind, role)
        for kind, role in rows(
            clean, "SELECT DISTINCT o.kind, p.role FROM staff_post p JOIN office o ON o.id = p.office_id"
        )
    }
    edition = staffed.policy.in_force(NOW)
    # What names its own owner climbs by whoever leads an office.
    assert set(HEADS.items()) <= held
    for ladder in edition.ladders.values():
        for rung in ladder.rungs:
            if rung.role not in {NAMED, HEAD}:
                assert (rung.office_kind or ladder.owner, rung.role) in held


def test_one_person_may_fill_a_gap_of_two_offices(staffed: House, clean: Engine) -> None:
    away(staffed, LIAISON, COMMANDER, DETECTIVES, starts=-1)
    rota.watch(staffed)
    person = {"code": "relief.khayelitsha", "name": "Alfa Denkbeeld", "language": "en"}
    posts = [
        StaffLine(**person, office=office, role="saps_liaison", email=f"relief@{MAIL_DOMAIN}")
        for office in ("khayelitsha-saps", "makhaza-saps")
    ]

    take(staffed, posts)

    assert rota.watch(staffed) == Watched(0, 1)
