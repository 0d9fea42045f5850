"""What the writes about staff take: an order of ways with waits, quiet hours, a channel."""

from datetime import time
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from hectis_flow.api.bodies import code
from hectis_flow.domain.reach import hours_of
from hectis_flow.services.ways import LONGEST_WAIT, Step

CHANNEL = r"^[a-z][a-z0-9_]{0,29}\Z"


class Hours(fields.Field[tuple[time, time]]):
    """Quiet hours of a day in South Africa."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[time, time]:
        try:
            return hours_of(value)
        except (TypeError, ValueError):
            raise ValidationError("Give hours such as 21:00-05:30, or none.") from None


class StepBody(Schema):
    """One way in the order."""

    channel = code(CHANNEL, "One of the channels by which this person is reached.")
    wait_minutes = fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=validate.Range(1, LONGEST_WAIT),
        metadata={"description": "How long the way before it is given; null: as the policy has it."},
    )

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> Step:
        """As the service takes it."""
        return Step(**data)


class WaysBody(Schema):
    """In which order somebody is reached, and when not."""

    steps = fields.List(
        fields.Nested(StepBody),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={"description": "Every channel of theirs once, the first one first; empty: as it is."},
    )
    quiet = Hours(
        load_default=None,
        allow_none=True,
        metadata={"type": "string", "description": "21:00-05:30, or none; null: as the policy has it."},
    )


class UnparkBody(Schema):
    """Which address is used again."""

    channel = code(CHANNEL, "The channel whose address was parked.")
