"""What putting a clock off takes, and many writes at once: JSON bodies, checked at the door.

As in `bodies`. A row of many writes holds the body that the single write takes; what is wrong with it is that row's
own refusal, and no other row's.
"""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from hectis_flow.domain.snooze import REASONS

_LARGEST = 2**63 - 1  # bigint
_CLOCK = validate.Regexp(r"^[a-z][a-z0-9_]{0,59}\Z", error="This is not the form of such a code.")


def _number(about: str) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(1, _LARGEST), metadata={"description": about})


class ClockBody(Schema):
    """Which clock of a case: that of its stage, by its name, or that of an item."""

    clock = fields.String(
        validate=_CLOCK,
        metadata={"description": "Name of the clock of the case's stage, as the policy has it."},
    )
    item = _number("Number of an item, as the case's `awaited` has it.")

    @post_load
    def one_of_both(self, body: dict[str, Any], **_: Any) -> dict[str, Any]:
        """One clock, named in one way."""
        if ("clock" in body) == ("item" in body):
            raise ValidationError(
                "Name the clock of the stage with 'clock', or an item with 'item'.", "clock"
            )
        return {"clock": None, "item": None, **body}


class SnoozeBody(ClockBody):
    """Until when a clock is put off, and why."""

    reason = fields.String(
        required=True, validate=validate.OneOf(REASONS), metadata={"description": "What it waits for."}
    )
    until = fields.Date(
        required=True, format="iso", metadata={"description": "The day until which it is put off."}
    )


class BulkRow(Schema):
    """One write of many: what is done, of which case or task, and the body that the single write takes."""

    do = fields.String(required=True, metadata={"description": "move, settle, claim ...: what is done."})
    case = fields.String(
        validate=validate.Length(1, 40), metadata={"description": "Number of a case, where it is about one."}
    )
    task = _number("Number of a task, where it is about one.")
    item = _number("Number of an item of the case, where one is settled.")
    body = fields.Dict(
        keys=fields.String(), load_default=dict, metadata={"description": "As the single write takes it."}
    )


class BulkBody(Schema):
    """Many writes, at most 200, no case and no task twice."""

    rows = fields.List(fields.Nested(BulkRow), required=True)
