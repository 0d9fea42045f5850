"""The office tree: who stands above whom on a day; what a table of it may say; history closed, not rewritten."""

from datetime import date

import pytest

from hectis_flow.domain.office_changes import Change, HistoryStands, Said, plan
from hectis_flow.domain.offices import ABOVE, EVER, KINDS, Days, Line, Link, Node, OfficeTree, faults

DAY = date(2026, 11, 22)
NODES = {
    1: Node("committee", "committee"),
    2: Node("saps", "saps_province"),
    3: Node("north", "cluster"),
    4: Node("south", "cluster"),
    5: Node("station", "station"),
    6: Node("health", "province_health"),
    7: Node("district", "health_district"),
    8: Node("clinic", "facility"),
    9: Node("newcomer", "station"),
    10: Node("other-district", "health_district"),
    11: Node("direct", "facility"),
}
LINKS = {
    2: (Link(1),),
    3: (Link(2),),
    4: (Link(2),),
    5: (Link(3, Days(EVER, DAY)), Link(4, Days(DAY))),
    6: (Link(1),),
    7: (Link(6),),
    8: (Link(7),),
    11: (Link(6),),
}
TREE = OfficeTree(NODES, LINKS)


@pytest.mark.parametrize(
    ("office", "kind", "found"),
    [
        (5, "station", 5),
        (5, "cluster", 4),
        (5, "saps_province", 2),
        (5, "committee", 1),
        (8, "health_district", 7),
        (8, "province_health", 6),
        (8, "committee", 1),
        (9, "saps_province", 2),  # nobody has put it into the tree, and there is only one
        (9, "committee", 1),
        (9, "cluster", None),  # there are two: none is guessed
        (5, "health_district", None),  # of another side
        (5, "dpp", None),  # there is none
        (11, "health_district", 6),  # its level is left out: whoever stands above it
        (6, "health_district", 6),  # it stands above that level itself
        (99, "cluster", None),
        (99, "committee", 1),
    ],
)
def test_a_step_finds_the_nearest_office_of_a_kind(office: int, kind: str, found: int | None) -> None:
    assert TREE.climb(office, kind, DAY) == found


def test_who_stood_above_depends_on_the_day() -> None:
    assert TREE.climb(5, "cluster", date(2026, 11, 21)) == 3
    assert TREE.climb(5, "cluster", DAY) == 4


def test_an_office_that_does_not_exist_yet_is_not_the_only_one() -> None:
    nodes = {**NODES, 12: Node("second", "committee", Days(date(2027, 1, 1)))}
    tree = OfficeTree(nodes, LINKS)

    assert tree.climb(9, "committee", DAY) == 1
    assert tree.climb(9, "committee", date(2027, 1, 1)) is None


def test_a_circle_in_the_tables_ends_the_walk() -> None:
    tree = OfficeTree(NODES, {3: (Link(4),), 4: (Link(3),)})

    assert list(tree.path(3, DAY)) == [3, 4]
    assert tree.climb(3, "saps_province", DAY) == 2
    assert tree.climb(3, "health_district", DAY) is None


def test_every_kind_ends_at_the_committee() -> None:
    for kind in ABOVE:
        at = kind
        while at in ABOVE:
            at = ABOVE[at]
        assert at == "committee"
    assert set(KINDS) == set(ABOVE) | {"committee"}


def test_an_office_tells_its_kind() -> None:
    assert TREE.kind_of(5) == "station"
    with pytest.raises(KeyError):
        TREE.kind_of(99)


TYPES = {node.code: node.kind for node in NODES.values()}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (Line("nobody", "north"), "no office nobody"),
        (Line("station", "nobody"), "no office nobody to stand above"),
        (Line("north", "station"), "a station cannot stand above a cluster"),
        (Line("station", "district"), "a health_district cannot stand above a station"),
        (Line("committee", "saps"), "only: nothing"),
        (Line("station", "north", Days(DAY, DAY)), "valid_to must be later"),
    ],
)
def test_a_line_that_cannot_be_is_named(line: Line, says: str) -> None:
    found = faults(TYPES, [Line("clinic", "district"), line])

    assert list(found) == [1]
    assert says in found[1]


def test_two_offices_above_at_once_are_refused_and_one_after_the_other_taken() -> None:
    first = Line("station", "north", Days(EVER, DAY))

    assert faults(TYPES, [first, Line("station", "south", Days(DAY))]) == {}
    assert "for some of these days" in faults(TYPES, [first, Line("station", "south")])[1]


def test_every_faulty_line_is_named_not_only_the_first() -> None:
    lines = [Line("a", "north"), Line("station", "north"), Line("b", "north"), Line("station", "south")]

    assert sorted(faults(TYPES, lines)) == [0, 2, 3]


def test_a_circle_is_refused_whatever_the_kinds() -> None:
    kinds = {"one": "station", "two": "cluster", "three": "saps_province"}
    lines = [Line("one", "two"), Line("two", "three")]

    assert faults(kinds, lines) == {}
    assert faults(kinds, [*lines, Line("three", "one")]).keys() == {2}


OPEN = Link(3)
NEW = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("standing", "said", "changes"),
    [
        ([], [Said(3, None, None)], [Change(EVER, add=Link(3))]),
        ([OPEN], [Said(3, None, None)], []),
        ([OPEN], [Said(3, NEW, None)], []),  # it stood there on that day already
        ([OPEN], [Said(4, None, None)], [Change(EVER, close=DAY), Change(DAY, add=Link(4, Days(DAY)))]),
        ([OPEN], [Said(4, NEW, None)], [Change(EVER, close=NEW), Change(NEW, add=Link(4, Days(NEW)))]),
        ([OPEN], [Said(3, None, NEW)], [Change(EVER, close=NEW)]),
        (
            [],
            [Said(4, NEW, None), Said(3, None, NEW)],
            [Change(EVER, add=Link(3, Days(EVER, NEW))), Change(NEW, add=Link(4, Days(NEW)))],
        ),
        ([Link(3, Days(EVER, NEW)), Link(4, Days(NEW))], [Said(3, None, NEW), Said(4, NEW, None)], []),
        (
            [Link(3, Days(EVER, NEW)), Link(4, Days(NEW))],
            [Said(3, None, None)],
            [Change(NEW, close=DAY), Change(DAY, add=Link(3, Days(DAY)))],
        ),
    ],
)
def test_a_changed_office_above_closes_the_line_before_it(
    standing: list[Link], said: list[Said], changes: list[Change]
) -> None:
    assert plan(standing, said, DAY) == changes


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        ([Link(3, Days(NEW))], Said(4, EVER, None)),
        ([Link(3, Days(DAY))], Said(4, None, None)),
        ([Link(3, Days(EVER, NEW)), Link(4, Days(NEW))], Said(3, EVER, None)),
        ([Link(3, Days(EVER, NEW))], Said(3, EVER, DAY)),
    ],
)
def test_what_is_on_record_of_the_past_is_not_rewritten(standing: list[Link], said: Said) -> None:
    with pytest.raises(HistoryStands):
        plan(standing, [said], DAY)
