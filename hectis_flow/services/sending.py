"""Messages that come over HTTP: who may hand them in, and all of a body stored or none of it.

The API's view calls `admit` and then `hand_in`. Storing and answering is `services.intake`'s, so that a
message is the same row, and a resend gets the same answer, whichever way it came.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hectis_flow.domain import access_rules
from hectis_flow.domain.errors import HectisError, NotAllowed
from hectis_flow.feeds.hl7v2 import Unreadable, read_header, refusal, split_batch
from hectis_flow.feeds.mllp import Arrival
from hectis_flow.services import intake
from hectis_flow.services.answers import Refused
from hectis_flow.services.door import refusal_row
from hectis_flow.services.house import House
from hectis_flow.services.reading import Asking
from hectis_flow.services.reference import facilities
from hectis_flow.services.tokens import bearer_of
from hectis_flow.storage import messages, offices
from hectis_flow.storage.tokens import Bearer

CHANNEL = "http"
STORED_ANSWERS = (b"AA", b"CA")


class BodyRefused(HectisError):
    """Nothing of the body was stored; `fields` says which message is at fault and why."""

    code = "message_refused"
    status = 400

    def __init__(self, message: str, fields: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


@dataclass(frozen=True, slots=True)
class Admitted:
    """A sender that may hand messages in, and the words that name its facility in MSH-4."""

    label: str
    facility_words: frozenset[str]


def admit(house: House, asking: Asking, action: str) -> Admitted:
    """Whose token this is. Raises `NotAuthenticated` and `NotAllowed`."""
    with house.transaction() as session:
        bearer = bearer_of(session, asking.token)
        if access_rules.grant(bearer.role, action).scope != "own_facility":
            raise NotAllowed(f"The role {bearer.role} hands in no messages.")
        words = facilities(house, session)
    return Admitted(bearer.label, _own(words, bearer))


def hand_in(house: House, sender: Admitted, body: bytes) -> list[bytes]:
    """Store every message of a body (one, or a batch with or without envelopes); their answers in order.

    Raises `BodyRefused` where one cannot be taken, and whatever the database raises; a message that stood
    already is found, so that the whole body may always be sent again.
    """
    arrivals = [Arrival(sender.label, raw) for raw in split_batch(body)]
    if not arrivals:
        raise BodyRefused("The body holds no HL7 v2 message: it must begin with MSH, or with FHS or BHS.")
    faults = {number: _fault(house, sender, arrival) for number, arrival in enumerate(arrivals, 1)}
    _refuse(house, arrivals, {number: fault for number, fault in faults.items() if fault is not None})
    answers = intake.receive(house, arrivals, channel=CHANNEL)
    late = [number for number, answer in enumerate(answers, 1) if _code(answer) not in STORED_ANSWERS]
    if late:
        _complain({number: ["it was not stored"] for number in late}, "The others were stored.")
    return answers


def _own(words: Mapping[str, int], bearer: Bearer) -> frozenset[str]:
    return frozenset(word for word, office_id in words.items() if office_id == bearer.office_id)


def _fault(house: House, sender: Admitted, arrival: Arrival) -> Unreadable | None:
    try:
        header = read_header(arrival.raw)
    except Unreadable as fault:
        return fault
    if offices.alias_key(header.source_facility) not in sender.facility_words:
        return Unreadable("sender_not_allowed")
    return refusal(header, house.processing_ids)


def _refuse(house: House, arrivals: Sequence[Arrival], faults: Mapping[int, Unreadable]) -> None:
    """Remember what was turned away, as every channel does, and refuse the body it came in."""
    if not faults:
        return
    turned_away = [
        refusal_row(arrival, Refused(None, fault, hashlib.sha256(arrival.raw).digest()))
        for arrival, fault in ((arrivals[number - 1], fault) for number, fault in faults.items())
    ]
    with house.transaction() as session:
        messages.record_refusals(session, turned_away)
    _complain({number: [str(fault)] for number, fault in faults.items()}, "Nothing was stored.")


def _complain(faults: Mapping[int, list[str]], what_stands: str) -> None:
    named = {f"message {number}": words for number, words in faults.items()}
    raise BodyRefused(f"{len(faults)} of the messages cannot be taken. {what_stands}", named)


def _code(answer: bytes) -> bytes:
    """MSA-1 of one of our own answers."""
    _, _, behind = answer.partition(b"\rMSA")
    return behind[1:3]
