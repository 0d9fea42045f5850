"""Papers say the same on a page and as text, and the same paper gives the same bytes."""

import hashlib
import re
import zlib
from base64 import a85decode

from hectis_flow.render.paper import Facts, Heading, Paper, Paragraph, Table, pdf, plain

PAPER = Paper(
    "Feedback on WC-2026-000012",
    (
        Paragraph("The matter left the roll & the court asks why <today>."),
        Heading("What was seen"),
        Facts((("Court", "Khayelitsha"), ("Next step", "Bring the docket " * 9))),
        Heading("Causes", 2),
        Table(("Cause", "Whose"), (("Docket not at court", "SAPS"), ("Investigation incomplete", "SAPS"))),
    ),
    "WC-2026-000012, sent Mon 23 Nov 2026",
)


def words(page: bytes) -> str:
    """What the pages of a PDF of ours show, as far as it is plain text."""
    found = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", page, re.DOTALL):
        content = zlib.decompress(a85decode(stream.strip().removesuffix(b"~>")))
        found += [part.decode("latin-1") for part in re.findall(rb"\((.*?)\) T[jJ]", content)]
    return " ".join(found)


def test_the_same_paper_gives_the_same_bytes() -> None:
    first = pdf(PAPER)
    assert first.startswith(b"%PDF-")
    assert hashlib.sha256(pdf(PAPER)).digest() == hashlib.sha256(first).digest()


def test_pages_are_numbered_and_say_what_the_text_says() -> None:
    shown = words(pdf(PAPER))
    for said in (
        "Feedback on WC-2026-000012",
        "Khayelitsha",
        "Docket not at court",
        "1 of 1",
        "sent Mon 23 Nov 2026",
    ):
        assert said in shown
    long = Paper("Long", tuple(Paragraph(f"Line {number}") for number in range(200)), "foot")
    assert re.search(r"\b1 of (\d+)\b", words(pdf(long)))
    assert "4 of" in words(pdf(long))


def test_the_text_is_no_wider_than_a_letter_and_keeps_every_word() -> None:
    text = plain(PAPER)
    assert max(len(line) for line in text.splitlines()) <= 78
    for said in ("& the court asks why <today>", "Court:", "Docket not at court", "Whose:"):
        assert said in text
    assert text.count("Bring the docket") == 9


def test_an_empty_paper_is_a_paper() -> None:
    assert plain(Paper("Nothing", (Facts(()), Table(("A",), ())), "foot")).startswith("Nothing\n=======")
    assert pdf(Paper("Nothing", (Facts(()), Table(("A",), ())), "foot"))


def test_a_long_footer_wraps_and_leaves_room_for_the_number_of_the_page() -> None:
    shown = words(
        pdf(
            Paper(
                "Minutes", (Paragraph("One."),), f"As they were when the meeting closed. SHA-256: {'0a' * 32}"
            )
        )
    )
    assert "0a" * 32 in shown
    assert "1 of 1" in shown


def test_a_number_stands_in_one_line_beside_long_sentences() -> None:
    rows = (
        ("1", "WC-2026-000003", "station commander at khayelitsha-saps, who answers for it", "2026-12-03"),
    ) * 3
    shown = words(pdf(Paper("Minutes", (Table(("No", "case", "of whom", "due"), rows),), "foot")))
    assert shown.count("WC-2026-000003") == 3
    assert shown.count("2026-12-03") == 3
