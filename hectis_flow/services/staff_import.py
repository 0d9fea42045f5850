"""Takes a table of staff into the register: checked whole, then brought to what it says, and no more than that.

`hectis staff import` and `practice.staff` call `take`. The table speaks for the people it names and for nobody
else: a post of theirs that it leaves out ends today, an address it leaves out is not used any more. Nothing
here logs, and no error repeats a name or an address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from hectis_flow.domain.errors import HectisError
from hectis_flow.domain.offices import EVER
from hectis_flow.domain.staffing import Held, Member, StaffLine, checked
from hectis_flow.services.house import House
from hectis_flow.storage import offices, staff_register
from hectis_flow.storage.base import Base
from hectis_flow.storage.database import today
from hectis_flow.storage.staff import ContactPoint, Staff, StaffDeputy, StaffPost
from hectis_flow.storage.staff_register import Book
from hectis_flow.storage.vault import CONTACT, STAFF, Vault

RANKS = {"email": 1, "webhook": 2, "slack": 3, "teams": 4, "sms": 5, "whatsapp": 6}


class StaffRefused(HectisError):
    """Some lines cannot be, so none was taken: `lines` has a sentence by the place of each."""

    code = "staff_refused"

    def __init__(self, lines: Mapping[int, str]) -> None:
        super().__init__("; ".join(lines.values()))
        self.lines = dict(lines)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many people the table names, and for how many anything changed."""

    people: int
    changed: int


@dataclass(slots=True)
class _Desk:
    """What one import works with, and whom it has touched."""

    session: Session
    vault: Vault
    day: date
    office_ids: Mapping[str, int]
    book: Book
    changed: set[str] = field(default_factory=set)


def take(house: House, lines: Sequence[StaffLine]) -> Taken:
    """Bring the register to what the table says of these people. Raises `StaffRefused` and writes nothing."""
    with house.transaction() as session:
        staff_register.hold(session)
        known = offices.codes(session)
        kinds = {code: kind for code, (_, kind) in known.items()}
        members, wrong = checked(lines, kinds, staff_register.ids_by_code(session))
        if wrong:
            raise StaffRefused(wrong)
        book = staff_register.book(session, [member.code for member in members])
        ids = {code: office_id for code, (office_id, _) in known.items()}
        desk = _Desk(session, house.vault, today(session), ids, book)
        _write(desk, members)
        return Taken(len(members), len(desk.changed))


def _write(desk: _Desk, members: Sequence[Member]) -> None:
    new = {member.code for member in members} - set(desk.book.staff)
    staff_register.add(desk.session, [_fresh(desk, member) for member in members if member.code in new])
    ids = staff_register.ids_by_code(desk.session)
    rows: list[Base] = []
    for member in members:
        staff_id = ids[member.code]
        if member.code not in new:
            _renew(desk, member)
        first = EVER if member.code in new else desk.day
        added = [
            *_posts(desk, member, staff_id, first),
            *_contacts(desk, member, staff_id),
            *_deputies(desk, member, staff_id, ids),
        ]
        if added:
            desk.changed.add(member.code)
        rows.extend(added)
    staff_register.add(desk.session, rows)


def _fresh(desk: _Desk, member: Member) -> Staff:
    key_id, sealed = desk.vault.seal_json(STAFF, {"name": member.name})
    return Staff(
        code=member.code, language=member.language, valid_from=EVER, key_id=key_id, person_enc=sealed
    )


def _renew(desk: _Desk, member: Member) -> None:
    """Name and language of somebody on record; the name is opened only to see whether it is another one.

    Whoever has an account chooses a language there, and the table does not take it back.
    """
    stored = desk.book.staff[member.code]
    if stored.language != member.language and stored.id not in desk.book.enrolled:
        stored.language = member.language
        desk.changed.add(member.code)
    if desk.vault.open_json(STAFF, stored.key_id, stored.person_enc)["name"] != member.name:
        stored.key_id, stored.person_enc = desk.vault.seal_json(STAFF, {"name": member.name})
        desk.changed.add(member.code)


