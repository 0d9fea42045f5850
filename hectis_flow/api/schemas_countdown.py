"""What the API takes and gives out about the countdown before a day in court. By codes and days; no name, no words.

As in `schemas`: every field that can ever be there.
"""

import re
from datetime import date
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields

from hectis_flow.api.schema_fields import day, flag, number, text, time
from hectis_flow.domain.countdown import ANSWERS, BY_WHEN, CAUSES, Answered

STATES: Final = ("open", "coming", "ready", "red")
_WHAT: Final = {"cause", "answer", "by_when"}
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Answers(fields.Field[list[Answered]]):
    """Answers to checks, each cause once; a day where the answer is `by_when`, and only there."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[Answered]:
        if not isinstance(value, list) or not 1 <= len(value) <= len(CAUSES):
            raise ValidationError(f"Give a list of 1 to {len(CAUSES)} checks.")
        said = [self._one(one) for one in value]
        if len({one.cause for one in said}) != len(said):
            raise ValidationError("Answer each check once.")
        return said

    def _one(self, value: Any) -> Answered:
        if not isinstance(value, dict) or not set(value) <= _WHAT:
            raise ValidationError("A check has 'cause', 'answer' and perhaps 'by_when'.")
        cause, answer = value.get("cause"), value.get("answer")
        if cause not in CAUSES or answer not in ANSWERS:
            raise ValidationError(
                f"'cause' is one of {', '.join(CAUSES)}; 'answer' one of {', '.join(ANSWERS)}."
            )
        if (answer == BY_WHEN) != (value.get("by_when") is not None):
            raise ValidationError("Give the day 'by_when' with the answer 'by_when', and with no other.")
        return Answered(cause, answer, self._day(value.get("by_when")))

    def _day(self, value: Any) -> date | None:
        if value is None:
            return None
        try:
            if _DAY.fullmatch(value):
                return date.fromisoformat(value)
        except (TypeError, ValueError):
            pass
        raise ValidationError("'by_when' is a day: YYYY-MM-DD.")


class CountdownBody(Schema):
    """What an office answers before a day in court."""

    checks = Answers(
        required=True,
        metadata={
            "type": "array",
            "items": {
                "type": "object",
                "required": ["cause", "answer"],
                "properties": {
                    "cause": {"type": "string", "enum": list(CAUSES)},
                    "answer": {"type": "string", "enum": list(ANSWERS)},
                    "by_when": {"type": "string", "format": "date"},
                },
            },
            "description": "Of each check how it stands; those that are left out stay as they are.",
        },
    )
    roll_date = fields.Date(
        format="iso",
        load_default=None,
        metadata={"description": "The day in court that you have in mind; another one is refused."},
    )


class CourtCheck(Schema):
    """One thing that a day in court needs."""

    cause = text("What it would be off the roll for; docs/countdown.md says what is asked.")
    answer = text("yes, no, by_when or not_needed; null: not answered.")
    by_when = day("By when it will be there.")
    answered_at = time()
    state = fields.String(
        metadata={
            "enum": list(STATES),
            "description": "open: not answered yet; coming: by a day in time; ready: there, or not needed; "
            "red: it will not be there in time, or the time to say so is over",
        }
    )
    first_red_at = time("Since when it first was red, whatever was said since.")


class Side(Schema):
    """What one side is asked for the next day in court of a case."""

    roll_date = day("The day in court.")
    side = text("saps or npa")
    office = text("Code of the office that is asked.")
    role = text("Whom there.")
    ready = flag("Everything is there.")
    red_unless_done_by = time("From then on whatever is not there is red, and the office's head is told.")
    checks = fields.List(fields.Nested(CourtCheck))


class CountdownOfCase(Schema):
    """What is asked of a case for its next day in court."""

    ref = fields.String(required=True)
    countdown = fields.List(fields.Nested(Side), required=True)


class Ahead(Side):
    """A day in court ahead, for one side."""

    id = fields.Integer(required=True)
    case_ref = text()
    court = text("Code of the court.")
    court_case_no = text()
    level = number("How high silence has climbed; null: nobody above was told.")


class CountdownPage(Schema):
    """A page of days in court, soonest first."""

    items = fields.List(fields.Nested(Ahead), required=True)
    next_cursor = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Where the next page begins; null at the end."},
    )
