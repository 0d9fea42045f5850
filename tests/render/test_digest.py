"""A digest in words: mail, text and paper say the same of what was kept, with or without a certificate and a seal."""

import re
from html import unescape
from typing import Any

import pytest

from hectis_flow.domain import seal_words
from hectis_flow.domain.mail_seals import printed_in
from hectis_flow.render import digest as words
from hectis_flow.render import digest_mail, digest_paper, paper
from hectis_flow.render.page_words import ENGLISH

AT = "https://hectis.invalid/digests/7"
HASH = "ab" * 32
LINE = {
    "kind": "escalation",
    "ref": "WC-2026-000012",
    "stage": "referred",
    "reason": "saps_acknowledge",
    "office": "Harare <b>&amp;</b>",
    "with": "Khayelitsha cluster",
    "level": 2,
    "days": 12,
}
OWED = {"decision": 4, "what": "obtain_report", "ref": None, "office": "Harare", "role": "station_commander"}
TOLD: dict[str, Any] = {
    "staff": "x-1",
    "language": "en",
    "office": "Harare",
    "role": "station_commander",
    "offices": 1,
    "committee": False,
    "window_on": "2026-11-23",
    "window_at": "2026-11-23T06:30:00+02:00",
    "made_at": "2026-11-23T06:30:04+02:00",
    "since": "2026-11-22T06:30:03+02:00",
    "late": False,
    "figures": {
        "to_decide": 2,
        "standing": 31,
        "tabled": 0,
        "new": 17,
        "worse": 1,
        "fixed": 3,
        "same": 13,
        "oldest_days": 12,
    },
    "followed": {"done": 3, "not_possible": 0, "reported": 0, "late": 1, "open": 0},
    "decide": [
        {**OWED, "due_on": "2026-11-25", "state": "open", "sort": "report"},
        {
            **LINE,
            "sort": "late",
            "next": {"role": "cluster_commander", "office": "Blue", "at": "2026-11-30T07:30+02:00"},
        },
    ],
    "new": [LINE] * 17,
    "worse": [LINE],
    "fixed": [LINE] * 3,
    "ages": [{"reason": "saps_acknowledge", "total": 31, "oldest": 12, "ages": [11, 20, 0, 0]}],
    "owed": [{**OWED, "due_on": "2026-11-25", "state": "open"}],
    "removals": None,
    "causes": [],
    "certificate": None,
    "seal": None,
}
CERTIFICATE = {
    "number": 3,
    "drawn_at": "2026-11-23T06:00:00+02:00",
    "clean": False,
    "lines": [
        {"name": "messages", "came_in": 1204, "difference": 0},
        {"name": "tasks", "came_in": 30, "difference": 0},
        {"name": "seals", "came_in": 70, "difference": 2},
    ],
}
SEAL = {
    "number": 8,
    "digest": "cd" * 32,
    "words": ["able", "baker", "cable"],
    "sealed_at": "2026-11-23T06:29+02:00",
}


def mailed(**changed: Any) -> tuple[str, str, str]:
    """HTML as it is read, text, and paper as text."""
    told = TOLD | changed
    made = digest_mail.mail(told, AT, HASH, "Mon 23 Nov, 12:00")
    return unescape(made.html), made.text, paper.plain(digest_paper.paper_of(told))


def flat(text: str) -> str:
    return " ".join(text.split())


def test_mail_text_and_paper_say_every_sentence_and_every_figure() -> None:
    said = words.said(TOLD)
    for one in mailed():
        whole = flat(one)
        for sentence in (said.followed, said.since, said.made, *(d.otherwise for d in said.decisions)):
            assert sentence in whole
        for name, value in said.figures:
            assert re.search(rf"{name}(</td>.*?>|: *){value}\b", whole)
    assert said.followed == "The committee asked 4 of you: 3 done, 1 late."
    assert said.subject == "Digest Mon 23 Nov: 2 wanted of you, 17 new, 1 worse, 3 fixed"


def test_a_mail_lists_the_first_and_says_how_many_more_there_are() -> None:
    html, text, printed = mailed()
    assert "And 2 more, in the pack" in html
    assert "And 2 more, in the pack" in text
    assert printed.count("WC-2026-000012") == 1 + 17 + 1 + 3


def test_the_certificate_and_the_seal_stand_in_all_three_where_there_are_any() -> None:
    bare = mailed()
    whole = mailed(certificate=CERTIFICATE, seal=SEAL)
    for without, with_ in zip(bare, whole, strict=True):
        assert "of the ledger" not in without
        said = flat(with_)
        assert "Balance certificate 3".upper() in said.upper()
        assert "Up to Mon 23 Nov, 06:00 something is not accounted for" in said
        assert "1,204" in said
        assert "70; difference 2" in said  # whatever is not even is said
        assert "30" not in said.partition("certificate 3")[2].partition("Seals")[0].partition("1,204")[2]
        assert f"Seal 8 of the ledger: {'cd' * 32}" in re.sub(r"(?<=[0-9a-f]) (?=[0-9a-f])", "", said)
        assert "Seal 8 in words: able baker cable" in said


def test_what_an_office_is_called_is_no_html() -> None:
    made = digest_mail.mail(TOLD, AT, HASH, "")
    assert "Harare <b>" not in made.html
    assert "Harare &lt;b&gt;&amp;amp;" in made.html


def test_no_link_of_it_does_anything_by_itself_and_all_lead_to_us() -> None:
    made = digest_mail.mail(TOLD, AT, HASH, "")
    links = re.findall(r'href="([^"]+)"', made.html)
    assert all(link.startswith("https://hectis.invalid/") for link in links)
    assert not any("/a/" in link for link in links)
    assert not re.search(r'src="(?!cid:)', made.html)


def test_every_word_of_it_has_its_key() -> None:
    keys = {key for key in ENGLISH if key.startswith("digest.")}
    for language in ("en", "af", "xh"):
        assert words.said(TOLD, language).subject
    assert {f"digest.none_{part}" for part in words.PARTS} <= keys


@pytest.mark.parametrize("language", ["en", "af", "xh"])
def test_its_seal_can_be_read_back_from_the_mail_in_every_language(language: str) -> None:
    digest = bytes(range(32))
    seal = SEAL | {"digest": digest.hex(), "words": list(seal_words.words(digest))}
    made = digest_mail.mail(TOLD | {"language": language, "seal": seal}, AT, HASH, "")
    for part in (made.text, made.html):
        found = [one for one in printed_in(part.encode()) if one.number is not None]
        assert [(one.number, one.digest) for one in found] == [(8, digest), (8, None)]
