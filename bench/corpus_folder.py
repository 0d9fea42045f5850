"""The messages of a folder of HL7 files, as they are sent and as python-hl7 reads them.

`bench.corpus` and its fellows use it. It goes through a folder as `hectis send` does.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.corpus_reading import Reading, as_text, read
from hectis_flow.commands.send import SUFFIXES
from hectis_flow.feeds.hl7v2 import split_batch

FRAME_MARKS = b"\x0b\x1c"  # cannot travel inside a message


@dataclass(frozen=True, slots=True)
class Sent:
    """One message of the folder; `reading` is None where python-hl7 cannot read it."""

    where: str
    raw: bytes
    reading: Reading | None

    @property
    def digest(self) -> bytes:
        """By which the database knows it."""
        return hashlib.sha256(self.raw).digest()


def messages_of(folder: Path) -> Iterator[Sent]:
    """Every message of every HL7 file of a folder, in the order `hectis send` has."""
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES):
        for number, raw in enumerate(split_batch(path.read_bytes()), start=1):
            where = f"{path.relative_to(folder)}" + (f" #{number}" if number > 1 else "")
            text = as_text(raw)
            try:
                reading = read(where, text)
            except Exception:  # noqa: BLE001  (whatever a foreign library raises: it could not read it)
                reading = None
            yield Sent(where, raw.translate(None, FRAME_MARKS), reading)
