"""The chains hash what they say they hash, and whatever is done to a sealed row is found."""

import hashlib
import random
import tracemalloc
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hectis_flow.domain.ledger import GENESIS, Entry, Head, Seal, SealedHead, canonical, entry_hash, seal_hash
from hectis_flow.domain.ledger_proof import Fault, verify_cases, verify_chain, verify_seals

US = b"\x1f"


@dataclass
class World:
    """A whole ledger as a database owner sees it: every table open to be changed."""

    chains: dict[int, list[Entry]]
    heads: dict[int, Head]
    seals: list[Seal]
    sealed: list[SealedHead]

    def faults(self, witnesses: dict[int, bytes] | None = None) -> list[Fault]:
        rows = [row for chain in self.chains.values() for row in chain]
        by_case = sorted(self.sealed, key=lambda s: (s.case_id, s.seq))
        heads = [self.heads[case_id] for case_id in sorted(self.heads)]
        by_seal = sorted(self.sealed, key=lambda s: (s.seal_number, s.case_id))
        return [
            *verify_cases(sorted(rows, key=lambda e: (e.case_id, e.seq)), heads, by_case),
            *verify_seals(self.seals, by_seal, witnesses),
        ]

    def newest_seal(self) -> dict[int, bytes]:
        """What the last digest printed."""
        return {self.seals[-1].number: self.seals[-1].hash}

    def append(self, case_id: int, body: str) -> None:
        chain = self.chains.setdefault(case_id, [])
        at, seq = 1_760_000_000_000_000 + len(chain), len(chain) + 1
        prev = chain[-1].hash if chain else GENESIS
        done = entry_hash(prev, case_id, seq, at, "case.stage_entered", "rule:intake", body)
        chain.append(Entry(case_id, seq, at, "case.stage_entered", "rule:intake", body, done))
        self.heads[case_id] = Head(case_id, seq, done)

    def seal(self) -> None:
        """Seal the heads that moved since the last seal."""
        known = {s.case_id: s.seq for s in self.sealed}
        moved = [h for h in sorted(self.heads.values()) if known.get(h.case_id) != h.seq]
        number, at = len(self.seals) + 1, 1_760_000_000_000_000 + len(self.seals)
        prev = self.seals[-1].hash if self.seals else GENESIS
        self.seals.append(Seal(number, at, seal_hash(prev, number, at, moved)))
        self.sealed += [SealedHead(number, *head) for head in moved]


def a_world(seed: int, cases: int = 4, rows: int = 30) -> World:
    chance = random.Random(seed)  # noqa: S311 - the same world each time, not a secret
    world = World({}, {}, [], [])
    for number in range(rows):
        world.append(chance.randrange(1, cases + 1), canonical({"n": number, "stage": "classified"}))
        if number % 6 == 5:
            world.seal()
    for case_id in range(1, cases + 1):
        for step in range(3):
            world.append(case_id, canonical({"last": step}))
    world.seal()
    return world


# --- the database owner's hands ---------------------------------------------------------------

Hand = Callable[[World, random.Random], int]


def edit(world: World, chance: random.Random) -> int:
    chain = world.chains[case_id := chance.choice(list(world.chains))]
    at = chance.randrange(len(chain))
    change: dict[str, object] = chance.choice(
        [
            {"body": chain[at].body.replace("}", ',"x":1}')},
            {"body": chain[at].body[:-1]},
            {"kind": "case.opened"},
            {"actor": "staff:9"},
            {"at_micros": chain[at].at_micros - 1},
            {"kind": f"{chain[at].kind}\x1f{chain[at].actor}"},
        ]
    )
    chain[at] = chain[at]._replace(**change)  # type: ignore[arg-type]
    return case_id


def delete(world: World, chance: random.Random) -> int:
    chain = world.chains[case_id := chance.choice(list(world.chains))]
    del chain[chance.randrange(len(chain) - 1)]
    return case_id


def insert(world: World, chance: random.Random) -> int:
    chain = world.chains[case_id := chance.choice(list(world.chains))]
    at = chance.randrange(len(chain))
    chain.insert(at, chain[at]._replace(body=canonical({"forged": chance.randrange(10**9)})))
    return case_id


