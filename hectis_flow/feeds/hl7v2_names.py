"""Says which fields of an HL7 v2 message are filled, by name alone.

`services.inbox` calls it for the person who mends a feed and may not see a patient. No value leaves this
module, nor any name that is not one of the standard's or a Z-segment's: a torn line may begin with
anything.
"""

import re
from collections.abc import Mapping, Sequence

from hectis_flow.feeds.hl7v2 import read_message

_NAMES = frozenset(
    {
        "SFT",
        "EVN",
        "PID",
        "PD1",
        "NK1",
        "PV1",
        "PV2",
        "DB1",
        "OBX",
        "AL1",
        "DG1",
        "DRG",
        "PR1",
        "ROL",
        "GT1",
        "IN1",
        "IN2",
        "IN3",
        "ACC",
        "UB1",
        "UB2",
        "PDA",
        "MRG",
        "NTE",
        "ORC",
        "OBR",
        "SPM",
        "CTI",
        "FT1",
        "CTD",
        "TQ1",
        "TQ2",
    }
)
_LOCAL = re.compile(r"Z[A-Z0-9]{2}")
OTHER = "other lines"


def filled_fields(raw: bytes) -> Mapping[str, Sequence[int]]:
    """The numbers of the filled fields of each segment behind MSH, over all segments of that name.

    Raises `Unreadable` where no MSH stands.
    """
    header, lines = read_message(raw)
    found: dict[str, set[int]] = {}
    for line in lines:
        name, separator = line[:3], line[3:4]
        known = name in _NAMES or _LOCAL.fullmatch(name) is not None
        if not line.strip():
            continue
        if not known or separator not in ("", header.field_separator):
            found.setdefault(OTHER, set())
            continue
        fields = line.split(header.field_separator)
        filled = (number for number, value in enumerate(fields) if number and value.strip())
        found.setdefault(name, set()).update(filled)
    return {name: sorted(numbers) for name, numbers in found.items()}
