"""`hectis send` as a person uses it, against the real listener."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hectis_flow.commands.send import send
from tests.feeds.mllp_wire import Storage, listening
from tests.ports import kept_port

MESSAGE = b"MSH|^~\\&|ECM|HOSPITAL A|HECTIS|WC|20260101||ADT^A04^ADT_A01|%d|P|2.5\rPID|1||7||Wolf^Anna\r"


def write(folder: Path, name: str, *numbers: int) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(MESSAGE % number for number in numbers))
    return path


def run(*arguments: object, **environment: str) -> Result:
    return CliRunner().invoke(send, [str(argument) for argument in arguments], env=environment)


def counts(result: Result) -> dict[str, str]:
    """The table as name -> value."""
    return {
        name.strip(): value
        for name, _, value in (line.rpartition("  ") for line in result.stdout.splitlines())
    }


def test_a_directory_is_walked_in_order_and_hidden_files_and_others_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "b.HL7", 2, 3)
    write(tmp_path, "a/one.txt", 1)
    write(tmp_path, "c.dat", 4)
    for other in (".hidden.hl7", ".git/inside.hl7", "notes.md"):
        write(tmp_path, other, 99)
    storage = Storage()
    with listening(storage) as running:
        result = run(tmp_path, "--to", f"127.0.0.1:{running.port}")
    assert result.exit_code == 0, result.output
    assert storage.stored == [MESSAGE % number for number in (1, 2, 3, 4)]
    assert counts(result) | {"messages a second": ""} == {
        "files": "3",
        "messages": "4",
        "answered AA": "4",
        "answered AE": "0",
        "answered AR": "0",
        "not answered": "0",
        "messages a second": "",
        "": "What became of them: hectis messages summary",
    }


def test_a_file_given_by_name_is_sent_whatever_its_ending(tmp_path: Path) -> None:
    storage = Storage()
    with listening(storage) as running:
        result = run(write(tmp_path, "export.2026", 1), "--to", f"127.0.0.1:{running.port}")
    assert result.exit_code == 0
    assert storage.stored == [MESSAGE % 1]


def test_a_batch_file_is_sent_message_by_message(tmp_path: Path) -> None:
    path = tmp_path / "batch.hl7"
    path.write_bytes(b"FHS|^~\\&|\rBHS|^~\\&|\r" + MESSAGE % 1 + MESSAGE % 2 + b"BTS|2\rFTS|1\r")
    storage = Storage()
    with listening(storage) as running:
        result = run(path, "--to", f"127.0.0.1:{running.port}")
    assert counts(result)["messages"] == "2"
    assert storage.stored == [MESSAGE % 1, MESSAGE % 2]


def test_without_an_address_the_port_of_this_machine_is_taken(tmp_path: Path) -> None:
    with listening(Storage()) as running:
        result = run(write(tmp_path, "a.hl7", 1), HECTIS_MLLP_PORT=str(running.port))
    assert result.exit_code == 0


def test_refusals_are_counted_by_reason_and_are_answers_too(tmp_path: Path) -> None:
    storage = Storage()
    refusal = b"MSH|^~\\&|\rMSA|AR|1\rERR|||203^unsupported version^HL70357|E\r"
    storage.reply = lambda arrivals: [refusal] * len(arrivals)
    with listening(storage) as running:
        result = run(write(tmp_path, "a.hl7", 1, 2), "--to", f"127.0.0.1:{running.port}")
    assert result.exit_code == 0
    assert counts(result)["answered AR"] == counts(result)["refused: 203 unsupported version"] == "2"


def test_messages_without_an_answer_are_counted_and_end_with_1(tmp_path: Path) -> None:
    storage = Storage()
    storage.gate.clear()
    with listening(storage) as running:
        path = write(tmp_path, "a.hl7", 1)
        result = run(path, "--timeout", "0.1", "--tries", "1", "--to", f"127.0.0.1:{running.port}")
        storage.gate.set()
    assert result.exit_code == 1
    assert counts(result)["not answered"] == "1"
    assert "can be sent again" in result.stderr


def test_where_nothing_listens_it_says_how_to_start_it_and_ends_with_2(tmp_path: Path) -> None:
    with kept_port() as port:
        result = run(write(tmp_path, "a.hl7", 1), "--to", f"127.0.0.1:{port}")
    assert result.exit_code == 2
    assert f"Nothing listens at 127.0.0.1:{port}" in result.stderr
    assert "`make run`" in result.stderr


def test_an_empty_directory_is_a_clear_sentence(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.exit_code == 1
    assert "No HL7 message found" in result.stderr


def test_a_file_without_a_message_is_counted_and_costs_the_others_nothing(tmp_path: Path) -> None:
    write(tmp_path, "a.hl7", 1)
    write(tmp_path, "empty.hl7")
    with listening(Storage()) as running:
        result = run(tmp_path, "--to", f"127.0.0.1:{running.port}")
    assert result.exit_code == 0
    assert counts(result)["files without a message"] == "1"


@pytest.mark.parametrize("address", ["listener", "listener:", ":2575", "listener:0", "listener:x", "a:99999"])
def test_an_address_that_is_none_is_refused_by_name(tmp_path: Path, address: str) -> None:
    result = run(write(tmp_path, "a.hl7", 1), "--to", address)
    assert result.exit_code == 2
    assert "is not HOST:PORT" in result.stderr


def test_half_a_certificate_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.hl7", 1)
    assert "--ca, --certificate and --key" in run(path, "--key", path).stderr


def test_nothing_a_message_says_is_printed(tmp_path: Path) -> None:
    storage = Storage()
    with listening(storage) as running:
        result = run(write(tmp_path, "a.hl7", 1, 2), "--to", f"127.0.0.1:{running.port}")
    assert "Wolf" not in result.output


def test_the_help_shows_examples() -> None:
    assert "hectis send messages/" in run("--help").stdout
