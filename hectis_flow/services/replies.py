"""A notice is answered by replying to it: the short code that it shows, from the person's own address.

The door of replies calls `taken` with a call of the provider that takes mails and text messages in, once a call;
`answered` is for whoever has a reply otherwise. It counts (B) only where the address is that of the person whom the
notice was for. Nothing of a reply is kept but the row of its grade; addresses and texts are in no log.
"""

import re
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Final, Literal

from sqlalchemy.orm import Session

from hectis_flow.domain import short_code
from hectis_flow.domain.acknowledgement import Evidence
from hectis_flow.services import acknowledgement, links
from hectis_flow.services.house import House
from hectis_flow.services.staff_import import fingerprint
from hectis_flow.storage import replies
from hectis_flow.storage.links import Bound

#: `no_code`: its first line holds no code of a notice that waits; `closed`: the notice's link is good no more.
Outcome = Literal["acknowledged", "recorded", "not_counted", "no_code", "closed", "seen_before"]

#: How many of the newest notices that wait are looked at for a code.
LOOKED_AT: Final = 2000
_NUMBER: Final = re.compile(r"\+?[0-9][0-9 ().-]{5,30}")
_QUOTED: Final = re.compile(r"\s*(>|-{2,}|_{5,}|\|)")


@dataclass(frozen=True, slots=True)
class Replied:
    """What came of a reply."""

    outcome: Outcome
    shown: acknowledgement.Shown | None = None


def taken(house: House, call_id: str, sender: str, text: str) -> Replied:
    """Take a reply that came in a call of this id; a call that came before does nothing."""
    with house.transaction() as session:
        if not replies.remember(session, house.vault.blind("reply call", call_id.encode().hex())):
            return Replied("seen_before")
        found = _link(house, session, sender, text)
        if found is None:
            return Replied("no_code")
    return _answer(house, *found)


def answered(house: House, sender: str, text: str) -> Replied:
    """Take a reply: who it is from (a mail address, with or without a name, or a number), and what it says."""
    with house.transaction() as session:
        found = _link(house, session, sender, text)
    return _answer(house, *found) if found else Replied("no_code")


def said(text: str) -> str:
    """The first line that whoever replied wrote; "" where the reply only quotes.

    A mail that answers by itself, of somebody who is away, quotes the notice with its code: that is no answer.
    """
    first = next((line for line in text[:4000].splitlines() if line.strip()), "")
    return "" if _QUOTED.match(first) else first


def _link(house: House, session: Session, sender: str, text: str) -> tuple[Bound, bool] | None:
    """The notice whose code a reply says, and whether it is from its person's own address."""
    codes = short_code.found_in(said(text))
    if not codes:
        return None
    own = replies.staff_at(session, _fingerprints(house, sender))
    waiting = [*replies.waiting_of(session, own, LOOKED_AT), *replies.waiting(session, LOOKED_AT)]
    found = next((one for one in waiting if links.code_of(house, one) in codes), None)
    return (found, found.staff_id in own) if found else None


def _answer(house: House, link: Bound, own: bool) -> Replied:  # noqa: FBT001  (a pair of `_link`)
    shown = acknowledgement.answer(house, link.id, Evidence("reply", own=own, code=True))
    if shown.grade is None:
        return Replied("closed", shown)
    if not shown.grade.counts:
        return Replied("not_counted", shown)
    return Replied("recorded" if shown.missing else "acknowledged", shown)


def _fingerprints(house: House, sender: str) -> list[bytes]:
    """What an address may have been written down as: letters of a mail address of either case, numbers without blanks."""
    address = parseaddr(sender)[1] or sender.strip()
    spelt = {address, address.lower()}
    if _NUMBER.fullmatch(sender.strip()):
        digits = re.sub(r"[^0-9]", "", sender)
        spelt |= {digits, f"+{digits}", sender.strip()}
    local, _, host = address.rpartition("@")
    spelt.add(f"{local}@{host.lower()}" if local else address)
    return [fingerprint(house.vault, one) for one in sorted(spelt) if one]
