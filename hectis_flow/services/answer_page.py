"""The page behind a link as proof: a mark that says when it was opened and by what, and what a press then shows.

`services.acknowledgement` puts a mark on every page that it shows and reads it from every press. A mark is signed like
a link, bound to it, and stored nowhere: to open a page changes nothing. Networks and programmes go into it as keyed
digests, another for every link, so that nobody can be followed by them. It grades nothing.
"""

import base64
import hmac
import struct
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy.orm import Session

from hectis_flow.domain import short_code
from hectis_flow.domain.acknowledgement import Evidence, Floors, Seen
from hectis_flow.services import links
from hectis_flow.services.house import House
from hectis_flow.storage import acknowledgements, database
from hectis_flow.storage.links import Link

PURPOSE = b"answer_page"
TRACE_BYTES = 12
MAC_BYTES = 20
HEAD = struct.Struct(
    f">Q{TRACE_BYTES}s{TRACE_BYTES}s"
)  # when it was opened in microseconds, network, programme
LONGEST_MARK = 160
#: How much of an address is its network: telephones change the rest from one press to the next.
PREFIX = {4: 16, 6: 32}


NOBODY = Seen()


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever asks for a page: from which address, and what their request shows."""

    address: str = ""
    seen: Seen = NOBODY


UNKNOWN = Visitor()


@dataclass(frozen=True, slots=True)
class Pressed:
    """What was pressed on a page: its mark, and the first signs of the code (or all of it) as they were given."""

    visitor: Visitor = UNKNOWN
    mark: str = ""
    signs: str = ""
    code: str = ""

    @property
    def is_begun(self) -> bool:
        """Whether only a part of the signs was given yet."""
        return not self.code and 0 < len(self.signs) < short_code.PRESSED


def floors(house: House, at: datetime) -> Floors:
    """What nobody is quicker than, by the policy."""
    edition = house.policy.in_force(at)
    return Floors(press=float(edition.answer_seconds), open=float(edition.open_seconds))


def mark(house: House, link: Link, visitor: Visitor, opened_at: datetime) -> str:
    """The mark of a page that is shown now."""
    network, programme = _traces(house, link, visitor)
    head = HEAD.pack(int(opened_at.timestamp() * 1_000_000), network, programme)
    key_id, mac = _signed(house, link, head, None) or ("", b"")
    return base64.urlsafe_b64encode(head + mac[:MAC_BYTES] + key_id.encode()).rstrip(b"=").decode()


def evidence(house: House, session: Session, link: Link, pressed: Pressed) -> Evidence:
    """All that is known of a press."""
    here = _traces(house, link, pressed.visitor)
    now, before = database.machine_now(session), acknowledgements.before(session, link.id, b"".join(here))
    page = _read(house, link, pressed.mark)
    age = max((now - page[0]).total_seconds(), 0.0) if page else None
    return Evidence(
        "page",
        seen=pressed.visitor.seen,
        code=_code(house, link, pressed),
        whole=bool(pressed.code),
        page_age=age,
        sent_age=None if before.sent_age is None or age is None else before.sent_age - age,
        same_network=page is not None and page[1] == here[0],
        same_agent=page is not None and page[2] == here[1],
        others=before.others,
        wrong=before.wrong,
        all_wrong=before.all_wrong,
    )


def trace(house: House, link: Link, visitor: Visitor) -> bytes:
    """Where a press came from, as a digest that shows at most whether two presses of one link came from one place."""
    return b"".join(_traces(house, link, visitor))


def _code(house: House, link: Link, pressed: Pressed) -> bool | None:
    """Whether what was given of the code is right; None where nothing was."""
    right = links.code_of(house, link)
    if pressed.code:
        return right in short_code.found_in(pressed.code)
    if not pressed.signs:
        return None
    return hmac.compare_digest(pressed.signs.upper().encode(), right[: short_code.PRESSED].encode())


def _traces(house: House, link: Link, visitor: Visitor) -> tuple[bytes, bytes]:
    number = str(link.id)
    network = house.vault.blind("answer network", number, _network(visitor.address))
    programme = house.vault.blind("answer programme", number, visitor.seen.agent)
    return network[:TRACE_BYTES], programme[:TRACE_BYTES]


def _network(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(ip_network((found, PREFIX[found.version]), strict=False))


def _signed(house: House, link: Link, head: bytes, key_id: str | None) -> tuple[str, bytes] | None:
    return house.vault.sign(PURPOSE, f"{link.id}\x1f".encode() + head, key_id)


def _read(house: House, link: Link, given: str) -> tuple[datetime, bytes, bytes] | None:
    """When the page of a mark was opened, and by what; None for one that is not ours."""
    if len(given) > LONGEST_MARK:
        return None
    try:
        raw = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
        key_id = raw[HEAD.size + MAC_BYTES :].decode("ascii")
    except (NotBase64, ValueError):
        return None
    if len(raw) <= HEAD.size + MAC_BYTES:
        return None
    head, mac = raw[: HEAD.size], raw[HEAD.size : HEAD.size + MAC_BYTES]
    signed = _signed(house, link, head, key_id)
    if signed is None or not hmac.compare_digest(signed[1][:MAC_BYTES], mac):
        return None
    at, network, programme = HEAD.unpack(head)
    return datetime.fromtimestamp(at / 1_000_000, UTC), network, programme
