"""Every queue has an owner now, and in a week: finds the posts that nobody will answer for, and says so.

The clock calls `watch` from time to time, and `hectis staff` after each change. A gap is told once, with a
task for the office above; it closes by itself when somebody answers again.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hectis_flow.domain.calendar import ALWAYS, add
from hectis_flow.domain.duty import HEADS, Post
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.offices import OfficeTree
from hectis_flow.domain.workflow import STAGES
from hectis_flow.services.house import House
from hectis_flow.services.reference import tree
from hectis_flow.storage import database, rota, staff
from hectis_flow.storage.rota import Fresh, Gap

__all__ = ["Gap", "Watched", "filler", "gaps", "watch"]

# A gap may empty the next office's queue too: each pass looks one office further up, and the tree is low.
PASSES = 8

# Who must be there for a case to go on, whether one waits just now or not.
OWNERS = tuple(
    sorted({(stage.owner, stage.task.role) for stage in STAGES if stage.task and stage.owner != "none"})
)


@dataclass(frozen=True, slots=True)
class Watched:
    """What one look changed."""

    found: int
    closed: int


def watch(house: House, ahead: timedelta | None = None) -> Watched:
    """Note each post that nobody answers for now or soon; close the gaps that are filled.

    How soon, the policy says (`rota_gap_ahead`), unless `ahead` does.
    """
    found = closed = 0
    with house.transaction() as session:
        rota.hold(session)
        offices, at = tree(house, session), database.now(session)
        until = at + ahead if ahead else _ahead(house, at)
        for _ in range(PASSES):
            gaps = rota.open_gaps(session)
            posts = rota.needed(session, OWNERS, at.astimezone(SAST), until)
            known = staff.roster(session, posts, at)
            empty = {post: start for post in posts if (start := known.first_gap(post, at, until)) is not None}
            held = {(gap.office_id, gap.role): gap.id for gap in gaps}
            over = rota.close(session, [gap for post, gap in held.items() if post not in empty])
            rota.move(session, [(held[post], start) for post, start in empty.items() if post in held])
            fresh = rota.open_new(session, _fresh(offices, empty, held, at.astimezone(SAST).date()))
            found, closed = found + fresh, closed + over
            if not fresh and not over:
                break
    return Watched(found, closed)


def _ahead(house: House, at: datetime) -> datetime:
    edition = house.policy.in_force(at)
    return add(ALWAYS, at, edition.rota_gap_ahead)


def _fresh(offices: OfficeTree, empty: dict[Post, datetime], held: dict[Post, int], on: date) -> list[Fresh]:
    return [
        Fresh(post, start, filler(offices, post[0], on))
        for post, start in sorted(empty.items())
        if post not in held
    ]


def filler(offices: OfficeTree, office_id: int, on: date) -> Post:
    """Who is asked to find somebody: whoever leads the office above; at the root, the root itself."""
    above = offices.parent(office_id, on)
    if above is None:
        above = offices.climb(office_id, "committee", on) or office_id
    return above, HEADS.get(offices.kind_of(above), "administrator")


def gaps(house: House) -> list[Gap]:
    """The posts that nobody answers for, the soonest first."""
    with house.transaction() as session:
        return rota.listing(session)
