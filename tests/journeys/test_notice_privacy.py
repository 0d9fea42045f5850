"""S9 for notices: names, numbers and addresses of patients and of staff, planted and then looked for.

What a notice says is read by mail servers and lock screens; what goes wrong on the way is read in logs.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, text

from hectis_flow.channels.base import Outgoing, Receipt
from hectis_flow.channels.null import NullChannel
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.staffing import LANGUAGES, StaffLine
from hectis_flow.services import cards, casework, notification
from hectis_flow.services.house import House
from tests.journeys.test_privacy import (
    Canaries,
    everything_in,
    everything_logged,
    everything_stored,
    planted,
    seen,
    visit,
)
from tests.notices import LIAISON, STATION, line, make_due, reaching, staffed, tasks
from tests.sinks import Calls, Mails, hook_sink, mail_sink, options_for
from tests.tables import rows, take_in
from tests.vendors import provider, slack_workspace, whatsapp_options
from workers.handover import hand_over_deliveries, hand_over_events

if TYPE_CHECKING:
    from redis import Redis

STAFF = 40
SAPS = Actor("saps_liaison", None, "hr-liaison")
CLINICAL = (
    "stab",
    "wound",
    "assault",
    "injur",
    "X99",
    "S21",
    "patient",
    "victim",
    "firearm",
    "sexual",
    "child",
)


def staff_birds() -> list[Canaries]:
    """A name and an address for each of the staff."""
    chance = random.Random(20261203)  # noqa: S311  (canaries, not keys)
    letters = "bcdfghjklmnpqrstvwxz"
    return [
        {kind: "q" + "".join(chance.choices(letters, k=12)) for kind in ("name", "mail", "hook")}
        for _ in range(STAFF)
    ]


def people(house: House, engine: Engine, birds: Sequence[Canaries], calls: Calls) -> None:
    """Staff with those names, half of them reached by mail, half by webhook."""
    staffed(
        house,
        *(
            line(
                f"hr-{n}",
                name=bird["name"].title(),
                language=LANGUAGES[n % len(LANGUAGES)],
                email=f"{bird['mail']}@station.invalid" if n % 2 else "",
                webhook="" if n % 2 else f"https://{calls.host}/{bird['hook']}",
            )
            for n, bird in enumerate(birds)
        ),
    )
    with engine.begin() as connection:
        points = connection.execute(
            text("""SELECT p.id, s.code FROM contact_point p JOIN staff s ON s.id = p.staff_id
                    WHERE channel = 'webhook'""")
        ).all()
        for point, code in points:
            url = f"http://{calls.host}/{birds[int(code[3:])]['hook']}"
            key_id, sealed = house.vault.seal(b"contact_point.address", url.encode())
            connection.execute(
                text("UPDATE contact_point SET key_id = :key_id, address_enc = :sealed WHERE id = :id"),
                {"key_id": key_id, "sealed": sealed, "id": point},
            )


class Telltale(NullChannel):
    """Breaks with everything it was given in the text of its fault."""

    def send(self, batch: Sequence[Outgoing], deadline: float) -> Iterator[Receipt]:
        yield from super().send(batch[:1], deadline)
        raise RuntimeError(" ".join(notice.address + notice.text for notice in batch))


def everything_said(mails: Mails, calls: Calls) -> str:
    """All that left, but for the addresses it left to."""
    letters = []
    for letter in mails.letters:
        parts = [letter.get_body((kind,)) for kind in ("plain", "html")]
        letters += [str(letter["Subject"]), str(letter["Message-ID"]), str(letter["References"])]
        letters += [part.get_content() for part in parts if part is not None]
    bodies = [call.body.decode() for call in calls.calls]
    headers = [json.dumps(call.headers) for call in calls.calls]
    return "\n".join([*letters, *bodies, *headers])


@pytest.mark.target("S9")
def test_no_name_number_or_address_is_said_logged_or_queued(
    house: House, clean: Engine, broker: "Redis"
) -> None:
    birds, colleagues = planted()[:6], staff_birds()
    with mail_sink() as mails, hook_sink() as calls, everything_logged() as heard:
        post = replace(reaching(house, options_for(mails, calls)), lease_seconds=30.0)
        people(post, clean, colleagues, calls)
        take_in(post, *(raw for number, bird in enumerate(birds) for raw in visit(number, bird)))
        with clean.begin() as connection:
            connection.execute(
                text('UPDATE "case" SET station_id = (SELECT id FROM office WHERE code = :code)'),
                {"code": STATION},
            )
        for (ref,) in rows(clean, 'SELECT ref FROM "case" ORDER BY id'):
            consent = {"disclosure_basis": "consent_written"}
            if casework.move(post, ref, "basis_recorded", LIAISON, consent).stage != "referred":
                casework.move(post, ref, "refer", LIAISON)
        assert hand_over_events(post, broker, 100) > 0
        carried = everything_in(broker)
        notification.plan(post, [row[0] for row in rows(clean, "SELECT id FROM outbox")])
        assert hand_over_deliveries(post, broker, 200) == len(birds) * STAFF
        carried += everything_in(broker)
        notification.deliver(post, list(range(1, len(birds) * STAFF - 20)))
        provoke(post, clean, mails, calls)

    said = everything_said(mails, calls)
    stored = everything_stored(clean)
    assert len(mails.letters) > len(birds)
    assert len(calls.calls) > len(birds)
    # The search works: it finds what is there.
    assert seen(colleagues, " ".join(mails.recipients)) != []
    for haystack in (said, carried, heard.getvalue(), stored):
        assert seen(birds, haystack) == []
        assert [kind for kind in seen(colleagues, haystack) if kind in {"name", "mail", "hook"}] == []
    assert {letter["Content-Language"] for letter in mails.letters} == set(LANGUAGES)
    assert [word for word in CLINICAL if word in said.lower().replace("no person and no injury", "")] == []
    assert "smtp_550" in stored
    assert "channel.failed" in heard.getvalue()


@pytest.mark.target("S9")
def test_no_name_number_or_address_is_said_to_a_chat_or_a_telephone(
    house: House, clean: Engine, broker: "Redis"
) -> None:
    birds, colleagues = planted()[:2], staff_birds()[:4]
    with slack_workspace() as slack, hook_sink() as calls, everything_logged() as heard:
        calls.answer = lambda call: (500, {"X-Told": call.path}) if len(calls.calls) % 5 == 0 else (202, {})
        options = slack.options(
            sms=(provider(calls),),
            whatsapp=whatsapp_options(calls).whatsapp,
            teams_hosts=frozenset({calls.host}),
        )
        post = replace(reaching(house, options), lease_seconds=30.0)
        staffed(post, *(chatting(number, bird, calls) for number, bird in enumerate(colleagues)))
        plain_teams(post, clean, f"http://{calls.host}/{colleagues[1]['hook']}")
        take_in(post, *(raw for number, bird in enumerate(birds) for raw in visit(number, bird)))
        with clean.begin() as connection:
            connection.execute(
                text('UPDATE "case" SET station_id = (SELECT id FROM office WHERE code = :code)'),
                {"code": STATION},
            )
        for (ref,) in rows(clean, 'SELECT ref FROM "case" ORDER BY id'):
            consent = {"disclosure_basis": "consent_written"}
            if casework.move(post, ref, "basis_recorded", LIAISON, consent).stage != "referred":
                casework.move(post, ref, "refer", LIAISON)
        hand_over_events(post, broker, 100)
        notification.plan(post, [row[0] for row in rows(clean, "SELECT id FROM outbox")])
        hand_over_deliveries(post, broker, 200)
        carried = everything_in(broker)
        for _ in range(3):
            make_due(clean)
            notification.deliver(post, [row[0] for row in rows(clean, "SELECT id FROM delivery")])
        for (ref,) in rows(clean, 'SELECT ref FROM "case" ORDER BY id'):
            casework.move(post, ref, "acknowledge", SAPS)
        assert cards.redraw(post, cards.lease(post, 100)) == len(birds)

    assert len(slack.calls.calls) == 2 * len(birds)
    assert len({call.path for call in calls.calls}) == 3  # a workflow, a carrier, WhatsApp
    # What is said, but for whom it is said to.
    said = "\n".join(call.body.decode() for call in [*slack.calls.calls, *calls.calls])
    stored = everything_stored(clean)
    for haystack in (said, carried, heard.getvalue(), stored):
        assert seen(birds, haystack) == []
        assert seen([{"name": bird["name"]} for bird in colleagues], haystack) == []
    for haystack in (carried, heard.getvalue(), stored):
        assert seen(colleagues, haystack) == []
        assert [bird for bird in colleagues if bird["hook"].upper() in haystack] == []
        assert "+2782" not in haystack
    assert [word for word in CLINICAL if word in said.lower().replace("no person and no injury", "")] == []


def chatting(number: int, bird: Canaries, calls: Calls) -> StaffLine:
    """One of the staff, each reached in another way."""
    ways = (
        {"slack": f"U{bird['hook'].upper()}"},
        {"teams": f"https://{calls.host}/{bird['hook']}"},
        {"sms": "+27821234567"},
        {"whatsapp": "+27821234568"},
    )
    return line(f"hr-{number}", name=bird["name"].title(), email="", **ways[number])


def plain_teams(house: House, engine: Engine, url: str) -> None:
    """The staff table takes addresses with TLS only; the sink of the tests has none."""
    key_id, sealed = house.vault.seal(b"contact_point.address", url.encode())
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE contact_point SET key_id = :key_id, address_enc = :sealed WHERE channel = 'teams'"),
            {"key_id": key_id, "sealed": sealed},
        )


def provoke(house: House, engine: Engine, mails: Mails, calls: Calls) -> None:
    """Everything that can go wrong on the way, each with somebody else's words in it."""
    mails.rcpt = lambda address: f"550 <{address}> unknown"
    calls.answer = lambda call: (500, {"X-Told": call.path})
    due = [row[0] for row in rows(engine, "SELECT id FROM delivery WHERE sent_at IS NULL")]
    notification.deliver(house, due)
    make_due(engine)
    broken = reaching(house, options_for(mails, calls), email=Telltale(), webhook=Telltale())
    notification.deliver(broken, due)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE contact_point SET address_enc = address_enc || address_enc WHERE id % 5 = 0")
        )
    make_due(engine)
    notification.deliver(house, due)
    assert tasks(engine, "call_by_phone")
