"""Puts codes of violence, and codes that are none, into messages of a folder, and looks what opens.

`bench.corpus` calls it: no public corpus holds a code of assault, so a carrier must be given one. A
code goes into a real message as one more DG1, under a fresh control id; all else stays as it was.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.corpus_folder import Sent
from bench.corpus_stored import Store
from bench.running import Running
from hectis_flow.feeds.mllp_client import ACCEPTED, send_all

OPENS = "X99.4"
# Events whose visit stands, and so may carry a code.
CARRY = frozenset({"A01", "A03", "A04", "A08"})


@dataclass(frozen=True, slots=True)
class Harmless:
    """A code that opens no case: what it says, and how the visit is to be understood then."""

    code: str
    meaning: str
    intent: str | None
    wrong: str = ""


OPEN_NONE = (
    Harmless("Y35.0", "legal intervention", "legal_intervention"),
    Harmless("W34.0", "accident with a firearm", None),
    Harmless("Y24.9", "firearm, intent undetermined", "undetermined"),
    Harmless("X99.9XXA", "ICD-10-CM, sharp object", None, "refused_code_cm"),
    Harmless("X93.XXXA", "ICD-10-CM, handgun", None, "refused_code_cm"),
)
# May see cases of any facility, and so those of a folder whose facilities nobody here knows.
ROLE = "health_data_steward"
EXPECTED = {"stage": "awaiting_basis", "incident.mechanism": "sharp", "incident.place_type": "street"}


def try_codes(system: Running, store: Store, carriers: Sequence[Sent]) -> Iterator[tuple[str, bool]]:
    """A line for each code tried, and whether it did what it must."""
    updates = [carrier for carrier in carriers if carrier.reading and carrier.reading.event == "A08"]
    if not updates:
        yield "not tried: no accepted A08 of the folder has a visit to itself, to carry a code", True
        return
    first, *others = updates
    others += [carrier for carrier in carriers if carrier not in updates]
    others = others or [first]
    for turn, harmless in enumerate(OPEN_NONE, start=1):
        yield _try_harmless(system, store, others[(turn - 1) % len(others)], harmless, turn)
    yield from _try_violence(system, store, first, len(OPEN_NONE) + 1)


def _try_harmless(
    system: Running, store: Store, carrier: Sent, harmless: Harmless, turn: int
) -> tuple[str, bool]:
    before = store.cases()
    answered, digest = _send(system, store, carrier, harmless.code, turn)
    opened = store.cases() - before
    intent, wrong = store.understood(digest)
    line = (
        f"{harmless.code:<9} in {carrier.where}: answered {answered}, {opened} cases; {harmless.meaning}: "
        f"intent {intent or 'none'}{', ' + harmless.wrong if harmless.wrong in wrong else ''}"
    )
    done = (answered in ACCEPTED, opened, store.cases_of(digest), intent)
    return line, done == (True, 0, [], harmless.intent) and harmless.wrong in ("", *wrong)


def _try_violence(system: Running, store: Store, carrier: Sent, turn: int) -> Iterator[tuple[str, bool]]:
    before = store.cases()
    answered, digest = _send(system, store, carrier, OPENS, turn)
    refs = store.cases_of(digest)
    opened = store.cases() - before
    line = f"{OPENS:<9} in {carrier.where}: answered {answered}, {opened} case ({', '.join(refs)})"
    yield line, (answered in ACCEPTED, opened, len(refs)) == (True, 1, 1)
    if refs:
        yield _see(system, refs[0])


def _see(system: Running, ref: str) -> tuple[str, bool]:
    """Read the case as a person with a token does; without one it must not be there."""
    token = system.hectis("token", "create", "--role", ROLE).stdout.strip()
    closed, _ = system.get(f"/api/v1/cases/{ref}")
    _, page = system.get("/api/v1/cases", token)
    status, case = system.get(f"/api/v1/cases/{ref}", token)
    listed = [one["ref"] for one in page.get("items", [])]
    seen = {name: _inside(case, name) for name in EXPECTED}
    words = ", ".join(f"{name} {value}" for name, value in seen.items())
    line = f"GET /api/v1/cases/{ref} as {ROLE}: {status}, {words}; listed {listed.count(ref)}; without a token {closed}"
    return line, (status, closed, seen, listed.count(ref)) == (200, 401, EXPECTED, 1)


def _inside(record: object, name: str) -> object:
    for part in name.split("."):
        record = record.get(part) if isinstance(record, dict) else None
    return record


def _send(system: Running, store: Store, carrier: Sent, code: str, turn: int) -> tuple[str, bytes]:
    """The answer to the carrier with this code, and its digest, once it is worked through."""
    raw = with_code(carrier.raw, code, turn)
    report = send_all([raw], "127.0.0.1", system.mllp_port)
    store.settle()
    return "".join(report.codes), hashlib.sha256(raw).digest()


def with_code(raw: bytes, code: str, turn: int) -> bytes:
    """The message with one DG1 more, behind the last it has, and a control id of its own.

    The id grows with each turn: of two messages that say the same time, the one with the longer is newer.
    """
    end = b"\r\n" if b"\r\n" in raw else b"\n" if b"\r" not in raw else b"\r"
    lines = raw.rstrip(b"\r\n").split(end)
    mark, component = lines[0][3:4], lines[0][4:5]
    header = lines[0].split(mark)
    header[9] += b"-" * turn
    lines[0] = mark.join(header)
    diagnoses = [place for place, line in enumerate(lines) if line.startswith(b"DG1" + mark)]
    number = str(len(diagnoses) + 1).encode()
    coded = component.join([code.encode(), b"", b"I10"])
    behind = diagnoses[-1] if diagnoses else len(lines) - 1
    lines.insert(behind + 1, mark.join([b"DG1", number, b"", coded, b"", b"", b"F"]))
    return end.join(lines) + end