def swap(world: World, chance: random.Random) -> int:
    chain = world.chains[case_id := chance.choice(list(world.chains))]
    one, two = chance.sample(range(len(chain)), 2)
    chain[one], chain[two] = chain[two]._replace(seq=one + 1), chain[one]._replace(seq=two + 1)
    return case_id


def cut_tail(world: World, chance: random.Random) -> int:
    chain = world.chains[case_id := chance.choice(list(world.chains))]
    del chain[chance.randrange(len(chain)) :]
    return case_id


def leave_the_rest(world: World, case_id: int) -> None:
    """A clumsy owner: changes the rows and nothing else."""


def rechain(world: World, case_id: int) -> None:
    """A careful owner: numbers and hashes the case's chain anew and corrects its head."""
    chain, world.chains[case_id] = world.chains[case_id], []
    world.heads[case_id] = Head(case_id, 0, GENESIS)
    for seq, row in enumerate(chain, start=1):
        prev = world.heads[case_id].hash
        kind = row.kind.replace("\x1f", ":")
        done = entry_hash(prev, case_id, seq, row.at_micros, kind, row.actor, row.body)
        world.chains[case_id].append(row._replace(seq=seq, kind=kind, hash=done))
        world.heads[case_id] = Head(case_id, seq, done)


def reseal(world: World, case_id: int) -> None:
    """A thorough owner: rechains, then makes every seal anew over the forged heads."""
    rechain(world, case_id)
    kept = []
    for head in world.sealed:
        chain = world.chains[head.case_id]
        if chain:
            row = chain[min(head.seq, len(chain)) - 1]
            kept.append(head._replace(seq=row.seq, hash=row.hash))
    world.sealed = kept
    prev = GENESIS
    for at, seal in enumerate(world.seals):
        heads = sorted(head[1:] for head in kept if head.seal_number == seal.number)
        prev = seal_hash(prev, seal.number, seal.at_micros, heads)
        world.seals[at] = seal._replace(hash=prev)


OWNERS = (leave_the_rest, rechain, reseal)


@pytest.mark.target("S10")
@pytest.mark.parametrize("hand", [edit, delete, insert, swap, cut_tail], ids=lambda hand: hand.__name__)
def test_two_hundred_of_each_kind_of_tampering_with_sealed_rows_are_all_found(hand: Hand) -> None:
    for seed in range(200):
        chance = random.Random(f"{hand.__name__} {seed}")  # noqa: S311 - the same hands each time
        world = a_world(seed)
        printed, honest = world.newest_seal(), deepcopy(world.chains)
        owner = OWNERS[seed % len(OWNERS)]
        owner(world, hand(world, chance))
        assert world.chains != honest
        # What was printed outside is needed against an owner who made the seals anew, and only then.
        assert world.faults(printed if owner is reseal else None), (hand.__name__, owner.__name__, seed)


@pytest.mark.target("S10")
def test_a_forged_seal_chain_is_whole_in_itself_and_betrayed_by_any_one_printed_seal() -> None:
    for number in range(1, len(a_world(5).seals) + 1):
        world = a_world(5)
        printed = {number: world.seals[number - 1].hash}
        first_sealed = next(head.case_id for head in world.sealed if head.seal_number == 1)
        world.chains[first_sealed][0] = world.chains[first_sealed][0]._replace(actor="staff:9")
        reseal(world, first_sealed)
        assert world.faults() == []
        assert [fault.code for fault in world.faults(printed)] == ["witness_differs"]


@pytest.mark.target("S10")
def test_a_case_taken_out_with_all_its_rows_is_found_by_the_seals() -> None:
    world = a_world(1)
    del world.chains[3], world.heads[3]
    codes = {fault.code for fault in world.faults()}
    assert codes == {"sealed_missing", "no_head"}


