"""No address without a line in the policy table, no line without an address, and one guard for all."""

import ast
from pathlib import Path

import pytest
from flask import Flask

from hectis_flow.api.edge import ENDPOINTS, action_of
from hectis_flow.domain.access import ACTIONS, PUBLIC
from hectis_flow.domain.access_rules import is_known

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.target("S1")


def test_every_address_has_a_line_in_the_policy_table(app: Flask) -> None:
    without = [rule.endpoint for rule in app.url_map.iter_rules() if not is_known(action_of(rule.endpoint))]
    assert without == []


def test_every_line_of_the_policy_table_has_an_address(app: Flask) -> None:
    served = {action_of(rule.endpoint) for rule in app.url_map.iter_rules()}
    assert served == {action.name for action in ACTIONS} | set(PUBLIC)


def test_names_given_by_packages_stand_for_addresses_that_exist(app: Flask) -> None:
    assert set(ENDPOINTS) <= {rule.endpoint for rule in app.url_map.iter_rules()}


def test_no_address_but_those_of_files_answers_options(app: Flask) -> None:
    answering = {rule.endpoint for rule in app.url_map.iter_rules() if "OPTIONS" in (rule.methods or ())}
    assert answering <= {"static"}


def test_every_view_of_the_api_asks_for_the_action_of_its_own_address() -> None:
    """A view that named another action would be let through by that action's line."""
    for noun in ("messages", "incidents", "cases"):
        tree = ast.parse((ROOT / "hectis_flow" / "api" / f"{noun}.py").read_text())
        for view in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
            named = [
                node.args[0].value
                for node in ast.walk(view)
                if isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"answer_page", "answer_record", "answer_sent"}
                and isinstance(node.args[0], ast.Constant)
            ]
            dressed = {ast.unparse(one).partition("(")[0] for one in view.decorator_list}
            ways = {"rooms.listing": "list", "rooms.single": "read", "rooms.sending": "send"}
            (what,) = (ways[one] for one in dressed)
            assert named == [f"{noun}.{what}"]
