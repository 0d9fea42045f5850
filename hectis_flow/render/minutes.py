"""The minutes of a meeting of the committee: who was there by seat, what came of before, the agenda, the decisions.

`services.meetings` calls it as a meeting closes. Seats, numbers, codes, offices and days: no person is named, and
nothing of a hospital can come here. It opens no database and asks for no clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from hectis_flow.domain.committee import FollowUp
from hectis_flow.domain.moments import SAST
from hectis_flow.render.paper import Block, Facts, Heading, Paper, Paragraph, Table

Record = Mapping[str, Any]

_FOOTER: Final = (
    "Minutes of the committee, as they were when the meeting closed. They are not changed afterwards."
)
KINDS: Final = {"escalated": "not answered", "tabled": "tabled", "settled_meanwhile": "settled meanwhile"}
_NONE: Final = "none"
LINES: Final = ("case", "why", "stage", "office", "since", "days")
DECIDED: Final = ("No", "decision", "case", "of whom", "due", "stands")
FOLLOWED: Final = (*DECIDED, "paper")


def paper_of(meeting: Record, followed: Sequence[Record], closed_at: datetime) -> Paper:
    """The minutes of a meeting that closes now, out of its record and the earlier decisions that it followed up."""
    day = date.fromisoformat(str(meeting["held_on"]))
    opened = datetime.fromisoformat(str(meeting["opened_at"]))
    blocks: list[Block] = [
        Facts((("Meeting", str(meeting["id"])), ("Opened", moment(opened)), ("Closed", moment(closed_at)))),
        Heading("Attendance"),
        _attendance(meeting["attendance"]),
        Heading("What was decided before"),
        Paragraph(FollowUp(**meeting["follow_up"]).sentence),
        *(table(FOLLOWED, map(_followed, followed)) if followed else ()),
        Heading("Agenda"),
        *table(LINES, map(line, meeting["lines"])),
        Heading("Decisions"),
        *table(DECIDED, map(decided, meeting["decisions"])),
    ]
    return Paper(f"Minutes of the committee, {day:%A %d %B %Y}", tuple(blocks), _FOOTER)


def kept(paper: Paper) -> dict[str, Any]:
    """A paper as JSON, to be made again."""
    return {"title": paper.title, "footer": paper.footer, "blocks": [_kept(block) for block in paper.blocks]}


def again(told: Record, digest: str) -> Paper:
    """The paper that was kept, with the hash of its text at the foot."""
    blocks = tuple(_again(block) for block in told["blocks"])
    paper = Paper(told["title"], blocks, told["footer"])
    return replace(paper, footer=f"{paper.footer} SHA-256 of the text: {digest}")


def _attendance(seats: Iterable[Record]) -> Table:
    rows = (
        (
            seat["seat"],
            seat["agency"],
            "chair" if seat["chairs"] else "",
            "present" if seat["present"] else "absent",
        )
        for seat in seats
    )
    return Table(("seat", "agency", "", ""), tuple(rows))


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> tuple[Block, ...]:
    """Rows under their head, or that there are none."""
    found = tuple(rows)
    return (Table(head, found),) if found else (Paragraph("None."),)


def _followed(one: Record) -> tuple[str, ...]:
    return (*decided({**one, "role": ""}), one["paper_ref"] or _NONE)


def decided(one: Record) -> tuple[str, ...]:
    """A decision as a row: its number, what, about which case, of whom, by when, and where it stands."""
    owner = " at ".join(filter(None, (words(one["role"]), one["office"])))
    said = (words(one["kind"]), one["case_ref"] or _NONE, owner, str(one["due_on"]), words(one["state"]))
    return (str(one["id"]), *said)


def line(one: Record) -> tuple[str, ...]:
    """A line of an agenda as a row: the case, why it is there, its stage, whose step it is, since when."""
    since = datetime.fromisoformat(str(one["since"])).astimezone(SAST)
    why = f"{KINDS[one['kind']]}: {words(one['reason'])}"
    return (one["case_ref"], why, words(one["stage"]), one["office"], f"{since:%Y-%m-%d}", str(one["days"]))


def words(code: str) -> str:
    """A code by its own letters."""
    return code.replace("_", " ")


def moment(at: datetime) -> str:
    """A moment as a paper says it."""
    return f"{at.astimezone(SAST):%Y-%m-%d %H:%M} SAST"


def _kept(block: Block) -> dict[str, Any]:
    if isinstance(block, Heading):
        return {"heading": block.text, "level": block.level}
    if isinstance(block, Paragraph):
        return {"paragraph": block.text}
    if isinstance(block, Facts):
        return {"facts": [list(row) for row in block.rows]}
    return {"head": list(block.head), "rows": [list(row) for row in block.rows]}


def _again(told: Record) -> Block:
    if "heading" in told:
        return Heading(told["heading"], told["level"])
    if "paragraph" in told:
        return Paragraph(told["paragraph"])
    if "facts" in told:
        return Facts(tuple((name, said) for name, said in told["facts"]))
    return Table(tuple(told["head"]), tuple(tuple(row) for row in told["rows"]))
