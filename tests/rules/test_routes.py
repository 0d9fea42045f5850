"""No address without a line in the policy table, no line without an address, and one guard for all."""

import ast
import inspect
from pathlib import Path

import pytest
from flask import Flask

from hectis_flow.api.edge import ENDPOINTS, action_of
from hectis_flow.api.pages import BELOW, PARTS, WRITES
from hectis_flow.api.papers import PAPERS
from hectis_flow.domain.access import ACTIONS, OWN_PAGES, PAGES, PUBLIC
from hectis_flow.domain.access_rules import is_known
from hectis_flow.services import (
    agenda,
    brief_desk,
    brief_import,
    brief_letters,
    brief_seats,
    case_log,
    countdown_answers,
    decisions,
    digests,
    disclosure,
    docket_notes,
    gang_flags,
    item_notes,
    link_keeping,
    meetings,
    moves,
    proposals,
    snooze,
    tasks,
    undo,
    ways,
)

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.target("S1")


def test_every_address_has_a_line_in_the_policy_table(app: Flask) -> None:
    without = [rule.endpoint for rule in app.url_map.iter_rules() if not is_known(action_of(rule.endpoint))]
    assert without == []


def test_every_line_of_the_policy_table_has_an_address(app: Flask) -> None:
    """Of the API or, where no program asks for it, a page of its own."""
    served = {action_of(rule.endpoint) for rule in app.url_map.iter_rules()}
    assert served - set(PAGES) | set(PAGES.values()) == {action.name for action in ACTIONS} | {
        *PUBLIC,
        *OWN_PAGES,
    }


def test_every_page_is_an_action_of_the_table(app: Flask) -> None:
    served = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert served >= set(PAGES)
    assert set(PAGES.values()) <= {action.name for action in ACTIONS}


def test_names_given_by_packages_stand_for_addresses_that_exist(app: Flask) -> None:
    assert set(ENDPOINTS) <= {rule.endpoint for rule in app.url_map.iter_rules()}


def test_no_address_but_those_of_files_answers_options(app: Flask) -> None:
    answering = {rule.endpoint for rule in app.url_map.iter_rules() if "OPTIONS" in (rule.methods or ())}
    assert answering <= {"static"}


def test_every_view_of_the_api_asks_for_the_action_of_its_own_address() -> None:
    """A view that named another action would be let through by that action's line."""
    daily = ("messages", "incidents", "cases", "tasks", "proposals", "countdown", "escalations", "offices")
    for noun in (
        *daily,
        "bulk",
        "load",
        "balance",
        "briefs",
        "meetings",
        "agenda",
        "decisions",
        "digests",
        "links",
        "staff",
    ):
        tree = ast.parse((ROOT / "hectis_flow" / "api" / f"{noun}.py").read_text())
        for view in (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list):
            named = [
                node.args[0].value
                for node in ast.walk(view)
                if isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id.startswith("answer_")
                and isinstance(node.args[0], ast.Constant)
            ]
            (what,) = (way_of(one) for one in view.decorator_list)
            assert named == [f"{noun}.{what}"]


def way_of(dress: ast.expr) -> str:
    """The last part of the endpoint that a view is dressed with."""
    assert isinstance(dress, ast.Call)
    kind = ast.unparse(dress.func)
    if kind in {"rooms.part", "rooms.writing", "rooms.paper", "rooms.below"}:
        return str(ast.literal_eval(dress.args[1]))
    return {"rooms.listing": "list", "rooms.single": "read", "rooms.sending": "send"}[kind]


def test_every_write_and_every_part_is_named_as_its_action() -> None:
    """The service asks for an action by itself: it must be that of the address that called it."""
    said = {
        moves.make: "cases.move",
        moves.possible: "cases.moves",
        moves.choose_precinct: "cases.precinct",
        **{getattr(docket_notes, name): f"cases.{name}" for name in ("verify_cas", "arrest", "j88")},
        item_notes.settle: "cases.settle",
        undo.undo: "cases.undo",
        countdown_answers.answer: "cases.countdown",
        snooze.snooze: "cases.snooze",
        snooze.unsnooze: "cases.unsnooze",
        meetings.plan: "meetings.plan",
        meetings.open_one: "meetings.open",
        **{getattr(meetings, name): f"meetings.{name}" for name in ("attend", "close")},
        **{
            getattr(decisions, name): f"decisions.{name}"
            for name in ("record", "confirm", "drop", "report", "accept", "send_back")
        },
        **{getattr(tasks, name): f"tasks.{name}" for name in ("claim", "release", "reassign", "complete")},
        **{getattr(brief_seats, name): f"briefs.{name}" for name in ("acknowledge", "decline", "redirect")},
        brief_desk.open_brief: "briefs.open",
        brief_desk.observe: "briefs.observe",
        brief_desk.close: "briefs.close",
        brief_letters.send: "briefs.send_letter",
        brief_letters.reply: "briefs.reply",
        ways.arrange: "staff.ways",
        ways.use_again: "staff.unpark",
    }
    # These find their case by a proposal, and ask for one action in common.
    two = {proposals.propose: "cases.propose"}
    two |= {getattr(proposals, name): f"proposals.{name}" for name in ("confirm", "refuse", "take_back")}
    two |= {agenda.table: agenda.TABLE, agenda.take_back: agenda.TAKE_BACK}
    two |= {
        gang_flags.put: gang_flags.PUT,
        gang_flags.renew: gang_flags.RENEW,
        gang_flags.lift: gang_flags.LIFT,
    }
    two |= {link_keeping.revoke: link_keeping.REVOKE}
    assert link_keeping.REVOKE == "links.revoke"
    assert (agenda.TABLE, gang_flags.PUT) == ("agenda.table", "cases.flag_gang")
    assert (proposals.PROPOSE, proposals.CONFIRM) == ("cases.propose", "proposals.confirm")
    assert all(WRITES[name] is service for service, name in two.items())
    named = (brief_import.ACTION, brief_letters.READ, brief_letters.READ_PDF)
    assert named == ("briefs.import", "briefs.letter", "briefs.letter_pdf")
    assert WRITES[named[0]] is brief_import.take
    assert PARTS[named[1]] is brief_letters.text
    assert PARTS[agenda.READ] is agenda.read
    assert {case_log.NOTICES: case_log.notices, case_log.READS: case_log.reads} == BELOW
    assert (case_log.NOTICES, case_log.READS) == ("cases.notices", "cases.reads")
    assert {
        named[2]: brief_letters.pdf,
        "meetings.minutes": meetings.text,
        "meetings.paper": meetings.pdf,
        digests.PACK: digests.pack,
    } == PAPERS
    assert (digests.READ, digests.PACK) == ("digests.read", "digests.pack")
    assert PARTS[digests.READ] is digests.read
    assert WRITES[digests.ACKNOWLEDGE] is digests.acknowledge
    assert digests.ACKNOWLEDGE == "digests.acknowledge"
    for name, service in PAPERS.items():
        assert name in {named[2], digests.PACK} or f'"{name}"' in inspect.getsource(service)
    for service, name in said.items():
        assert f'"{name}"' in inspect.getsource(service)
        assert (WRITES | PARTS)[name] is service
    assert set(WRITES) | set(PARTS) == {
        *said.values(),
        *two.values(),
        disclosure.REFERRAL,
        disclosure.DISCLOSURES,
        *named[:2],
        agenda.READ,
        digests.READ,
        digests.ACKNOWLEDGE,
    }
