"""What the API gives out of how somebody is reached; no address."""

from marshmallow import Schema, fields

from hectis_flow.api.schema_fields import many, number, text, time


class Way(Schema):
    """One way to somebody."""

    channel = text()
    rank = number("The lowest is tried first.")
    wait_minutes = number("How long the way before it is given; null: as the policy has it.")
    parked_at = time("Since when it takes nothing; null: it is used.")
    parked_reason = text("Why, as a word of ours.")


class Ways(Schema):
    """How somebody is reached."""

    staff = fields.String(required=True)
    quiet = text("Their own quiet hours, 00:00-00:00 for none; null: the policy's.")
    ways = many(Way)
