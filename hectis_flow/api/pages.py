"""Turns a checked request into a call of a service, and its result into an answer.

The rooms call it. The JSON of a page comes ready from PostgreSQL and is passed on as it is.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import Response, current_app, g, request
from werkzeug.exceptions import UnsupportedMediaType

from hectis_flow.api import cursors
from hectis_flow.api.cursors import After
from hectis_flow.services import (
    agenda,
    balance_reading,
    brief_desk,
    brief_import,
    brief_letters,
    brief_seats,
    bulk,
    case_log,
    countdown_answers,
    countdown_lists,
    decisions,
    digests,
    disclosure,
    docket_notes,
    gang_flags,
    item_notes,
    link_keeping,
    load,
    meetings,
    moves,
    once,
    proposals,
    proposed,
    reading,
    sending,
    snooze,
    tasks,
    undo,
    ways,
)
from hectis_flow.services.bulk import Row
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.reading import Asking

HL7_TYPES = ("application/hl7-v2", "x-application/hl7-v2+er7")

# What can be done, by action; each is one call of one service, in one transaction with its key.
WRITES: Mapping[str, Callable[..., Answer]] = {
    "cases.move": moves.make,
    "cases.precinct": moves.choose_precinct,
    "cases.undo": undo.undo,
    "cases.propose": proposals.propose,
    "proposals.confirm": proposals.confirm,
    "proposals.refuse": proposals.refuse,
    "proposals.take_back": proposals.take_back,
    "cases.verify_cas": docket_notes.verify_cas,
    "cases.arrest": docket_notes.arrest,
    "cases.j88": docket_notes.j88,
    "cases.settle": item_notes.settle,
    "cases.countdown": countdown_answers.answer,
    "cases.snooze": snooze.snooze,
    "cases.unsnooze": snooze.unsnooze,
    "tasks.claim": tasks.claim,
    "tasks.release": tasks.release,
    "tasks.reassign": tasks.reassign,
    "tasks.complete": tasks.complete,
    "cases.flag_gang": gang_flags.put,
    "cases.renew_flag": gang_flags.renew,
    "cases.lift_flag": gang_flags.lift,
    "meetings.plan": meetings.plan,
    "meetings.open": meetings.open_one,
    "meetings.attend": meetings.attend,
    "meetings.close": meetings.close,
    "agenda.table": agenda.table,
    "agenda.take_back": agenda.take_back,
    "decisions.record": decisions.record,
    "decisions.confirm": decisions.confirm,
    "decisions.drop": decisions.drop,
    "decisions.report": decisions.report,
    "decisions.accept": decisions.accept,
    "decisions.send_back": decisions.send_back,
    "digests.acknowledge": digests.acknowledge,
    "staff.ways": ways.arrange,
    "staff.unpark": ways.use_again,
    "briefs.open": brief_desk.open_brief,
    "briefs.import": brief_import.take,
    "briefs.acknowledge": brief_seats.acknowledge,
    "briefs.decline": brief_seats.decline,
    "briefs.redirect": brief_seats.redirect,
    "briefs.observe": brief_desk.observe,
    "briefs.send_letter": brief_letters.send,
    "briefs.reply": brief_letters.reply,
    "briefs.close": brief_desk.close,
    "links.revoke": link_keeping.revoke,
}
# What belongs to one record and is read by itself.
PARTS: Mapping[str, Callable[..., Any]] = {
    "cases.moves": moves.possible,
    "cases.referral": disclosure.referral,
    "cases.disclosures": disclosure.disclosures,
    "briefs.letter": brief_letters.text,
    "agenda.read": agenda.read,
    "digests.read": digests.read,
}
# The same that may be long, so it comes page by page.
BELOW: Mapping[str, Callable[..., list[dict[str, Any]]]] = {
    "cases.notices": case_log.notices,
    "cases.reads": case_log.reads,
}

_BEARER = re.compile(r"bearer +([A-Za-z0-9_-]+)", re.IGNORECASE)


def answer_page(action: str, query: dict[str, Any]) -> Response:
    """A page of the list: `items`, `next_cursor`, and the next page as a link."""
    after, limit = _after(action, query, int), query.pop("limit")
    page = reading.list_records(house(), asking(), action, query, after, limit)
    return _page(action, page.items, page.next_after)


def answer_queue(action: str, query: dict[str, Any]) -> Response:
    """The same of the bearer's queue, which goes on by when a task is due."""
    after, limit = _after(action, query, cursors.due_and_id), query["limit"]
    page = tasks.queue(house(), asking(), after, limit)
    return _page(action, page.items, None if page.next_id is None else [page.next_due, page.next_id])


