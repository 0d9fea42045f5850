"""Links in notices: the secret that makes one, and what one that came back is worth.

`services.notification` makes tokens while it writes notices; the page behind a link and whoever records an
answer call `read`. A token is bound to its row, purpose, case, person and end, holds for one live data key
of the vault (so a rotation keeps what was sent, and a retired key ends it) and signs nobody in. Reading one
changes nothing: the answer itself sets `used_at`, in the transaction in which it counts.
"""

import base64
import hmac
import struct
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy.orm import Session

from hectis_flow.domain import short_code
from hectis_flow.services.house import House
from hectis_flow.storage import links
from hectis_flow.storage.links import Bound, Link

VERSION = 1
PURPOSE = b"action_link"
MAC_BYTES = 24  # 192 bits of the 256
HEAD = struct.Struct(">BQ")  # the version and the link's number
SHORTEST = HEAD.size + MAC_BYTES + 1
LONGEST_TOKEN = 200
NOBODYS = Bound(0, "acknowledge", 0, 0, datetime(2000, 1, 1, tzinfo=UTC))

Code = Literal["forged", "revoked", "used", "expired", "moved_on"]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a token does nothing. `link` is known for a sound token, so that its page can say what happened."""

    code: Code
    link: Link | None = None


def token_of(house: House, link: Bound | Link) -> str:
    """The token of a link: computed from its row, the same whenever it is asked for while the key is active."""
    key_id, mac = _signed(house, link, None) or ("", b"")
    raw = HEAD.pack(VERSION, link.id) + mac[:MAC_BYTES] + key_id.encode()
    return _written(raw)


def read(house: House, session: Session, token: str) -> Link | Refused:
    """What a token is worth now. One that was tampered with and one that never was are told the same."""
    taken = _taken_apart(token)
    if taken is None:
        return Refused("forged")
    link_id, mac, key_id = taken
    found = links.find(session, link_id)
    # A row that does not exist is reckoned like one that does: an answer takes as long for both.
    signed = _signed(house, found or NOBODYS, key_id)
    if signed is None or not hmac.compare_digest(signed[1][:MAC_BYTES], mac) or found is None:
        return Refused("forged")
    return _standing(found)


def by_number(session: Session, link_id: int) -> Link | Refused:
    """What a link is worth now, for whoever knows it otherwise than by its token."""
    found = links.find(session, link_id)
    return _standing(found) if found else Refused("forged")


def code_of(house: House, link: Bound | Link) -> str:
    """The short code that a notice shows beside its link; made of its row, the same as long as the index key is."""
    parts = (link.id, link.case_id, link.staff_id)
    return short_code.code_of(house.vault.blind("answer code", *map(str, parts)))


def _standing(link: Link) -> Link | Refused:
    if link.revoked_at is not None or (link.gone and link.used_at is None):
        return Refused("revoked", link)
    if link.used_at is not None:
        return Refused("used", link)
    if link.over:
        return Refused("moved_on", link)
    return Refused("expired", link) if link.expired else link


def _signed(house: House, link: Bound | Link, key_id: str | None) -> tuple[str, bytes] | None:
    ends = int(link.expires_at.timestamp() * 1_000_000)
    parts = (VERSION, link.id, link.purpose, link.case_id, link.staff_id, ends)
    return house.vault.sign(PURPOSE, "\x1f".join(map(str, parts)).encode(), key_id)


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _taken_apart(token: str) -> tuple[int, bytes, str] | None:
    """Number, signature and key id of a token; None for what has not its shape."""
    if len(token) > LONGEST_TOKEN:
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        key_id = raw[HEAD.size + MAC_BYTES :].decode("ascii")
    except (NotBase64, ValueError):
        return None
    # Written in any other way it is not the token that we sent, though it may decode to the same bytes.
    if len(raw) < SHORTEST or _written(raw) != token:
        return None
    version, link_id = HEAD.unpack(raw[: HEAD.size])
    if version != VERSION or link_id >= 1 << 63:
        return None
    return link_id, raw[HEAD.size : HEAD.size + MAC_BYTES], key_id
