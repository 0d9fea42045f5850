"""A digest on its way out: the mail of what was composed, or a line with its address where there is no mailbox.

`services.writing` calls it right before sending, outside any transaction. It reads the digest once more, so that a
letter which is late says what was composed and nothing else.
"""

import json
from typing import Any, Final

from hectis_flow.channels.base import Outgoing
from hectis_flow.domain.errors import HectisError
from hectis_flow.render import digest as words
from hectis_flow.render import digest_mail, due
from hectis_flow.render.digest_mail import DigestMail
from hectis_flow.render.spoken import pointing
from hectis_flow.services.house import House
from hectis_flow.storage import digest_reading
from hectis_flow.storage.deliveries import Held

KIND: Final = "digest"
PATH: Final = "/digests/"


class NoDigest(HectisError):
    """The delivery carries no digest that was composed."""

    code = "no_digest"
    status = 500


def outgoing(house: House, held: Held, address: str) -> Outgoing:
    """The notice for its channel. Raises `NoDigest`."""
    with house.transaction() as session:
        digest_id = digest_reading.of_event(session, held.id)
        found = digest_reading.read(session, digest_id, None) if digest_id is not None else None
        by = digest_reading.open_by(session, found.id) if found else None
    if found is None:
        raise NoDigest("The delivery carries no digest that was composed.")
    at = f"{house.outward.options.base_url}{PATH}{found.id}"
    if held.channel != "email":
        line = words.said(found.content).subject
        said = pointing(held.channel, held.language, line, at, _line(found.content, held.key, at))
        return Outgoing(held.id, held.key, address, said.subject, said.text, said.html, said.body)
    language = str(found.content["language"])
    made = digest_mail.mail(found.content, at, found.pack_hash, due.moment(language, by) if by else "")
    return letter(held.id, held.key, address, made)


def letter(delivery_id: int, key: str, address: str, made: DigestMail) -> Outgoing:
    """A digest's mail as a channel carries it."""
    pictures = tuple((one.name, one.png) for one in made.pictures)
    return Outgoing(delivery_id, key, address, made.subject, made.text, made.html, b"", pictures=pictures)


def _line(told: dict[str, Any], key: str, at: str) -> bytes:
    """What a system is told: that there is a digest, its figures, and where it is read."""
    said = words.said(told)
    body = {
        "version": 1,
        "key": key,
        "kind": KIND,
        "office": told["office"],
        "role": told["role"],
        "title": said.subject,
        "figures": told["figures"],
        "link": at,
        "language": said.language,
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