def answer_proposals(action: str, query: dict[str, Any]) -> Response:
    """The same of proposals that concern the bearer."""
    after, limit = _after(action, query, int), query["limit"]
    found = proposed.listing(house(), asking(), after, limit)
    return _page(action, json.dumps(found), found[-1]["id"] if len(found) == limit else None)


def answer_countdown(action: str, query: dict[str, Any]) -> Response:
    """The same of the days in court ahead, which go on by the day."""
    after, limit = _after(action, query, cursors.due_and_id), query["limit"]
    found = countdown_lists.listing(house(), asking(), after, limit)
    last = [found[-1]["roll_date"], found[-1]["id"]] if len(found) == limit else None
    return _page(action, json.dumps(found), last)


def answer_load(action: str, query: dict[str, Any]) -> Response:
    """The same of what offices carry, the fullest first."""
    after, limit = _after(action, query, cursors.figure_and_id), query["limit"]
    items, following = load.listing(house(), asking(), after, limit)
    return _page(action, json.dumps(items), following)


def answer_balance(_action: str, query: dict[str, Any]) -> dict[str, Any]:
    """The newest balance certificate, or that of a day."""
    return balance_reading.read(house(), asking(), query.get("date"))


def answer_digests(action: str, query: dict[str, Any]) -> Response:
    """The same of the bearer's own digests."""
    after, limit = _after(action, query, int), query["limit"]
    found = digests.listing(house(), asking(), after, limit)
    return _page(action, json.dumps(found), found[-1]["id"] if len(found) == limit else None)


def answer_below(action: str, query: dict[str, Any], key: str) -> Response:
    """A page of what belongs to one record, newest first."""
    after, limit = _after(action, query, int), query["limit"]
    found = BELOW[action](house(), asking(), key, after, limit)
    return _page(action, json.dumps(found), found[-1]["id"] if len(found) == limit else None)


def answer_record(action: str, key: int | str) -> dict[str, Any]:
    """One record."""
    return reading.read_record(house(), asking(), action, key)


def answer_part(action: str, *keys: int | str) -> dict[str, Any]:
    """Something that belongs to one record; several of a kind are `items`."""
    found = PARTS[action](house(), asking(), *keys)
    return {"items": found} if isinstance(found, list) else dict(found)


def answer_written(action: str, *what: Any, **named: Any) -> Response:
    """Do what is asked for, once a key; the answer comes from the service as it was stored."""
    return _answered(WRITES[action](house(), _writing(), *what, **named))


def answer_bulk(_action: str, rows: Sequence[Row]) -> Response:
    """Do many writes, each once a key of its own; the answer holds a verdict for each."""
    return _answered(bulk.run(house(), _writing(), rows))


def answer_sent(action: str) -> Response:
    """Store the messages of the body; the answer, in HL7, is given only once they are committed."""
    sender = sending.admit(house(), asking(), action)
    if request.mimetype not in HL7_TYPES:
        raise UnsupportedMediaType
    answers = sending.hand_in(house(), sender, request.get_data())
    return Response(b"".join(answers), mimetype=request.mimetype)


def _answered(answer: Answer) -> Response:
    response = Response(answer.body, answer.status, mimetype="application/json")
    if answer.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def house() -> House:
    """The house of this app."""
    found: House = current_app.extensions["hectis_house"]
    return found


def asking() -> Asking:
    """Who asks, within which request."""
    return Asking(_token(), g.request_id)


def _writing() -> Writing:
    key = request.headers.get("Idempotency-Key")
    digest = once.digest(request.method, request.path, request.get_data())
    return Writing(_token(), g.request_id, key, digest)


def _token() -> str:
    sent = _BEARER.fullmatch(request.headers.get("Authorization", ""))
    return sent.group(1) if sent else ""


def _after(action: str, query: dict[str, Any], read: Callable[[Any], After]) -> After | None:
    """Behind what a page begins, which the query then no longer holds; None: at the beginning."""
    sent = query.pop("cursor", None)
    return None if sent is None else cursors.after(action, sent, read)


def _page(action: str, items: str, after: Any) -> Response:
    """A page of JSON that PostgreSQL made, and the way to the next one."""
    following = None if after is None else cursors.cursor(action, after)
    signed = "null" if following is None else f'"{following}"'
    response = Response(f'{{"items": {items}, "next_cursor": {signed}}}', mimetype="application/json")
    if following is not None:
        response.headers["Link"] = f'<{request.path}?{_others(request.query_string)}{following}>; rel="next"'
    return response


@lru_cache(maxsize=256)
def _others(_query: bytes) -> str:
    """The parameters of this list, up to where it goes on. Each was checked before we came here."""
    others = {name: value for name, value in request.args.to_dict().items() if name != "cursor"}
    return urlencode(others | {"cursor": ""})
