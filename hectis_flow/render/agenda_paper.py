"""The agenda of the next meeting on paper: what came of before, what stands with the committee by age, its lines.

`services.agenda` calls it. Numbers, codes, offices and days, as in the minutes; no person is named.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from hectis_flow.render.minutes import DECIDED, LINES, Record, decided, line, moment, table, words
from hectis_flow.render.paper import Block, Facts, Heading, Paper, Paragraph

_FOOTER: Final = (
    "Agenda of the committee, as it stood when this paper was made. It is fixed when the meeting opens."
)
_AGES: Final = ("what is missing", "all", "under 7 days", "7 to 29", "30 to 89", "90 and more", "oldest")


def paper_of(agenda: Record, aged: Sequence[Record], owed: Sequence[Record], made_at: datetime) -> Paper:
    """The paper of an agenda as it stands now."""
    day = date.fromisoformat(agenda["held_on"]) if agenda["held_on"] else None
    blocks: list[Block] = [
        Facts((("Meeting", f"{day:%A %d %B %Y}" if day else "not planned yet"), ("Made", moment(made_at)))),
        Heading("What was decided before"),
        Paragraph(agenda["said"]),
        *(table(DECIDED, map(decided, owed)) if owed else ()),
        Heading("What nobody answered, by reason and age in days"),
        *table(_AGES, map(_aged, aged)),
        Heading("Agenda"),
        *table(LINES, map(line, agenda["lines"])),
    ]
    return Paper(f"Agenda of the committee{f', {day:%d %B %Y}' if day else ''}", tuple(blocks), _FOOTER)


def _aged(one: Record) -> tuple[str, ...]:
    return (words(one["reason"]), str(one["total"]), *map(str, one["ages"]), f"{one['oldest']} days")
