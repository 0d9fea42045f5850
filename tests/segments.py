"""Builds HL7 v2 messages field by field, each value at the number the standard gives it.

Where `hospital` plays whole visits, this lets a test say exactly what one message says. Every name,
number and place is invented.
"""

from collections.abc import Mapping, Sequence

FACILITY = "Khayelitsha Hospital"
ARRIVED = "20260301201500"
REGISTERED = "20260301201600"
TRIAGED = "20260301202500"
CODED = "20260301213000"
LEFT = "20260302040000"

Fields = Mapping[int, str]


def segment(name: str, fields: Fields) -> str:
    """One segment with its values at their numbers."""
    return "|".join([name, *(fields.get(place, "") for place in range(1, max(fields) + 1))])


def header(kind: str, event: str, control_id: str, at: str, fields: Fields | None = None) -> str:
    """MSH. Its first field is the separator itself, so MSH-2 stands right behind the name."""
    usual = {
        2: "^~\\&",
        3: "PAS",
        4: FACILITY,
        5: "HECTIS",
        6: "WC",
        7: at,
        9: f"{kind}^{event}",
        10: control_id,
        11: "P",
        12: "2.5.1",
    }
    values = usual | dict(fields or {})
    return "|".join(["MSH", *(values.get(place, "") for place in range(2, max(values) + 1))])


def message(*segments: str) -> bytes:
    """Segments as the wire has them."""
    return ("\r".join(segments) + "\r").encode()


def adt(
    event: str,
    control_id: str,
    recorded: str,
    *,
    codes: Sequence[str] | None = None,
    folder: str = "F1",
    visit: str = "V1",
    msh: Fields | None = None,
    pid: Fields | None = None,
    pv1: Fields | None = None,
    accident: Fields | None = None,
    more: Sequence[str] = (),
) -> bytes:
    """An admission message of an emergency visit. `codes` None says nothing of codes; `""` takes them back."""
    segments = [
        header("ADT", event, control_id, recorded, msh),
        segment("EVN", {1: event, 2: recorded}),
        segment(
            "PID",
            {1: "1", 3: f"{folder}^^^KH^MR", 5: "Testcase^Number", 7: "19900101", 8: "M"} | dict(pid or {}),
        ),
        segment("PV1", {1: "1", 2: "E", 3: "EC^1^1^KH", 19: visit, 44: ARRIVED} | dict(pv1 or {})),
    ]
    segments += [diagnosis(place, code) for place, code in enumerate(codes or (), start=1)]
    if accident:
        segments.append(segment("ACC", accident))
    return message(*segments, *more)


def diagnosis(place: int, code: str) -> str:
    """DG1 with the code in DG1-3 and "working" in DG1-6."""
    coded = code if code == '""' else f"{code}^^I10"
    return segment("DG1", {1: str(place), 3: coded, 6: "W"})


def oru(
    control_id: str,
    recorded: str,
    seen: Mapping[str, str],
    *,
    folder: str = "F1",
    visit: str = "V1",
    msh: Fields | None = None,
) -> bytes:
    """Observations of a visit, by their names."""
    return message(
        header("ORU", "R01", control_id, recorded, msh),
        segment("PID", {1: "1", 3: f"{folder}^^^KH^MR"}),
        segment("PV1", {1: "1", 2: "E", 19: visit}),
        segment("OBR", {1: "1", 4: "TRIAGE", 7: recorded}),
        *(
            segment("OBX", {1: str(place), 2: "ST", 3: name, 5: value, 11: "F"})
            for place, (name, value) in enumerate(seen.items(), start=1)
        ),
    )


def answer_of(raw: bytes) -> tuple[str, str]:
    """MSA-1 and MSA-2 of an answer."""
    _, code, control_id, *_ = next(
        line.split("|") for line in raw.decode().split("\r") if line.startswith("MSA|")
    )
    return code, control_id
