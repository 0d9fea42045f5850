"""Who answers for a post: holders who are there, else deputies; circles end; gaps are seen ahead."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from hectis_flow.domain.duty import HEADS, ROLE_KINDS, Away, Deputy, Holder, Person, Roster
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.offices import KINDS, Days
from hectis_flow.domain.workflow import ROLES

POST = (1, "saps_liaison")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=7)
AWAY = (Away(NOW - timedelta(days=1), NOW + timedelta(days=2)),)


def roster(*holders: int, **people: Person) -> Roster:
    """`p2=Person(...)` is the person 2; everybody else is there."""
    held = {POST: tuple(map(Holder, holders))}
    return Roster(held, {int(name[1:]): person for name, person in people.items()})


def deputies(*ids: int) -> tuple[Deputy, ...]:
    return tuple(Deputy(rank, staff) for rank, staff in enumerate(ids, start=1))


@pytest.mark.parametrize(
    ("known", "answers"),
    [
        (roster(), ()),
        (roster(2), (2,)),
        (roster(2, 3), (2, 3)),
        (roster(2, 3, p2=Person(leave=AWAY, deputies=deputies(4))), (3,)),
        (roster(2, p2=Person(leave=AWAY)), ()),
        (roster(2, p2=Person(leave=AWAY, deputies=deputies(4, 5))), (4,)),
        (roster(2, p2=Person(leave=AWAY, deputies=deputies(4, 5)), p4=Person(leave=AWAY)), (5,)),
        (roster(2, p2=Person(leave=AWAY, deputies=(Deputy(1, 4), Deputy(1, 5)))), (4, 5)),
        (
            roster(
                2,
                p2=Person(leave=AWAY, deputies=deputies(4)),
                p4=Person(leave=AWAY, deputies=deputies(5)),
            ),
            (5,),
        ),
        (
            roster(
                2, 3, p2=Person(leave=AWAY, deputies=deputies(4)), p3=Person(leave=AWAY, deputies=deputies(4))
            ),
            (4,),
        ),
        # A deputy of one's own goes before a deputy's deputy, whatever their ranks.
        (
            roster(
                2,
                p2=Person(leave=AWAY, deputies=deputies(4, 5)),
                p4=Person(leave=AWAY, deputies=deputies(6)),
            ),
            (5,),
        ),
    ],
)
def test_the_holders_who_are_there_answer_else_the_nearest_deputy(
    known: Roster, answers: tuple[int, ...]
) -> None:
    assert known.answering(POST, NOW) == answers


@pytest.mark.target("R12")
def test_a_circle_of_deputies_ends_the_walk() -> None:
    known = roster(
        2,
        p2=Person(leave=AWAY, deputies=deputies(3)),
        p3=Person(leave=AWAY, deputies=deputies(4)),
        p4=Person(leave=AWAY, deputies=deputies(2, 3)),
    )

    assert known.answering(POST, NOW) == ()
    assert known.first_gap(POST, NOW, LATER) == NOW


def test_who_left_the_staff_neither_answers_nor_hands_on() -> None:
    gone = Person(days=Days(end=date(2026, 11, 22)), deputies=deputies(4))

    assert roster(2, p2=gone).answering(POST, NOW) == ()
    known = roster(2, p2=Person(leave=AWAY, deputies=deputies(3)), p3=gone)
    assert known.answering(POST, NOW) == ()


def test_a_post_begins_and_ends_at_midnight_in_south_africa() -> None:
    day = date(2026, 11, 23)
    midnight = datetime(2026, 11, 23, tzinfo=SAST)
    old, new = Holder(2, Days(end=day)), Holder(3, Days(day))
    known = Roster({POST: (old, new)}, {})

    assert known.answering(POST, midnight - timedelta(seconds=1)) == (2,)
    assert known.answering(POST, midnight) == (3,)
    assert known.first_gap(POST, NOW, LATER) is None
    assert Roster({POST: (old,)}, {}).first_gap(POST, NOW, LATER) == midnight


def test_leave_that_is_to_come_is_a_gap_ahead_only_where_nobody_stands_in() -> None:
    start = NOW + timedelta(days=3)
    leave = (Away(start, start + timedelta(days=1)),)

    assert roster(2, p2=Person(leave=leave)).first_gap(POST, NOW, LATER) == start
    assert roster(2, p2=Person(leave=leave, deputies=deputies(3))).first_gap(POST, NOW, LATER) is None
    assert roster(2, p2=Person(leave=leave)).first_gap(POST, NOW, NOW + timedelta(days=2)) is None


def test_a_deputy_who_leaves_too_early_makes_the_gap() -> None:
    back = NOW + timedelta(days=2)
    gone = NOW + timedelta(days=1)
    known = roster(
        2,
        p2=Person(leave=(Away(NOW - timedelta(days=1), back),), deputies=deputies(3)),
        p3=Person(leave=(Away(gone, LATER),)),
    )

    assert known.first_gap(POST, NOW, LATER) == gone


def test_the_first_gap_is_the_one_that_looking_at_every_hour_finds() -> None:
    rng = Random(7)  # noqa: S311  (made-up leave)
    hours = [NOW + timedelta(hours=hour) for hour in range(7 * 24 + 1)]
    for _ in range(300):
        people = {staff: _anybody(rng, staff) for staff in range(2, 6)}
        known = Roster({POST: tuple(map(Holder, rng.sample(range(2, 6), rng.randint(1, 2))))}, people)
        slow = next((hour for hour in hours if not known.answering(POST, hour)), None)
        assert known.first_gap(POST, NOW, LATER) == slow


def _anybody(rng: Random, staff: int) -> Person:
    leave = []
    for _ in range(rng.randint(0, 3)):
        start = NOW + timedelta(hours=rng.randint(-24, 160))
        leave.append(Away(start, start + timedelta(hours=rng.randint(1, 100))))
    others = [other for other in range(2, 6) if other != staff]
    chosen = rng.sample(others, rng.randint(0, 2))
    return Person(leave=tuple(leave), deputies=tuple(Deputy(rng.randint(1, 2), one) for one in chosen))


def test_every_role_of_staff_can_be_held_somewhere_and_no_other() -> None:
    assert set(ROLE_KINDS) == {role.name for role in ROLES if not role.system}
    assert {kind for kinds in ROLE_KINDS.values() for kind in kinds} <= set(KINDS)


def test_every_office_that_can_stand_above_has_a_head_whose_role_fits_it() -> None:
    for kind, role in HEADS.items():
        assert kind in ROLE_KINDS[role]
    assert set(KINDS) - set(HEADS) == {"court"}