def test_an_honest_ledger_has_no_fault() -> None:
    for seed in range(20):
        world = a_world(seed)
        assert world.faults(world.newest_seal()) == []
        world.append(2, canonical({"after": "the seal"}))
        assert world.faults({seal.number: seal.hash for seal in world.seals}) == []
    assert verify_chain((), None) == []
    assert verify_chain((), Head(4, 0, GENESIS)) == []


# --- each fault says what and where -----------------------------------------------------------


def found(
    world: World, witnesses: dict[int, bytes] | None = None
) -> list[tuple[str, int | None, int | None]]:
    return [(fault.code, fault.case_id, fault.seq) for fault in world.faults(witnesses)]


def test_an_edited_row_is_one_fault_at_its_own_place() -> None:
    world = a_world(2)
    world.chains[4][1] = world.chains[4][1]._replace(body="{}")
    assert found(world) == [("edited", 4, 2)]


def test_an_edited_hash_breaks_its_own_row_and_the_next() -> None:
    world = a_world(2)
    world.chains[4][1] = world.chains[4][1]._replace(hash=GENESIS)
    assert [(code, seq) for code, _, seq in found(world) if code == "edited"] == [
        ("edited", 2),
        ("edited", 3),
    ]


def test_a_sign_that_may_not_stand_in_a_kind_is_a_fault_even_when_the_hash_agrees() -> None:
    row = Entry(1, 1, 5, "a\x1fb", "c", "{}", b"")
    forged = hashlib.sha256(GENESIS + b"e1\x1f1\x1f1\x1f5\x1fa\x1fb\x1fc\x1f2\x1f{}").digest()
    faults = verify_chain([row._replace(hash=forged)], Head(1, 1, forged))
    assert [fault.code for fault in faults] == ["malformed"]


def test_a_cut_tail_shows_in_the_head_and_in_the_seal() -> None:
    world = a_world(2)
    length = len(world.chains[4])
    del world.chains[4][-1]
    assert found(world) == [("sealed_missing", 4, length), ("tail_cut", 4, length)]


def test_rows_after_the_head_and_a_head_that_disagrees_are_told_apart() -> None:
    world = a_world(2)
    chain = world.chains[4]
    head = Head(4, len(chain), chain[-1].hash)
    assert [f.code for f in verify_chain(chain, head._replace(seq=len(chain) - 1))] == ["past_head"]
    assert [f.code for f in verify_chain(chain, head._replace(hash=GENESIS))] == ["head_differs"]
    assert [f.code for f in verify_chain(chain, None)] == ["no_head"]


def test_a_gap_and_a_doubled_number_are_told_apart() -> None:
    world = a_world(2)
    chain = world.chains[4]
    head = Head(4, len(chain), chain[-1].hash)
    assert [f.code for f in verify_chain(chain[:1] + chain[2:], head)] == ["missing"]
    assert [f.code for f in verify_chain([chain[0], chain[0], *chain[1:]], head)] == ["out_of_order"]


def test_a_broken_chain_of_seals_says_which_seal() -> None:
    last = len(a_world(3).seals)
    changes: list[tuple[Callable[[World], object], list[tuple[str, int]]]] = [
        (lambda world: world.seals.pop(2), [("seal_missing", 3), ("seal_missing", 4)]),
        (lambda world: world.seals.pop(), [("seal_missing", last), ("seal_missing", last)]),
        (lambda world: postdate(world, 1), [("seal_edited", 2)]),
        (lambda world: world.sealed.pop(0), [("seal_edited", 1)]),
        (lambda world: world.sealed.append(world.sealed[0]), [("seal_edited", 1)]),
    ]
    for change, expected in changes:
        world = a_world(3)
        printed = world.newest_seal()
        change(world)
        assert [(fault.code, fault.seal) for fault in world.faults(printed)] == expected


def postdate(world: World, at: int) -> None:
    world.seals[at] = world.seals[at]._replace(at_micros=0)


def test_a_tail_of_seals_cut_with_its_heads_is_found_by_what_was_printed() -> None:
    world = a_world(3)
    printed = world.newest_seal()
    last = world.seals.pop().number
    world.sealed = [head for head in world.sealed if head.seal_number != last]
    assert world.faults() == []
    assert [(fault.code, fault.seal) for fault in world.faults(printed)] == [("seal_missing", last)]


