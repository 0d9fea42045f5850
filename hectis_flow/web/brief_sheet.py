"""The sheet: many appearances entered by keyboard and noted at once, each row with a verdict of its own.

`web.briefs` calls `install_sheet`. Rows go to the service that takes the unit's form over, so they are judged by the same
rules as a file of it; what is refused stays filled in and says why.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from flask import Flask

from hectis_flow.domain.errors import NotAllowed
from hectis_flow.domain.workflow_words import CASE_REF
from hectis_flow.render import brief_words
from hectis_flow.render.page_words import ENGLISH, of_code, say
from hectis_flow.services import brief_import, reading, reference
from hectis_flow.services.once import BadKey, KeyReused
from hectis_flow.web import brief_row
from hectis_flow.web import page as frame
from hectis_flow.web.page import Answered, Visit

ROWS: Final = (10, 25, 50)
MOST: Final = ROWS[-1]
#: The fields of a row, in the order of the keyboard; the first two are typed, the others chosen by a letter.
TYPED: Final = ("matter", "court_date")
CHOSEN: Final = ("outcome", "docket_at_court", "cause", "further", "attributable_to", "recommendation")
_CAUSES: Final[Mapping[str, str]] = {
    "docket_not_at_court": "D",
    "investigation_incomplete": "I",
    "accused_not_brought": "A",
    "witnesses_not_subpoenaed": "W",
    "forensic_report_outstanding": "F",
    "not_within_48h": "H",
    "defective_service": "S",
    "police_witness_absent": "P",
    "complainant_withdrew": "C",
    "witness_untraceable": "U",
    "insufficient_evidence": "E",
    "accused_deceased": "X",
    "other": "O",
}
#: The letter that chooses each code: in one list no two begin alike, so one key is enough.
KEYS: Final[Mapping[str, Mapping[str, str]]] = {
    "outcome": {
        "proceeded": "R",
        "postponed": "P",
        "struck_off": "S",
        "withdrawn": "W",
        "pleaded": "L",
        "convicted": "C",
        "acquitted": "A",
        "warrant_issued": "I",
        "transferred": "T",
        "not_called": "N",
        "other_outcome": "O",
    },
    "docket_at_court": {"yes": "Y", "no": "N", "not_seen": "U"},
    "cause": _CAUSES,
    "further": _CAUSES,
    "attributable_to": {
        "SAPS": "S",
        "FSL": "F",
        "FPS_health": "H",
        "NPA": "N",
        "court": "C",
        "defence": "D",
        "witness": "W",
        "none": "X",
    },
    "recommendation": {
        "none": "N",
        "docket_to_court": "D",
        "complete_investigation": "C",
        "subpoena_witnesses": "S",
        "obtain_report": "O",
        "reenrol": "R",
        "disciplinary_steps": "P",
        "training": "T",
        "other_step": "X",
    },
}
# The form sends the letter, which is a third of the weight of the codes.
_CODES: Final = {name: {key: code for code, key in keys.items()} for name, keys in KEYS.items()}
_CAS: Final = re.compile(r"(?:.*\bCAS\b.*|[0-9]{1,5}/[0-9]{1,2}/(?:[0-9]{2}|[0-9]{4}))", re.IGNORECASE)
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")

Filled = dict[str, Any]


def install_sheet(app: Flask) -> None:
    """Put the sheet on the app."""
    frame.room(app, "/briefs/observations", "brief_sheet", _blank)
    frame.room(app, "/briefs/observations", "brief_sheet_note", _note, "POST")


def _blank(visit: Visit) -> Answered:
    """Rows for what the unit watches and is in court on that day, and empty ones. Raises `NotAllowed`."""
    if not brief_row.may(visit, brief_import.ACTION):
        raise NotAllowed(say(visit.signed.language, "sheet.closed"))
    court, day, least = _court(), _day(visit), _least()
    filters = {"open": True, "sits": day.isoformat()} | ({"court": court} if court else {})
    found = reading.list_records(visit.house, visit.asking, "briefs.list", filters, None, MOST)
    sits = sorted(json.loads(found.items), key=lambda one: (one["court"] or "", one["court_case_no"] or ""))
    rows = [_row(day, one["case_ref"], one["court_case_no"] or one.get("cas_number") or "") for one in sits]
    noted = frame.asked("noted")
    count = say(visit.signed.language, "sheet.noted", count=int(noted)) if _is_count(noted) else ""
    return _shown(visit, rows, least, done=count)


def _note(visit: Visit) -> Answered:
    """Note every row that can be, and show the others again."""
    language, sent = visit.signed.language, list(_sent())
    told = [one for one in sent if _says_something(one)]
    if not told:
        return _shown(visit, sent, _least(), said=say(language, "sheet.empty"), status=422)
    try:
        answer = brief_import.take(visit.house, visit.writing(), [_cells(one) for one in told], apply=True)
    except (BadKey, KeyReused) as stale:  # a form that was sent before, and changed since
        return _shown(visit, sent, _least(), said=stale.message, status=stale.status)
    verdicts = json.loads(answer.body)["rows"]
    refused = [one for one in verdicts if one["verdict"] == "refused"]
    if not refused:
        return frame.on(
            "/briefs/observations",
            noted=str(len(told)),
            court=_court(),
            day=_day(visit).isoformat(),
            rows=str(_least()),
        )
    for row, verdict in zip(told, verdicts, strict=True):
        row["verdict"] = _verdict(verdict)
        row["why"] = _why(visit, verdict) if verdict in refused else ""
        row["ref"] = verdict.get("case_ref")
    key = "sheet.noted_of" if len(refused) < len(told) else "sheet.none_noted"
    said = say(language, key, done=len(told) - len(refused), refused=len(refused))
    left = [one for one in sent if one.get("why") or "verdict" not in one]
    return _shown(visit, left, len(left), said=said, told=told)


def _shown(
    visit: Visit,
    rows: Sequence[Filled],
    least: int,
    done: str = "",
    said: str = "",
    told: Sequence[Filled] = (),
    status: int = 200,
) -> Answered:
    court, day = _court(), _day(visit)
    courts = [code for code, kind in reference.kinds(visit.house).items() if kind == "court"]
    names = sorted(reference.names(visit.house, courts).items(), key=lambda one: one[1])
    blank = [_row(day) for _ in range(min(least, MOST) - len(rows))]
    return frame.page(
        "brief_sheet.html",
        status,
        rows=[*rows, *blank][:MOST],
        sits=len(rows),
        options=_options(),
        courts=names,
        court=court,
        court_name=dict(names).get(court, ""),
        day=day.isoformat(),
        today=brief_row.today(visit).isoformat(),
        counts=ROWS,
        least=_least(),
        done=done,
        said=said,
        told=told,
        unit=True,
    )


def _row(day: date, matter: str = "", called: str = "") -> Filled:
    """A row that nobody has filled in; `matter` stands in it already, `called` is how it is called in court."""
    return {"matter": matter, "given": matter, "called": called, "court_date": day.isoformat()}


def _sent() -> Iterable[Filled]:
    """The rows of the form, as they were typed."""
    for number in range(MOST):
        row: Filled = {name: frame.asked(f"{name}-{number}") for name in (*TYPED, *CHOSEN, "given", "called")}
        row |= {name: _CODES[name].get(row[name], row[name]) for name in CHOSEN}
        row["number"] = number + 1
        if row["matter"] or any(row[name] for name in CHOSEN):
            yield row


def _says_something(row: Filled) -> bool:
    """Whether somebody filled it in; what was offered and left alone says nothing."""
    return row["matter"] != row["given"] or any(row[name] for name in CHOSEN)


def _cells(row: Filled) -> dict[str, str]:
    """A row in the columns of the unit's form."""
    causes = [row[name] for name in ("cause", "further") if row[name]]
    said = {name: row[name] for name in ("court_date", "outcome", "docket_at_court", "attributable_to")}
    said |= {"causes": ";".join(causes), "recommendation": row["recommendation"]}
    matter = row["matter"]
    if re.fullmatch(CASE_REF, matter.upper()):
        return said | {"case_ref": matter}
    if _CAS.fullmatch(matter):
        return said | {"cas_number": matter}
    return said | {"court": _court(), "court_case_no": matter}


