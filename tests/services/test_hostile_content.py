"""S13, the parser's part: nothing that a message says makes us open a file, a line or a program."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine

from hectis_flow.services.house import House
from tests.hospital import FACILITY
from tests.tables import dump, rows, take_in

HOSTILE = {
    "a link": "http://127.0.0.1:9/canary",
    "a link of another kind": "gopher://127.0.0.1:9/_canary ldap://127.0.0.1:9/x file:///etc/hostname",
    "a path": "/etc/hostname ../../../../etc/hostname \\\\127.0.0.1\\share",
    "an XML entity": "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><x>&e;</x>",
    "a template": "{{ 7 * 7 }} {% include '/etc/hostname' %} ${jndi:ldap://127.0.0.1:9/x} #{7*7}",
    "SQL": "'; DROP TABLE patient; -- $$ %(id)s :id",
    "a format": "{0.__class__.__mro__} %s %n %x",
    "a shell": "$(touch /tmp/canary) `id` | nc 127.0.0.1 9",
    "a formula": '=HYPERLINK("http://127.0.0.1:9") @SUM(1) +1 -1',
    "a pickle": "cos\\nsystem\\n(S'id'\\ntR.",
}
#: Audit events of Python itself: whatever asks the system for one of these is seen, C code included.
WATCHED = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.spawn",
    "os.posix_spawn",
    "os.fork",
    "urllib.",
)
OPENS = ("open", "os.listdir", "os.scandir", "shutil.", "tempfile.", "pickle.find_class", "exec", "compile")


class _Watch:
    """What Python was asked for while a test watches; hooks can never be taken away again."""

    seen: list[str] | None = None


def _hook(event: str, arguments: Sequence[object]) -> None:
    if _Watch.seen is not None and event.startswith((*WATCHED, *OPENS)):
        _Watch.seen.append(f"{event} {str(arguments)[:200]}")


@pytest.fixture(scope="session", autouse=True)
def _hooked() -> None:
    sys.addaudithook(_hook)


@contextmanager
def watching() -> Iterator[list[str]]:
    seen: list[str] = []
    _Watch.seen = seen
    try:
        yield seen
    finally:
        _Watch.seen = None


def message(number: int, said: str) -> bytes:
    """The same words wherever a sender can put words; escaped as HL7 wants it."""
    for sign, escape in (("\\", "\\E\\"), ("|", "\\F\\"), ("^", "\\S\\"), ("~", "\\R\\"), ("&", "\\T\\")):
        said = said.replace(sign, escape)
    segments = [
        f"MSH|^~\\&|PAS|{FACILITY}|{said}|{said}|20260301201500||ADT^A08^ADT_A01|H-{number}|P|2.5.1||||||||{said}",
        f"EVN|A08|20260301201500||{said}",
        f"PID|1||HF{number}^^^{said}^MR~{said}||{said}^{said}||19900101|M|||{said}^{said}^{said}",
        "PV1|1|E|" + f"{said}^{said}" + "|" * 16 + f"HV{number}" + "|" * 25 + "20260301201500",
        f"PV2|||{said}",
        f"DG1|1||X99.4^{said}^I10|{said}||W",
        f"OBX|1|ED|{said}^{said}||{said}^TEXT^XML^A^{said}||||||F",
        f"OBX|2|RP|{said}||{said}^URL^TEXT^HTML||||||F",
        f"ZXX|{said}",
    ]
    return ("\r".join(segments) + "\r").encode()


@pytest.mark.target("S13")
@pytest.mark.parametrize("kind", HOSTILE)
def test_nothing_a_message_says_opens_a_file_a_line_or_a_program(
    house: House, clean: Engine, kind: str
) -> None:
    take_in(house, message(1, "calm"))  # so that connections stand and modules are loaded

    with watching() as seen:
        take_in(house, message(2, HOSTILE[kind]))

    assert seen == []
    assert len(rows(clean, "SELECT id FROM inbound_message WHERE done_at IS NOT NULL")) == 2


@pytest.mark.target("S13")
def test_hostile_words_stay_locked_words(house: House, clean: Engine) -> None:
    before = set(dump(clean))

    take_in(house, *(message(number, said) for number, said in enumerate(HOSTILE.values())))

    after = dump(clean)
    assert set(after) == before
    clear = "\n".join(
        line for name, lines in after.items() if name not in {"office", "office_alias"} for line in lines
    )
    for said in ("canary", "/etc/hostname", "DROP TABLE", "__mro__", "HYPERLINK", "127.0.0.1:9"):
        assert said not in clear


def test_the_watch_sees_a_file_and_a_line_being_opened() -> None:
    with watching() as seen, open("/dev/null", "rb"):  # noqa: PTH123 - the very thing that is watched
        pass

    assert [line.split()[0] for line in seen] == ["open"]
