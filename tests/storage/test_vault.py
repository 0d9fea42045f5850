"""The vault: what it locks, what it refuses to open, and how it lives through a rotation."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.keys import ensure_key_file, read_key_file, rotate_key_file
from config.settings import Settings
from hectis_flow.storage.vault import (
    IDENTITY,
    NONCE_BYTES,
    PRIVATE,
    RAW,
    SEALED_EXTRA,
    KeyTable,
    Vault,
    VaultFault,
)
from hectis_flow.wiring import key_table, make_vault

INDEX = bytes(range(32))
FIRST, SECOND = b"1" * 32, b"2" * 32


def vault(index: bytes = INDEX, **data_keys: bytes) -> Vault:
    keys = data_keys or {"k1": FIRST}
    return Vault((keys, next(iter(keys)), index))


@given(plain=st.binary(max_size=2000))
def test_what_is_sealed_opens_to_the_same_bytes(plain: bytes) -> None:
    safe = vault()
    key_id, sealed = safe.seal(RAW, plain)

    assert key_id == "k1"
    assert len(sealed) == len(plain) + SEALED_EXTRA
    assert safe.open(RAW, key_id, sealed) == plain


def test_no_two_sealings_of_one_text_look_alike() -> None:
    safe = vault()
    sealed = {safe.seal(RAW, b"the same")[1] for _ in range(500)}

    assert len({one[:NONCE_BYTES] for one in sealed}) == 500
    assert not any(b"the same" in one for one in sealed)


@given(place=st.integers(0, 200), flip=st.integers(1, 255))
def test_one_changed_byte_anywhere_and_nothing_opens(place: int, flip: int) -> None:
    safe = vault()
    key_id, sealed = safe.seal(RAW, b"Testcase, Number" * 4)
    at = place % len(sealed)
    forged = sealed[:at] + bytes([sealed[at] ^ flip]) + sealed[at + 1 :]

    with pytest.raises(VaultFault):
        safe.open(RAW, key_id, forged)


@pytest.mark.parametrize("cut", [0, 1, NONCE_BYTES, NONCE_BYTES + 15, -1])
def test_a_value_cut_short_does_not_open(cut: int) -> None:
    safe = vault()
    key_id, sealed = safe.seal(RAW, b"Testcase")

    with pytest.raises(VaultFault):
        safe.open(RAW, key_id, sealed[:cut])


def test_what_was_written_as_one_thing_cannot_be_read_as_another() -> None:
    safe = vault()
    key_id, sealed = safe.seal_json(IDENTITY, {"name": "Testcase"})

    assert safe.open_json(IDENTITY, key_id, sealed) == {"name": "Testcase"}
    for other in (PRIVATE, RAW):
        with pytest.raises(VaultFault):
            safe.open(other, key_id, sealed)


def test_another_key_of_the_same_name_opens_nothing() -> None:
    key_id, sealed = vault(k1=FIRST).seal(RAW, b"Testcase")

    with pytest.raises(VaultFault, match="does not open"):
        vault(k1=SECOND).open(RAW, key_id, sealed)
    with pytest.raises(VaultFault, match="data key k1 is not among the live keys"):
        vault(k2=SECOND).open(RAW, key_id, sealed)


def test_no_fault_tells_what_was_inside() -> None:
    safe = vault()
    key_id, sealed = safe.seal(RAW, b"Testcase")

    with pytest.raises(VaultFault) as fault:
        safe.open(PRIVATE, key_id, sealed)
    assert "Testcase" not in str(fault.value)
    assert fault.value.__cause__ is None
    assert fault.value.__suppress_context__


# --- look-up ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("folder", "GH", "F 12"), ("folder", "gh", "f12")),
        (("folder", "Khayelitsha Hospital", "F12"), ("folder", "KHAYELITSHA  HOSPITAL", "F12")),
    ],
)
def test_numbers_meet_whatever_their_case_and_blanks(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert vault().blind(*one) == vault().blind(*other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("folder", "GH", "12"), ("folder", "GH1", "2")),
        (("folder", "GH", "12"), ("visit", "GH", "12")),
        (("folder", "GH", "12"), ("folder", "GH", "12", "")),
        (("folder", "A\x1fB", "1"), ("folder", "A", "B", "1")),
    ],
)
def test_numbers_of_different_kinds_and_places_never_meet(
    one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    assert vault().blind(*one) != vault().blind(*other)


def test_a_fingerprint_hangs_on_the_index_key_and_not_on_the_data_keys() -> None:
    blind = vault(k1=FIRST).blind("folder", "GH", "12")

    assert len(blind) == 32
    assert vault(k2=SECOND, k1=FIRST).blind("folder", "GH", "12") == blind
    assert vault(b"9" * 32, k1=FIRST).blind("folder", "GH", "12") != blind


# --- rotation --------------------------------------------------------------------------------------


def vault_on(path: Path, reread_seconds: float) -> Vault:
    def reread() -> KeyTable:
        return key_table(read_key_file(path))

    return Vault(reread(), reread, reread_seconds=reread_seconds)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    assert ensure_key_file(path)
    return path


def test_a_rotation_reaches_a_process_that_only_writes(key_file: Path) -> None:
    listener = vault_on(key_file, reread_seconds=0.0)
    old = listener.seal(RAW, b"before")

    assert rotate_key_file(key_file) == "k2"

    new = listener.seal(RAW, b"after")
    assert (old[0], new[0]) == ("k1", "k2")
    assert listener.open(RAW, *old) == b"before"


def test_a_rotation_reaches_a_process_that_meets_the_new_key(key_file: Path) -> None:
    worker = vault_on(key_file, reread_seconds=3600.0)
    rotate_key_file(key_file)
    new = vault_on(key_file, reread_seconds=0.0).seal(RAW, b"after")

    assert worker.seal(RAW, b"meanwhile")[0] == "k1"
    assert worker.open(RAW, *new) == b"after"
    assert worker.seal(RAW, b"now")[0] == "k2"


def test_a_key_file_that_cannot_be_read_stops_no_writer_and_is_a_fault_to_a_reader(key_file: Path) -> None:
    keys = read_key_file(key_file)
    made = make_vault(
        Settings(
            database_url="postgresql://",
            redis_url="redis://",
            keys=keys,
            keys_file=key_file,
            data_dir=key_file.parent,
        )
    )
    made._reread_seconds = made._reread_at = 0.0
    key_file.unlink()

    key_id, sealed = made.seal(RAW, b"still stored")
    assert made.open(RAW, key_id, sealed) == b"still stored"
    with pytest.raises(VaultFault, match="does not exist"):
        made.open(RAW, "k9", sealed)


def test_a_key_file_is_never_seen_half_written(key_file: Path) -> None:
    leftover = key_file.with_name("keys.json.new")
    leftover.write_text("{")
    leftover.chmod(0o644)

    rotate_key_file(key_file)

    assert not leftover.exists()
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert list(read_key_file(key_file).data_keys) == ["k1", "k2"]
