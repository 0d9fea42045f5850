"""Which ways of reaching somebody this deployment offers: those of channels that are set up.

`services.notification` asks before it plans. Pure. What is not offered is planned for nobody, so that a person's
next way is taken at once; whoever has none left counts as out of reach.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from hectis_flow.domain.duty import Post
from hectis_flow.domain.notification import OnDuty


def offered(
    on_duty: Mapping[Post, Sequence[OnDuty]], channels: Collection[str]
) -> dict[Post, tuple[OnDuty, ...]]:
    """The same people, with the ways of these channels alone."""
    return {post: tuple(_within(person, channels) for person in people) for post, people in on_duty.items()}


def _within(person: OnDuty, channels: Collection[str]) -> OnDuty:
    return replace(person, ways=tuple(way for way in person.ways if way.channel in channels))
