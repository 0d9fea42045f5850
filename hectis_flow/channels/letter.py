"""A notice as the bytes of a letter: text with an HTML twin, in the few forms that a notice has.

`email` sends it. The standard library's general writer of letters takes longer for one than a server takes to
receive it, and twenty thousand go out in a practice year. Nothing reaches a header here that was not checked or
encoded, so none can be added; a line end in a name that becomes one is refused.
"""

import re
from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Iterator
from email.utils import formatdate
from typing import Final

from hectis_flow.channels.base import Outgoing

#: Keys of deliveries and numbers of cases: all that a Message-ID of ours is made of.
NAME: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
#: Of one encoded word of a header; with what surrounds it a line stays below 76 characters.
WORD_BYTES: Final = 36
PART: Final = "--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"


def letter(notice: Outgoing, sender: str, domain: str) -> bytes:
    """The letter; the notice's address was found to be a bare one before. Raises `ValueError`."""
    key = _name(notice.key)
    boundary = f"=_{key}"  # quoted-printable never writes an equals sign and an underscore
    head = {
        "From": sender,
        "To": notice.address,
        "Subject": subject(" ".join(notice.subject.split())),
        "Date": formatdate(usegmt=True),
        "Message-ID": f"<{key}@{domain}>",
        "Auto-Submitted": "auto-generated",
        **_thread(notice.thread, domain),
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{boundary}"',
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    parts = [
        PART.format(boundary=boundary, kind=kind).encode() + _quoted(body)
        for kind, body in (("plain", notice.text), ("html", notice.html))
    ]
    return b"".join([lines.encode("ascii"), b"\r\n", *parts, f"--{boundary}--\r\n".encode()])


def subject(text: str) -> str:
    """A subject of one line as a header's value: as it is, or as encoded words where it is not plain ASCII."""
    if text.isascii() and text.isprintable() and len(text) < 66 and "=?" not in text:
        return text
    return "\r\n ".join(f"=?utf-8?b?{b64encode(piece).decode()}?=" for piece in _pieces(text))


def _pieces(text: str) -> Iterator[bytes]:
    """The text in pieces that an encoded word can hold, no letter cut in two."""
    held = b""
    for one in text:
        more = one.encode("utf-8", "replace")
        if len(held) + len(more) > WORD_BYTES:
            yield held
            held = b""
        held += more
    yield held


def _quoted(body: str) -> bytes:
    lines = body.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    text = "".join(f"{line}\r\n" for line in lines)
    return b2a_qp(text.encode("utf-8", "replace"), istext=True)


def _thread(case: str, domain: str) -> dict[str, str]:
    """What lets the letters of one case lie together."""
    if not case:
        return {}
    root = f"<{_name(case).lower()}@{domain}>"
    return {"In-Reply-To": root, "References": root}


def _name(word: str) -> str:
    if not NAME.fullmatch(word):
        raise ValueError("No Message-ID can be made of this.")
    return word
