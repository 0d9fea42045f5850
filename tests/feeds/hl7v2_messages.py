"""Made-up HL7 v2 messages for the tests of the reader. Every name and number is invented."""

from collections.abc import Mapping
from random import Random

EVN = "EVN||20260301201455|||CLERK|20260301193000"
PID = (
    "PID|1||F0042^^^KH^MR~8001015009087^^^ZAF^NI||Testcase^Nomsa^Zoleka||19800101|F|||"
    "12 Made Up Street^Harare^Cape Town^WC^7784^ZAF^H"
)
PV1 = "PV1|1|E|TRAUMA^01^02^KH|A" + "|" * 15 + "V0042^^^KH^VN" + "|" * 25 + "20260301193000|20260302064500"
DG1 = "DG1|1||X99.49^Assault by sharp object^I10|||W"


def msh(values: Mapping[int, str] | None = None, *, separator: str = "|", encoding: str = "^~\\&") -> str:
    """An MSH line; `values` replaces fields by their number."""
    fields = {
        3: "PAS",
        4: "KH",
        5: "FLOW",
        6: "WC",
        7: "20260301201500",
        9: "ADT^A08^ADT_A01",
        10: "C0042",
        11: "P",
        12: "2.5.1",
    } | dict(values or {})
    return separator.join(["MSH", encoding, *(fields.get(place, "") for place in range(3, max(fields) + 1))])


def message(*segments: str, header: str | None = None, end: str = "\r") -> bytes:
    """A message of these segments after an MSH, each ended by `end`."""
    return "".join(line + end for line in (header or msh(), *segments)).encode()


def segment(name: str, values: Mapping[int, str]) -> str:
    """A segment with these fields, by number, and empty ones between them."""
    return "|".join([name, *(values.get(place, "") for place in range(1, max(values) + 1))])


# What a bad line, a bad sender or a bad engine does to bytes.
def mutated(chance: Random, raw: bytes) -> bytes:
    """`raw` after one to four accidents drawn from `chance`."""
    for _ in range(chance.randint(1, 4)):
        raw = chance.choice(_ACCIDENTS)(chance, raw)
    return raw


def _flip_bits(chance: Random, raw: bytes) -> bytes:
    spoilt = bytearray(raw)
    for _ in range(chance.randint(1, 8)):
        if spoilt:
            spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
    return bytes(spoilt)


def _cut_short(chance: Random, raw: bytes) -> bytes:
    return raw[: chance.randint(0, len(raw))]


def _change_mark(chance: Random, raw: bytes) -> bytes:
    return raw.replace(chance.choice(_MARKS), chance.choice(_MARKS))


def _insert(chance: Random, raw: bytes) -> bytes:
    place = chance.randint(0, len(raw))
    return raw[:place] + chance.choice(_INSERTS) * chance.randint(1, 4) + raw[place:]


def _lead_with(chance: Random, raw: bytes) -> bytes:
    return (
        chance.choice((b"\n", b"\r\n", b"\x0b", b"\xef\xbb\xbf", b" \t", b"FHS|^~\\&\r", b"rubbish\r")) + raw
    )


def _repeat_a_line(chance: Random, raw: bytes) -> bytes:
    lines = raw.split(b"\r")
    place = chance.randrange(len(lines))
    return b"\r".join(lines[:place] + [lines[place]] * chance.randint(2, 30) + lines[place:])


def _swell_a_field(chance: Random, raw: bytes) -> bytes:
    fields = raw.split(b"|")
    fields[chance.randrange(len(fields))] = chance.choice(_SWELLINGS) * chance.randint(1, 3000)
    return b"|".join(fields)


def _change_encoding(chance: Random, raw: bytes) -> bytes:
    text = raw.decode("latin-1")
    return text.encode(chance.choice(("utf-8", "utf-16", "utf-16-le", "utf-8-sig")))


_MARKS = (b"|", b"^", b"~", b"\\", b"&", b"\r", b"\n", b"\r\n", b"$", b"#", b"A", b"\x00", b"\x1c\r", b"\xff")
_INSERTS = (
    b"MSH",
    b"\rMSH|",
    b"\rMSH|^~\\&|",
    b"\rZVI|1|2|S7^x|victim\r",
    b"\rPID|2||other\r",
    b'""',
    b"\\X4D\\",
    b"\\.br\\",
    b"\\X",
    b"^^^^^^^^^^^^",
    b"~~~~~",
    b"20261399999999",
    b"\xe9\xff",
    "ñ٣𝟘\u2028".encode(),
    b"\x0b",
    b"\x1c\r",
)
_SWELLINGS = (b"x", b"^", b"~", b"&", b"\\", b"\\X41\\", b"9", b'""', b"\\F", b" ")
_ACCIDENTS = (
    _flip_bits,
    _cut_short,
    _change_mark,
    _insert,
    _lead_with,
    _repeat_a_line,
    _swell_a_field,
    _change_encoding,
)
