"""How what is awaited ends: each kind in one way, and in one way alone."""

from hectis_flow.domain.countdown import SIDES
from hectis_flow.domain.endings import ENDED_BY, ENDINGS
from hectis_flow.domain.workflow import DECLARATION


def test_every_kind_of_what_is_awaited_ends_in_one_way() -> None:
    ways = [*ENDINGS, *ENDED_BY, *SIDES]
    assert sorted(ways) == sorted(one.kind for one in DECLARATION.awaited)
