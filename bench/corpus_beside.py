"""Holds every message, visit and patient of a folder, as they are stored, against python-hl7's reading.

`bench.corpus` calls it. It prints counts, file names and kinds of difference, never a value.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench import corpus_compare as compare
from bench.corpus_folder import Sent
from bench.corpus_reading import EVENTS, Reading
from bench.corpus_stored import Store, StoredMessage
from hectis_flow.feeds.hl7v2_facts import facts

SHOWN = 20
Stored = Mapping[bytes, StoredMessage]


@dataclass(slots=True)
class Verdict:
    """What did not hold, in the order in which it was found."""

    faults: list[str] = field(default_factory=list)

    def need(self, holds: bool, sentence: str) -> None:  # noqa: FBT001  (the question itself)
        """Remember a sentence unless it holds."""
        if not holds:
            self.faults.append(sentence)


def hold_against(sent: Sequence[Sent], store: Store, verdict: Verdict) -> None:
    """Every event we take, beside python-hl7: accepted, each fact of it, each visit and patient of them."""
    stored = store.messages()
    unreadable = [one for one in sent if one.reading is None]
    if unreadable:
        print(f"   python-hl7 cannot read {len(unreadable)}: {names(unreadable)}")
    accepted = accepted_ones(sent, stored, verdict)
    right = message_by_message(accepted, verdict)
    lost = [stored[one.digest] for one in unreadable if one.digest in stored]
    by_visit: dict[int | None, list[Reading]] = defaultdict(list)
    by_patient: dict[int | None, list[Reading]] = defaultdict(list)
    for one in accepted:
        by_visit[stored[one.digest].visit_id].append(right[one.digest])
        by_patient[stored[one.digest].patient_id].append(right[one.digest])
    # What python-hl7 could not read is missing from its fold, so those rows cannot be compared.
    visits = {
        key: told for key, told in by_visit.items() if key and key not in {one.visit_id for one in lost}
    }
    patients = {
        key: told for key, told in by_patient.items() if key and key not in {one.patient_id for one in lost}
    }
    faults = [
        *compare.visit_faults(visits, store.visits()),
        *compare.patient_faults(patients, store.patients()),
    ]
    several = sum(len(told) > 1 for told in visits.values())
    print(
        f"   rows beside the fold of python-hl7's readings: {len(visits)} visits ({several} of several messages):"
    )
    print(f"   number, arrival, discharge; {len(patients)} patients: numbers, birth: {len(faults)} differ")
    for fault in faults[:SHOWN]:
        print(f"      FAULT {fault}")
    verdict.need(not faults, f"{len(faults)} visits or patients differ from python-hl7's reading")


def accepted_ones(sent: Sequence[Sent], stored: Stored, verdict: Verdict) -> list[Sent]:
    """What was accepted, after a look that this, and nothing else, is what python-hl7's reading asks for."""
    different = {one.digest: one for one in sent if one.reading}.values()
    takeable = [
        one for one in different if one.reading and one.reading.is_ours and not one.reading.may_be_refused
    ]
    due = [one for one in takeable if one.reading and not one.reading.parked_for]
    accepted = [one for one in different if state_of(stored, one) == "accepted"]
    kinds = "; ".join(f"{kind} {' '.join(sorted(events))}" for kind, events in EVENTS.items())
    print(f"   {len(takeable)} different messages with PID-3 and MSH-10 of {kinds}")
    print(
        f"   of them {len(due)} speak of one patient: {len([one for one in due if one in accepted])} accepted"
    )
    for one in takeable:
        if one.reading and one.reading.parked_for:
            reason = stored[one.digest].reason
            print(f"      {one.where}: {state_of(stored, one)}, {reason}")
            verdict.need(
                reason == one.reading.parked_for, f"{one.where} is not parked for {one.reading.parked_for}"
            )
    missing = [one for one in due if one not in accepted]
    verdict.need(not missing, f"not accepted: {names(missing)}")
    extra = [one for one in accepted if one not in due]
    verdict.need(
        not extra, f"accepted though python-hl7 reads no event, PID-3 or MSH-10 for it: {names(extra)}"
    )
    refused = [one for one in different if one.digest not in stored and not refused_rightly(one)]
    verdict.need(not refused, f"refused though python-hl7 reads a whole header: {names(refused)}")
    return accepted


def refused_rightly(one: Sent) -> bool:
    """Whether python-hl7 too finds no header, no control id, or one that asks for what is not taken."""
    return one.reading is None or not one.reading.control_id or one.reading.may_be_refused


def state_of(stored: Stored, one: Sent) -> str:
    """What became of a message; "not stored" where it was refused."""
    return stored[one.digest].state if one.digest in stored else "not stored"


def message_by_message(accepted: Sequence[Sent], verdict: Verdict) -> dict[bytes, Reading]:
    """Compare fact by fact; gives python-hl7's readings, its own misreadings put right."""
    found: list[compare.Difference] = []
    right: dict[bytes, Reading] = {}
    for one in accepted:
        assert one.reading is not None
        ours = facts(one.raw)
        differences = compare.differences(one.reading, ours)
        right[one.digest] = compare.without(one.reading, differences, ours)
        found += differences
    compared = len(accepted) * len(compare.FACTS)
    print(
        f"   message by message: {compared - len(found)} of {compared} facts equal: {', '.join(compare.FACTS)}"
    )
    for kind, count in sorted(compare.by_kind(found).items()):
        places = [f"{one.where} {one.fact}" for one in found if one.kind == kind]
        print(f"   {count} differ, {kind or 'FAULT'}: {'; '.join(places[:SHOWN])}")
        if kind:
            print(f"      python-hl7's own. {compare.KINDS[kind]}")
    ours_alone = [one for one in found if not one.kind]
    verdict.need(not ours_alone, f"{len(ours_alone)} facts are read otherwise than by python-hl7")
    return right


def names(them: Sequence[Sent]) -> str:
    """Where they stand in the folder."""
    return ", ".join(one.where for one in them[:SHOWN])
