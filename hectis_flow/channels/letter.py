"""A notice as the bytes of a letter: text with an HTML twin, and with the pictures that the twin asks for.

`email` sends it. It is set by the standard library's older classes (`email.mime`), which take a fraction of the time of
`EmailMessage`; thousands go out in an hour. Nothing reaches a header here that was not checked or encoded.
"""

import re
from binascii import b2a_qp
from email.charset import Charset
from email.header import Header
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import SMTP, compat32
from email.utils import formatdate
from typing import Final

from hectis_flow.channels.base import Outgoing

#: Keys of deliveries and numbers of cases: all that a Message-ID of ours is made of.
NAME: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
LINES: Final = compat32.clone(linesep=SMTP.linesep)
UTF8: Final = Charset("utf-8")
LONGEST: Final = 900  # bytes in a line; SMTP takes 998
PICTURES: Final = "picture.hectis"  # behind the name of each, for a Content-ID has the shape of an address


def letter(notice: Outgoing, sender: str, domain: str) -> bytes:
    """The letter; the notice's address was found to be a bare one before. Raises `ValueError`."""
    key = _name(notice.key)
    made = MIMEMultipart("alternative", boundary=f"=_{key}")
    made["From"] = sender
    made["To"] = notice.address
    made["Subject"] = _subject(" ".join(notice.subject.split()))
    made["Date"] = formatdate(usegmt=True)
    made["Message-ID"] = f"<{key}@{domain}>"
    made["Auto-Submitted"] = "auto-generated"
    if notice.language:
        made["Content-Language"] = _name(notice.language)
    if notice.thread:
        made["In-Reply-To"] = made["References"] = f"<{_name(notice.thread).lower()}@{domain}>"
    made.attach(_part("plain", notice.text))
    html = _part("html", notice.html)
    made.attach(_with_pictures(html, notice, key) if notice.pictures else html)
    return made.as_bytes(policy=LINES)


def _part(kind: str, body: str) -> MIMENonMultipart:
    """A text as it may travel: plain where it is, else quoted, for no server need take long lines or other bytes."""
    raw = body.encode("utf-8", "replace")
    bare = raw.isascii() and len(max(raw.split(b"\n"), key=len)) <= LONGEST
    part = MIMENonMultipart("text", kind, charset="utf-8")
    part["Content-Transfer-Encoding"] = "7bit" if bare else "quoted-printable"
    part.set_payload((raw if bare else b2a_qp(raw)).decode("ascii"))
    return part


def _with_pictures(html: MIMENonMultipart, notice: Outgoing, key: str) -> MIMEMultipart:
    """The HTML and its pictures as one: they are part of it, and no file that hangs on the letter."""
    whole = MIMEMultipart("related", boundary=f"=_{key}-r", type="text/html")
    whole.attach(html)
    for name, png in notice.pictures:
        picture = MIMEImage(png, "png")
        picture["Content-ID"] = f"<{_name(name)}@{PICTURES}>"
        picture.add_header("Content-Disposition", "inline", filename=f"{name}.png")
        whole.attach(picture)
    return whole


def _subject(line: str) -> str:
    plain = line.isascii() and line.isprintable() and "=?" not in line
    return line if plain else Header(line, UTF8, header_name="Subject").encode()


def _name(word: str) -> str:
    if not NAME.fullmatch(word):
        raise ValueError("No Message-ID can be made of this.")
    return word
