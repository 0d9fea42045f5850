"""Sends a folder of HL7 files through the whole running system and holds the outcome against python-hl7.

Run as `python -m bench.corpus DIR` by `make corpus DIR=…`. Starts everything as `make run` does, on
servers of its own, sends every message over MLLP, waits until it is worked through, compares; sends
all again, when no row may change; puts codes into carriers, of which one may open a case. Prints
counts, file names and kinds of difference, never a value: the folder may hold real patients. Exit
code 0 where all of it holds.
"""

import hashlib
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import hl7

from bench import corpus_compare as compare
from bench.corpus_codes import try_codes
from bench.corpus_folder import Sent, messages_of
from bench.corpus_reading import Reading
from bench.corpus_stored import Store, StoredMessage, store_of
from bench.running import DidNotStart, Running, running
from hectis_flow.feeds.hl7v2_facts import facts
from hectis_flow.feeds.mllp_client import send_all

SHOWN = 20
SETTINGS = {"HECTIS_SEAL_SECONDS": "2"}  # to wait less for what is sealed before rows are compared


@dataclass(slots=True)
class Verdict:
    """What did not hold, in the order in which it was found."""

    faults: list[str] = field(default_factory=list)

    def need(self, holds: bool, sentence: str) -> None:  # noqa: FBT001  (the question itself)
        """Remember a sentence unless it holds."""
        if not holds:
            self.faults.append(sentence)


def send(system: Running, store: Store, sent: Sequence[Sent], verdict: Verdict) -> None:
    """Send everything once, over one connection, and wait until it is worked through."""
    report = send_all([one.raw for one in sent], "127.0.0.1", system.mllp_port)
    took = store.settle()
    answers = ", ".join(f"{code} {count}" for code, count in sorted(report.codes.items()))
    print(
        f"   {len(sent)} messages answered in {report.elapsed:.2f} s: {answers}; worked through {took:.1f} s later"
    )
    for reason, count in report.reasons.items():
        print(f"   refused {count}: {reason}")
    verdict.need(not report.unanswered, f"{report.unanswered} messages were not answered")


def show_counts(store: Store) -> None:
    """What became of them, by state and reason."""
    for (state, reason), count in sorted(store.counts().items()):
        print(f"   {state:<9} {count:>5}  {reason}".rstrip())


def hold_against(sent: Sequence[Sent], store: Store, verdict: Verdict) -> None:
    """Every event we take, beside python-hl7: accepted, each fact of it, each visit of them."""
    stored = store.messages()
    ours = {one.digest: one for one in sent if one.reading and one.reading.is_ours}
    taken = [one for one in ours.values() if not one.reading.may_be_refused]  # type: ignore[union-attr]
    accepted = [one for one in taken if state_of(stored, one) == "accepted"]
    unreadable = [one.where for one in sent if one.reading is None]
    print(
        f"   {len(taken)} different ADT A01/A03/A04/A08 and ORU R01 with PID-3 and MSH-10: {len(accepted)} accepted"
    )
    print(
        f"   {len(unreadable)} messages that python-hl7 cannot read"
        + "".join(f"; {one}" for one in unreadable)
    )
    for one in taken:
        verdict.need(one in accepted, f"{one.where} is {state_of(stored, one)}, not accepted")
    also = [
        one.where
        for one in sent
        if state_of(stored, one) == "accepted" and one.reading and not one.reading.is_ours
    ]
    verdict.need(not also, f"accepted without PID-3 or MSH-10 by python-hl7: {', '.join(also)}")
    unstored = [one.where for one in sent if one.digest not in stored and not refused_rightly(one)]
    verdict.need(not unstored, f"refused though python-hl7 reads a whole header: {', '.join(unstored)}")
    right = message_by_message(accepted, verdict)
    by_visit: dict[int, list[Reading]] = defaultdict(list)
    for one in accepted:
        by_visit[stored[one.digest].visit_id or 0].append(right[one.digest])
    visit_by_visit(sent, stored, by_visit, store, verdict)


def refused_rightly(one: Sent) -> bool:
    """Whether python-hl7 too finds no header, no control id, or one that asks for what is not taken."""
    return one.reading is None or not one.reading.control_id or one.reading.may_be_refused


def state_of(stored: dict[bytes, StoredMessage], one: Sent) -> str:
    """What became of a message; "not stored" where it was refused."""
    return stored[one.digest].state if one.digest in stored else "not stored"


def message_by_message(accepted: Sequence[Sent], verdict: Verdict) -> dict[bytes, Reading]:
    """Compare fact by fact; gives python-hl7's readings, its own misreadings put right."""
    found: list[compare.Difference] = []
    right: dict[bytes, Reading] = {}
    for one in accepted:
        assert one.reading is not None
        read_by_us = facts(one.raw)
        differences = compare.differences(one.reading, read_by_us)
        right[one.digest] = compare.without(one.reading, differences, read_by_us)
        found += differences
    compared = len(accepted) * len(compare.FACTS)
    print(
        f"   message by message: {compared - len(found)} of {compared} facts equal ({', '.join(compare.FACTS)})"
    )
    for kind, count in sorted(compare.by_kind(found).items()):
        places = [f"{one.where} {one.fact}" for one in found if one.kind == kind]
        print(f"   {count} differ, {kind or 'FAULT'}: {'; '.join(places[:SHOWN])}")
        if kind:
            print(f"      python-hl7's own. {compare.KINDS[kind]}")
    mine = [one for one in found if not one.kind]
    verdict.need(not mine, f"{len(mine)} facts are read otherwise than by python-hl7")
    return right


