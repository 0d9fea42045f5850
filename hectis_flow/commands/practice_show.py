"""What a play says of itself: a bar where a person watches, some lines where none does, and how it ended."""

import sys
import time
from collections.abc import Callable, Iterator
from typing import Final

import click

from hectis_flow.domain.moments import SAST
from hectis_flow.practice.offices import Offices
from hectis_flow.practice.play import Hop, Score

_LINES: Final = 8  # how often a play says where it is, when nobody watches a bar
_WHEN: Final = "%a %d %b %Y, %H:%M"


def said(people: Offices) -> str:
    """What the people did, and what the system did not let them do."""
    refused = ", ".join(f"{count:,} {code}" for code, count in people.refused.most_common())
    return f"practice: its people acted {people.acts:,} times" + (f"; refused: {refused}" if refused else "")


def tell(whole: Score, hops: Iterator[Hop], stopped: Callable[[], bool]) -> None:
    """Play it out, with a bar where a person watches and some lines where none does."""
    span = f"{whole.start.astimezone(SAST):{_WHEN}} to {whole.end.astimezone(SAST):{_WHEN}}"
    click.echo(f"Practice province, seed {whole.played.seed}, scale {whole.played.scale:g}: {span}", err=True)
    begun = time.monotonic()
    done = list(_shown(whole, hops))
    seconds = time.monotonic() - begun
    messages = sum(hop.messages for hop in done)
    click.echo(
        f"{'Stopped' if stopped() else 'Played'}: {messages:,} messages in {len(done)} of {whole.hops} hops, "
        f"{seconds:.0f} s ({messages / max(seconds, 0.001):,.0f} a second)"
        + (f"; the clock stands at {done[-1].end.astimezone(SAST):{_WHEN}}" if done else "")
    )


def _shown(whole: Score, hops: Iterator[Hop]) -> Iterator[Hop]:
    if not sys.stderr.isatty():
        yield from _in_lines(whole, hops)
        return
    total = 0
    with click.progressbar(
        length=whole.hops, file=sys.stderr, item_show_func=lambda told: told, show_pos=True
    ) as bar:
        for hop in hops:
            total += hop.messages
            bar.update(1, f"{hop.end.astimezone(SAST):%a %d %b %H:%M}, {total:,} messages")
            yield hop


def _in_lines(whole: Score, hops: Iterator[Hop]) -> Iterator[Hop]:
    every, total, begun = max(1, whole.hops // _LINES), 0, time.monotonic()
    for number, hop in enumerate(hops, start=1):
        total += hop.messages
        if number % every == 0:
            left = (time.monotonic() - begun) / number * (whole.hops - number)
            when = f"{hop.end.astimezone(SAST):%a %d %b %H:%M}"
            click.echo(f"{when}: {total:,} messages worked, about {left:.0f} s to go", err=True)
        yield hop
