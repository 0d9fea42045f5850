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
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import hl7

from bench.corpus_beside import Verdict, hold_against, state_of
from bench.corpus_codes import CARRY, try_codes
from bench.corpus_folder import Sent, messages_of
from bench.corpus_stored import Store, store_of
from bench.running import DidNotStart, Running, running
from hectis_flow.feeds.mllp_client import send_all

SETTINGS = {"HECTIS_SEAL_SECONDS": "2"}  # to wait less for what is sealed before rows are compared


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
        and one.reading.event in CARRY
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