def _verdict(verdict: Mapping[str, Any]) -> str:
    return "opened" if verdict["verdict"] == "added" and verdict.get("opens") else str(verdict["verdict"])


def _why(visit: Visit, verdict: Mapping[str, Any]) -> str:
    """Why a row was not noted, in the names of this page where the service speaks of columns."""
    key = f"sheet.why.{verdict['code']}"
    return say(visit.signed.language, key) if key in ENGLISH else str(verdict["message"])


def _options() -> dict[str, list[tuple[str, str, str]]]:
    """The codes of each list, each with its letter and its words."""
    return {
        name: [(code, key, of_code(brief_words.AT_COURT.get(code, code))) for code, key in keys.items()]
        for name, keys in KEYS.items()
    }


def _court() -> str:
    found = frame.asked("court")
    return found if _CODE.fullmatch(found) else ""


def _day(visit: Visit) -> date:
    """The day that is asked for; today where none is, or where it is none."""
    try:
        return date.fromisoformat(frame.asked("day"))
    except ValueError:
        return brief_row.today(visit)


def _least() -> int:
    """How many rows there are at least."""
    asked = frame.asked("rows")
    return int(asked) if asked in {str(count) for count in ROWS} else ROWS[0]


def _is_count(text: str) -> bool:
    return bool(re.fullmatch(r"[1-9][0-9]?", text))
