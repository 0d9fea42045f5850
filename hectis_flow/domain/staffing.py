"""A table of staff, checked line by line before anything is written: who holds which post, and how they are reached.

`services.staff` calls `checked`. Pure. No sentence here repeats a name or an address: they are read by
whoever loads the file, and land in terminals and tickets.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from hectis_flow.domain.duty import ROLE_KINDS

LANGUAGES: Final = ("en", "af", "xh")
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")
_EMAIL: Final = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9.-]{3,255}")
# HTTPS; plain HTTP only to this machine. No user and password before the host: an address is no place for them.
_WEBHOOK: Final = re.compile(
    r"(https://[A-Za-z0-9.-]{1,253}|http://(127\.0\.0\.1|localhost|\[::1\]))(:[0-9]{1,5})?(/[^\s<>\"]*)?"
)


_SLACK: Final = re.compile(r"[CDGUW][A-Z0-9]{6,20}")
_TEAMS: Final = re.compile(r"https://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?/[^\s<>\"]{1,1900}")
_TELEPHONE: Final = re.compile(r"\+[1-9][0-9]{7,14}")
#: Where somebody can be reached: each is a column of the table, by its form and what is said where it has not that.
WAYS: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "email": (_EMAIL, "email is no address"),
    "webhook": (_WEBHOOK, "webhook must be an https address"),
    "slack": (_SLACK, "slack must be a member or conversation id, for example U012AB3CD"),
    "teams": (_TEAMS, "teams must be the https address of a workflow"),
    "sms": (_TELEPHONE, "sms must be a number as +27821234567"),
    "whatsapp": (_TELEPHONE, "whatsapp must be a number as +27821234567"),
}


@dataclass(frozen=True, slots=True)
class StaffLine:
    """One line: somebody at one post. What is empty in a further line of the same person is not said again."""

    code: str
    name: str
    language: str
    office: str
    role: str
    email: str = ""
    webhook: str = ""
    slack: str = ""
    teams: str = ""
    sms: str = ""
    whatsapp: str = ""
    deputies: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A post as the table says it: office code and role, from (None: not said) until."""

    office: str
    role: str
    start: date | None
    end: date | None


@dataclass(slots=True)
class Member:
    """One person of the table, put together from their lines; `addresses` by channel, as far as given."""

    code: str
    name: str = ""
    language: str = ""
    addresses: dict[str, str] = field(default_factory=dict)
    deputies: tuple[str, ...] = ()
    posts: list[Held] = field(default_factory=list)


def checked(
    lines: Sequence[StaffLine], kinds: Mapping[str, str], known: Collection[str]
) -> tuple[list[Member], dict[int, str]]:
    """The people of a table, and what is wrong with it by the place of the line.

    `kinds` are the offices by code, `known` the staff codes the database has already.
    """
    members: dict[str, Member] = {}
    first: dict[str, int] = {}
    wrong: dict[int, str] = {}
    for place, line in enumerate(lines):
        member = members.get(line.code, Member(line.code))
        fault = _line_fault(line, kinds) or _differs(member, line)
        if fault is not None:
            wrong[place] = fault
            continue
        first.setdefault(line.code, place)
        members[line.code] = _joined(member, line)
    for code, member in members.items():
        fault = _member_fault(member, {line.code for line in lines} | set(known))
        if fault is not None:
            wrong.setdefault(first[code], fault)
    return list(members.values()), wrong


def _line_fault(line: StaffLine, kinds: Mapping[str, str]) -> str | None:
    """What is wrong with the line, whatever the others say."""
    kind = kinds.get(line.office)
    faults = (
        (not _CODE.fullmatch(line.code), "code must be 1 to 80 of a-z, 0-9, . and -"),
        (line.language not in ("", *LANGUAGES), f"language must be one of {', '.join(LANGUAGES)}"),
        (kind is None, "there is no office of this code"),
        (line.role not in ROLE_KINDS, "there is no such role for staff"),
        (kind not in ROLE_KINDS.get(line.role, (kind,)), f"{line.role} is no role at a {kind}"),
        *(
            (not form.fullmatch(_said(line)[name]), said)
            for name, (form, said) in WAYS.items()
            if _said(line)[name]
        ),
        (line.code in line.deputies, "nobody stands in for themselves"),
        (line.start is not None and line.end is not None and line.end <= line.start, "to is not after from"),
    )
    return next((sentence for found, sentence in faults if found), None)


def _differs(member: Member, line: StaffLine) -> str | None:
    """What an earlier line of the same person says otherwise."""
    before_and_now = {
        name: (getattr(member, name), getattr(line, name)) for name in ("name", "language", "deputies")
    }
    before_and_now |= {name: (member.addresses.get(name, ""), said) for name, said in _said(line).items()}
    for column, (before, said) in before_and_now.items():
        if before and said and before != said:
            return f"{column} is not what an earlier line of {line.code} says"
    if any((one.office, one.role) == (line.office, line.role) for one in member.posts):
        return f"an earlier line gives {line.code} this post too"
    return None


def _said(line: StaffLine) -> dict[str, str]:
    """What a line says of each way."""
    return {name: getattr(line, name) for name in WAYS}


def _joined(member: Member, line: StaffLine) -> Member:
    return Member(
        line.code,
        member.name or line.name,
        member.language or line.language,
        {name: said for name, said in _said(line).items() if said} | member.addresses,
        member.deputies or line.deputies,
        [*member.posts, Held(line.office, line.role, line.start, line.end)],
    )


def _member_fault(member: Member, codes: Collection[str]) -> str | None:
    """What the lines of one person leave out together."""
    if not member.name or not member.language:
        return f"no line of {member.code} gives a name and a language"
    if not member.addresses:
        return f"no line of {member.code} gives an address: who answers must be reachable"
    if strange := [code for code in member.deputies if code not in codes]:
        return f"{len(strange)} of the deputies of {member.code} are not on the staff"
    return None