def _posts(desk: _Desk, member: Member, staff_id: int, first: date) -> list[StaffPost]:
    """The posts that are new; those that stand are brought to what is said, those left out end."""
    added: list[StaffPost] = []
    kept: set[int] = set()
    stored = desk.book.posts.get(staff_id, [])
    for held in member.posts:
        office_id = desk.office_ids[held.office]
        same = [one for one in stored if (one.office_id, one.role) == (office_id, held.role)]
        match = _match(same, held, desk.day)
        if match is None:
            added.append(
                StaffPost(
                    staff_id=staff_id,
                    office_id=office_id,
                    role=held.role,
                    valid_from=held.start or (EVER if held.end is not None else first),
                    valid_to=held.end,
                )
            )
            continue
        kept.add(match.id)
        _bring(desk, match, held, member.code)
    for one in stored:
        if one.id not in kept and (one.valid_to is None or one.valid_to > desk.day):
            staff_register.end(desk.session, one, desk.day)
            desk.changed.add(member.code)
    return added


def _match(same: Sequence[StaffPost], held: Held, day: date) -> StaffPost | None:
    """The row this line speaks of: the one that goes on, else the one of its first day or of its end."""
    going = (one for one in same if one.valid_to is None or one.valid_to > day)
    named = (one for one in same if held.start is not None and one.valid_from == held.start)
    ended = (one for one in same if held.end is not None and one.valid_to == held.end)
    return next(going, None) or next(named, None) or next(ended, None)


def _bring(desk: _Desk, post: StaffPost, held: Held, code: str) -> None:
    """What has begun keeps its first day; when it ends may still change."""
    if held.start is not None and held.start != post.valid_from and post.valid_from > desk.day:
        post.valid_from = held.start
        desk.changed.add(code)
    if post.valid_to != held.end and (held.end is None or held.end > post.valid_from):
        post.valid_to = held.end
        desk.changed.add(code)


def _contacts(desk: _Desk, member: Member, staff_id: int) -> list[ContactPoint]:
    """The addresses that are new; known ones are used again, those left out are not used any more.

    An address counts from ever: so a wrong one, noted today, can end today.
    """
    stored = desk.book.contacts.get(staff_id, [])
    wanted = {
        (channel, fingerprint(desk.vault, address)): address for channel, address in member.addresses.items()
    }
    for one in stored:
        going = one.valid_to is None
        if ((one.channel, one.address_blind) in wanted) == going:
            continue
        desk.changed.add(member.code)
        if going:
            staff_register.end(desk.session, one, desk.day)
        else:
            one.valid_to = None
    known = {(one.channel, one.address_blind) for one in stored}
    return [
        _contact(desk.vault, staff_id, channel, blind, address)
        for (channel, blind), address in wanted.items()
        if (channel, blind) not in known
    ]


def _contact(vault: Vault, staff_id: int, channel: str, blind: bytes, address: str) -> ContactPoint:
    key_id, sealed = vault.seal(CONTACT, address.encode())
    return ContactPoint(
        staff_id=staff_id,
        channel=channel,
        rank=RANKS[channel],
        address_blind=blind,
        key_id=key_id,
        address_enc=sealed,
        valid_from=EVER,
    )


def fingerprint(vault: Vault, address: str) -> bytes:
    """What tells two addresses apart without opening them; letters of either case count."""
    return vault.blind("contact_point", address.encode().hex())


def _deputies(desk: _Desk, member: Member, staff_id: int, ids: Mapping[str, int]) -> list[StaffDeputy]:
    """Deputies in the order said; a table that says none leaves those that are."""
    if not member.deputies:
        return []
    stored = {one.deputy_id: one for one in desk.book.deputies.get(staff_id, [])}
    ranks = {ids[code]: rank for rank, code in enumerate(member.deputies, start=1)}
    for deputy_id, one in stored.items():
        if ranks.get(deputy_id) == one.rank:
            continue
        desk.changed.add(member.code)
        if deputy_id in ranks:
            one.rank = ranks[deputy_id]
        else:
            desk.session.delete(one)
    return [
        StaffDeputy(staff_id=staff_id, deputy_id=deputy_id, rank=rank)
        for deputy_id, rank in ranks.items()
        if deputy_id not in stored
    ]