def visit_by_visit(
    sent: Sequence[Sent],
    stored: dict[bytes, StoredMessage],
    by_visit: dict[int, list[Reading]],
    store: Store,
    verdict: Verdict,
) -> None:
    """Compare what is stored of each visit with the fold of python-hl7's readings."""
    half_read = {stored[one.digest].visit_id for one in sent if one.reading is None and one.digest in stored}
    whole = {visit: told_by for visit, told_by in by_visit.items() if visit not in half_read}
    several = sum(len(told_by) > 1 for told_by in whole.values())
    faults = list(compare.visit_faults(whole, store.visits()))
    print(
        f"   {len(whole)} visits ({several} of several messages) of the database beside the fold of python-hl7's"
    )
    print(f"   readings: patient number, visit number, arrival, discharge, birth: {len(faults)} differ")
    for fault in faults[:SHOWN]:
        print(f"      FAULT {fault}")
    verdict.need(not faults, f"{len(faults)} visits differ from python-hl7's reading")


def send_again(system: Running, store: Store, sent: Sequence[Sent], verdict: Verdict) -> None:
    """Everything a second time: no row may change."""
    before = store.dump()
    send(system, store, sent, verdict)
    after = store.dump()
    changed = [name for name in before if before[name] != after[name]]
    rows = sum(count for count, _ in after.values())
    digest = hashlib.sha256(repr(sorted(after.items())).encode()).hexdigest()
    print(
        f"   {len(after)} tables, {rows} rows, sha256 {digest[:16]}…: changed {', '.join(changed) or 'none'}"
    )
    verdict.need(not changed, f"a resend changed {', '.join(changed)}")


def try_codes_in(system: Running, store: Store, sent: Sequence[Sent], verdict: Verdict) -> None:
    """Codes into carriers whose visit no other message of the folder speaks of."""
    stored = store.messages()
    alone = Counter(message.visit_id for message in stored.values())
    carriers = [
        one
        for one in {one.digest: one for one in sent}.values()
        if one.reading
        and one.reading.kind == "ADT"
        and state_of(stored, one) == "accepted"
        and alone[stored[one.digest].visit_id] == 1
    ]
    for line, holds in try_codes(system, store, carriers):
        print(f"   {line}{'' if holds else '  FAULT'}")
        verdict.need(holds, line)


def run(folder: Path, system: Running, verdict: Verdict) -> None:
    """The whole of it, on a system that runs."""
    sent = list(messages_of(folder))
    files = len({one.where.partition(" #")[0] for one in sent})
    print(f"{len(sent)} messages in {files} files of {folder}; python-hl7 {hl7.__version__}")
    verdict.need(bool(sent), "the folder holds no HL7 message")
    with store_of(system.environ) as store:
        print("1. Sent over MLLP")
        send(system, store, sent, verdict)
        show_counts(store)
        print("2. Beside python-hl7")
        hold_against(sent, store, verdict)
        print("3. Sent again")
        send_again(system, store, sent, verdict)
        print("4. Codes put into messages of the folder")
        try_codes_in(system, store, sent, verdict)
        print("5. The history")
        proof = system.hectis("ledger", "verify")
        print("   " + proof.stdout.strip().replace("\n", "\n   "))
        verdict.need(proof.returncode == 0, "the ledger is not whole")


def main(arguments: Sequence[str]) -> int:
    """Read the folder's name, run, say the verdict."""
    folder = Path(arguments[0]) if arguments else Path()
    if not arguments or not folder.is_dir():
        print("Name a folder of HL7 files: make corpus DIR=path", file=sys.stderr)
        return 2
    base = Path(tempfile.mkdtemp(prefix="hectis-corpus-"))
    base.chmod(0o755)  # the account that PostgreSQL runs under must get through
    verdict = Verdict()
    begun = time.monotonic()
    try:
        with running(base, SETTINGS) as system:
            print(f"Everything started as by `make run` in {time.monotonic() - begun:.1f} s")
            run(folder, system, verdict)
        verdict.need(system.process.returncode == 0, "the system did not stop cleanly")
    except DidNotStart as refusal:
        verdict.faults.append(f"the system did not start: {refusal}")
    finally:
        shutil.rmtree(base)
    for fault in verdict.faults:
        print(f"DOES NOT HOLD: {fault}")
    print(
        "VERDICT: "
        + ("all of it holds" if not verdict.faults else f"{len(verdict.faults)} things do not hold")
    )
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