# --- the rule itself --------------------------------------------------------------------------


def test_an_entry_is_hashed_as_the_rule_is_written() -> None:
    prev, body = bytes(range(32)), '{"stage":"récorded"}'
    written = prev + US.join(
        [b"e1", b"17", b"3", b"1763819153123457", b"case.opened", b"feed:mllp", b"21", body.encode()]
    )
    done = entry_hash(prev, 17, 3, 1763819153123457, "case.opened", "feed:mllp", body)
    assert done == hashlib.sha256(written).digest()


def test_a_seal_is_hashed_as_the_rule_is_written() -> None:
    prev, one, two = bytes(range(32)), b"\xab" * 32, b"\x01" * 32
    written = prev + US.join([b"s1", b"9", b"-5", b"17:3:" + b"ab" * 32, b"20:1:" + b"01" * 32])
    assert seal_hash(prev, 9, -5, [(17, 3, one), (20, 1, two)]) == hashlib.sha256(written).digest()
    assert seal_hash(prev, 9, -5, []) == hashlib.sha256(prev + b"s1\x1f9\x1f-5").digest()


def test_what_the_rule_cannot_write_without_doubt_is_refused() -> None:
    for kind, actor in (
        ("Case", "rule"),
        ("case", "José"),
        ("a\x1fb", "c"),
        ("a\n", "c"),
        ("", "c"),
        ("a", ""),
    ):
        with pytest.raises(ValueError, match="a-z"):
            entry_hash(GENESIS, 1, 1, 0, kind, actor, "{}")
    with pytest.raises(ValueError, match="32 bytes"):
        entry_hash(b"", 1, 1, 0, "a", "b", "{}")
    with pytest.raises(ValueError, match="32 bytes"):
        seal_hash(b"", 1, 0, [])
    for heads in ([(2, 1, GENESIS), (1, 1, GENESIS)], [(1, 1, GENESIS), (1, 2, GENESIS)]):
        with pytest.raises(ValueError, match="rise"):
            seal_hash(GENESIS, 1, 0, heads)


WORDS = st.text("ab:.", min_size=1, max_size=3)
BODIES = st.text("a1\x1fé:", max_size=8)
ENTRIES = st.tuples(
    st.integers(1, 12), st.integers(1, 12), st.integers(-1, 12), WORDS, WORDS, st.one_of(BODIES, st.text())
)


@given(ENTRIES, ENTRIES)
def test_two_entries_that_differ_never_hash_alike(one: tuple, two: tuple) -> None:  # type: ignore[type-arg]
    assert (entry_hash(GENESIS, *one) == entry_hash(GENESIS, *two)) == (one == two)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON))
def test_a_body_has_one_spelling_whatever_order_it_was_built_in(body: dict) -> None:  # type: ignore[type-arg]
    text = canonical(body)
    assert text == canonical(dict(reversed(body.items())))
    assert text.isascii()
    assert "\x00" not in text
    assert "\x1f" not in text


def test_a_body_of_the_ledger_is_spelled_compactly_and_takes_no_doubtful_value() -> None:
    assert canonical({"b": [1, None, True], "a": "é"}) == '{"a":"\\u00e9","b":[1,null,true]}'
    for value in (1.5, {1: "x"}, b"x", {"x"}, float("nan")):
        with pytest.raises(TypeError):
            canonical({"a": value})  # type: ignore[dict-item]


def test_a_long_ledger_is_verified_with_little_in_memory() -> None:
    def rows(cases: int) -> Iterator[Entry]:
        for case_id in range(1, cases + 1):
            prev = GENESIS
            for seq in range(1, 11):
                prev = entry_hash(prev, case_id, seq, seq, "k", "a", "{}")
                yield Entry(case_id, seq, seq, "k", "a", "{}", prev)

    def peak(cases: int) -> int:
        tracemalloc.start()
        try:
            codes = {fault.code for fault in verify_cases(rows(cases), (), ())}
            assert codes == {"no_head"}
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(1000) < 2 * peak(10) + 50_000
