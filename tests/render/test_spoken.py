"""Bundles and digests in the form of each channel: all of them say how many and where, and fit."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from hectis_flow.render import texts
from hectis_flow.render.notices import NoticeFacts
from hectis_flow.render.spoken import bundled, pointing

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
LINK = "https://hectis.example/mine/12"
LINES = [
    NoticeFacts(
        kind="task",
        language="en",
        now=NOW,
        office="Khayelitsha",
        role="saps_liaison",
        case_ref=f"WC-2026-00000{number}",
        stage="referred",
        wanted_by=NOW + timedelta(days=number),
    )
    for number in range(1, 8)
]


def test_a_bundle_is_one_letter_card_text_or_list() -> None:
    letter = bundled("email", LINES, "k", LINK)
    assert all(one.case_ref in letter.text and one.case_ref in letter.html for one in LINES)
    assert LINK in letter.text
    slack = json.loads(bundled("slack", LINES, "k", LINK).body)
    (actions,) = [one for one in slack["blocks"] if one["type"] == "actions"]
    assert [one["url"] for one in actions["elements"]] == [LINK]
    teams = json.loads(bundled("teams", LINES, "k", LINK).body)["attachments"][0]["content"]
    assert [one["url"] for one in teams["actions"]] == [LINK]
    text = bundled("sms", LINES, "k", LINK).text
    assert "7" in text
    assert text.endswith(f" {LINK}")
    assert texts.length(text) <= texts.LONGEST
    assert LINK in json.loads(bundled("whatsapp", LINES, "k", LINK).body)["parameters"]
    assert len(json.loads(bundled("webhook", LINES, "k", LINK).body)["lines"]) == 7


@pytest.mark.parametrize("channel", ["slack", "teams", "sms", "whatsapp"])
def test_where_a_digest_does_not_fit_its_line_points_to_it(channel: str) -> None:
    said = pointing(channel, "en", "Digest, Tue 1 Dec: 3 to decide & 2 new", LINK, b"{}")
    whole = said.text or said.body.decode()
    assert LINK in whole
    assert "3 to decide" in whole
    assert texts.length(said.text) <= texts.LONGEST


def test_a_system_is_given_the_figures() -> None:
    assert pointing("webhook", "en", "Digest", LINK, b'{"a": 1}').body == b'{"a": 1}'
