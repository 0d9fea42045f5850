"""The room of many writes at once: each row is one of the single writes, by the same service and the same line."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from flask import Response
from marshmallow import Schema, ValidationError

from hectis_flow.api.bodies import CasBody, ItemBody, J88Body, MoveBody, ReassignBody
from hectis_flow.api.bodies_hands import BulkBody, ClockBody, SnoozeBody
from hectis_flow.api.cases import number
from hectis_flow.api.pages import WRITES, answer_bulk
from hectis_flow.api.rooms import Rooms
from hectis_flow.api.schemas_hands import Verdicts
from hectis_flow.services.bulk import Row

rooms = Rooms("bulk", "Many writes at once, each with its own verdict.")


class Kind(NamedTuple):
    """A write that a row may ask for: its action, whether it is of a case or a task, and how its body is taken.

    `item` says that it is about one item of the case.
    """

    action: str
    about: str
    body: Schema | None = None
    given: Callable[[dict[str, Any]], dict[str, Any]] = dict
    item: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    "move": Kind(
        "cases.move",
        "case",
        MoveBody(),
        lambda body: {"transition": body["move"], "details": body["details"]},
    ),
    "settle": Kind("cases.settle", "case", ItemBody(), item=True),
    "verify_cas": Kind("cases.verify_cas", "case", CasBody()),
    "j88": Kind("cases.j88", "case", J88Body()),
    "snooze": Kind("cases.snooze", "case", SnoozeBody()),
    "unsnooze": Kind("cases.unsnooze", "case", ClockBody()),
    "claim": Kind("tasks.claim", "task"),
    "release": Kind("tasks.release", "task"),
    "reassign": Kind("tasks.reassign", "task", ReassignBody(), lambda body: {"staff_code": body["staff"]}),
    "complete": Kind("tasks.complete", "task"),
}


@rooms.writing("", "write", Verdicts, BulkBody)
def write_many(body: dict[str, Any]) -> Response:
    """Do up to 200 rows, each by itself; one that is refused touches no other. With a key a repeat goes on."""
    return answer_bulk("bulk.write", [_row(one) for one in body["rows"]])


def _row(sent: dict[str, Any]) -> Row:
    """A row as the service takes it; what is wrong with it is said in its verdict."""
    kind = KINDS.get(sent["do"])
    as_sent = json.dumps(sent, sort_keys=True).encode()
    about = ("task", sent["task"]) if "task" in sent else ("case", sent.get("case", as_sent.decode()))
    if kind is None:
        return Row(about, as_sent, None, f"There is no such write. These are taken: {', '.join(KINDS)}.")
    fault = _fault(kind, sent)
    if fault:
        return Row(about, as_sent, None, fault)
    try:
        given = kind.given(dict(kind.body.load(sent["body"]))) if kind.body else {}
    except ValidationError:
        return Row(
            about, as_sent, None, "The body of this row is not what the single write takes. Check its fields."
        )
    if kind.item:
        given["item_id"] = sent["item"]
    key = number(sent["case"]) if kind.about == "case" else sent["task"]
    return Row(about, as_sent, partial(_write, WRITES[kind.action], key, given))


def _fault(kind: Kind, sent: dict[str, Any]) -> str:
    """What a row lacks or has too much, by its own fields."""
    wanted = {kind.about, "item"} if kind.item else {kind.about}
    if {"case", "task", "item"} & sent.keys() != wanted:
        return f"This write names {' and '.join(f'{name!r}' for name in sorted(wanted))}, and nothing else."
    if sent["body"] and kind.body is None:
        return "This write takes no body."
    return ""


def _write(write: Callable[..., Any], key: str | int, given: dict[str, Any], house: Any, writing: Any) -> Any:
    return write(house, writing, key, **given)
